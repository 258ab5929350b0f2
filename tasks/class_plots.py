"""Pictures of an evaluation of classes."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.drawing import importance_figure, new_figure, save
from tasks.names import slug
from tasks.records import CandidateRecord, EvaluationRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Answers = NDArray[np.float64]


def write_class_plots(
    record: EvaluationRecord,
    classes: tuple[str, ...],
    labels: NDArray[np.int64],
    answers: Mapping[str, Answers],
    folder: Path,
) -> None:
    """Into `folder`: confusion-<name>.png and importance-<name>.png of each candidate, confusion of baselines, too."""
    for candidate in record.candidates:
        chosen = answers[candidate.name][:, -1].astype(np.int64)
        save(
            _confusion(record.target, candidate, classes, labels, chosen),
            folder / f"confusion-{slug(candidate.name)}.png",
        )
        if candidate.importance:
            save(importance_figure(record, candidate), folder / f"importance-{slug(candidate.name)}.png")


def _confusion(
    target: str,
    candidate: CandidateRecord,
    classes: tuple[str, ...],
    labels: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> "Figure":
    """Rows by their class (down) and the chosen one (across), shaded by the share of the row's class."""
    size = len(classes)
    counts = np.bincount(labels * size + chosen, minlength=size * size).reshape(size, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    score = candidate.metrics["macro_f1"].value
    figure = new_figure(f"{target}, {candidate.name}: macro F1 {score:.3f}", 6.0, 5.0)
    axes = figure.axes[0]
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row, column in np.ndindex(size, size):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(size), list(classes))
    axes.set_yticks(range(size), list(classes))
    axes.set(xlabel="chosen", ylabel="came")
    return figure
