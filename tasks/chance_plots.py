"""Pictures of an evaluation of chances."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.drawing import importance_figure, new_figure, save
from tasks.fan import draw_fan
from tasks.metrics import Numbers, Ranked
from tasks.names import slug
from tasks.records import CandidateRecord, EvaluationRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_chance_plots(
    record: EvaluationRecord, labels: NDArray[np.int64], probabilities: Mapping[str, Numbers], folder: Path
) -> None:
    """Into `folder`: precision_recall.png, and calibration-<name>.png and importance-<name>.png of each candidate,
    and number-<name>.png where positive rows are counted.
    """
    save(_precision_recall(record, labels, probabilities), folder / "precision_recall.png")
    for candidate in record.candidates:
        save(_calibration(record.target, candidate), folder / f"calibration-{slug(candidate.name)}.png")
        if candidate.importance:
            save(importance_figure(record, candidate), folder / f"importance-{slug(candidate.name)}.png")
        if candidate.counts:
            save(_number(record.target, candidate), folder / f"number-{slug(candidate.name)}.png")


def _precision_recall(
    record: EvaluationRecord, labels: NDArray[np.int64], probabilities: Mapping[str, Numbers]
) -> "Figure":
    figure = new_figure(f"{record.target}: precision and recall on the test window", 7.0, 5.0)
    axes = figure.axes[0]
    for candidate in record.candidates:
        ranked = Ranked(labels, probabilities[candidate.name])
        caught = np.cumsum(ranked.labels)[ranked.ends]
        score = candidate.metrics["average_precision"].value
        axes.step(
            np.concatenate([[0.0], caught / ranked.labels.sum()]),
            np.concatenate([[caught[0] / (ranked.ends[0] + 1)], caught / (ranked.ends + 1)]),
            where="pre",
            linestyle="--" if candidate.is_baseline else "-",
            label=f"{candidate.name} ({score:.3f})",
        )
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(title="average precision")
    return figure


def _number(target: str, candidate: CandidateRecord) -> "Figure":
    """Positive rows of each as_of: what was expected, with its intervals, and what came."""
    figure = new_figure(f"{target}, {candidate.name}: how many of an as_of", 8.0, 4.0)
    axes, counts = figure.axes[0], candidate.counts
    answers = np.array([[one.expected, one.low_80, one.high_80, one.low_95, one.high_95] for one in counts])
    draw_fan(axes, np.array([one.as_of for one in counts]), np.array([[one.came] for one in counts]), answers)
    axes.set_ylim(bottom=0)
    axes.set(ylabel="rows with label 1")
    return figure


def _calibration(target: str, candidate: CandidateRecord) -> "Figure":
    error = candidate.metrics["calibration_error"].value
    figure = new_figure(f"{target}, {candidate.name}: calibration error {error:.3f}")
    axes = figure.axes[0]
    bins = candidate.calibration
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([point.predicted for point in bins], [point.observed for point in bins], marker="o")
    axes.set(xlabel="mean predicted probability", ylabel="share of positives", xlim=(0, 1), ylim=(0, 1))
    return figure
