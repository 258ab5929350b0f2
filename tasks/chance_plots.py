"""Pictures of an evaluation of chances."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.drawing import importance_figure, new_figure, save
from tasks.metrics import Numbers, Ranked
from tasks.names import slug
from tasks.records import CandidateRecord, EvaluationRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_chance_plots(
    record: EvaluationRecord, labels: NDArray[np.int64], probabilities: Mapping[str, Numbers], folder: Path
) -> None:
    """Into `folder`: precision_recall.png, and calibration-<name>.png and importance-<name>.png of each candidate."""
    save(_precision_recall(record, labels, probabilities), folder / "precision_recall.png")
    for candidate in record.candidates:
        save(_calibration(record.target, candidate), folder / f"calibration-{slug(candidate.name)}.png")
        if candidate.importance:
            save(importance_figure(record, candidate), folder / f"importance-{slug(candidate.name)}.png")


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


def _calibration(target: str, candidate: CandidateRecord) -> "Figure":
    error = candidate.metrics["calibration_error"].value
    figure = new_figure(f"{target}, {candidate.name}: calibration error {error:.3f}")
    axes = figure.axes[0]
    bins = candidate.calibration
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([point.predicted for point in bins], [point.observed for point in bins], marker="o")
    axes.set(xlabel="mean predicted probability", ylabel="share of positives", xlim=(0, 1), ylim=(0, 1))
    return figure
