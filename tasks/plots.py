"""Pictures of an evaluation, the same bytes each time: no date, no version of the library that drew them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from refrain.files import replacing
from tasks.metrics import Numbers, Ranked
from tasks.names import slug
from tasks.records import CandidateRecord, EvaluationRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_FEATURES = 20
_DOTS_PER_INCH = 90


def write_plots(
    record: EvaluationRecord, labels: NDArray[np.int64], probabilities: Mapping[str, Numbers], folder: Path
) -> None:
    """Into `folder`: precision_recall.png, and calibration-<name>.png and importance-<name>.png of each candidate."""
    _save(_precision_recall(record, labels, probabilities), folder / "precision_recall.png")
    for candidate in record.candidates:
        _save(_calibration(record.target, candidate), folder / f"calibration-{slug(candidate.name)}.png")
        if candidate.importance:
            _save(_importance(record.target, candidate), folder / f"importance-{slug(candidate.name)}.png")


def _figure(title: str, width: float = 6.0, height: float = 4.5) -> "Figure":
    # Without pyplot: no display, no state shared between figures. Imported here: reading records needs no pictures.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), layout="tight")
    FigureCanvasAgg(figure)
    figure.add_subplot().set_title(title)
    return figure


def _save(figure: "Figure", path: Path) -> None:
    with replacing(path) as beside:
        figure.savefig(beside, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})


def _precision_recall(
    record: EvaluationRecord, labels: NDArray[np.int64], probabilities: Mapping[str, Numbers]
) -> "Figure":
    figure = _figure(f"{record.target}: precision and recall on the test window", 7.0, 5.0)
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
    figure = _figure(f"{target}, {candidate.name}: calibration error {error:.3f}")
    axes = figure.axes[0]
    bins = candidate.calibration
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([point.predicted for point in bins], [point.observed for point in bins], marker="o")
    axes.set(xlabel="mean predicted probability", ylabel="share of positives", xlim=(0, 1), ylim=(0, 1))
    return figure


def _importance(target: str, candidate: CandidateRecord) -> "Figure":
    ranked = sorted(candidate.importance.items(), key=lambda item: (-item[1].value, item[0]))[:_MOST_FEATURES][::-1]
    figure = _figure(f"{target}, {candidate.name}: importance", 7.0, 1.2 + 0.24 * len(ranked))
    axes = figure.axes[0]
    positions = range(len(ranked))
    axes.barh(positions, [found.value for _, found in ranked], color="tab:blue")
    axes.hlines(positions, [found.low for _, found in ranked], [found.high for _, found in ranked], color="black")
    axes.set_yticks(positions, [name for name, _ in ranked])
    axes.set(xlabel="average precision lost when it is permuted (95 %)")
    return figure
