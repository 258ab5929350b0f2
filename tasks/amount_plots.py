"""Pictures of an evaluation of amounts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.intervals import LEVELS
from tasks.drawing import importance_figure, new_figure, save
from tasks.names import slug
from tasks.records import CandidateRecord, EvaluationRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Answers = NDArray[np.float64]

_MOST_POINTS = 4000


def write_amount_plots(
    record: EvaluationRecord, labels: NDArray[Any], answers: Mapping[str, Answers], folder: Path
) -> None:
    """Into `folder`: <headline>.png, coverage-<name>.png, of each candidate predicted- and importance-<name>.png."""
    save(_errors(record), folder / f"{record.headline}.png")
    for candidate in record.candidates:
        name = slug(candidate.name)
        save(_coverage(record, candidate), folder / f"coverage-{name}.png")
        if not candidate.is_baseline:
            save(_predicted(record, candidate, labels, answers[candidate.name]), folder / f"predicted-{name}.png")
        if candidate.importance:
            save(importance_figure(record, candidate), folder / f"importance-{name}.png")


def _errors(record: EvaluationRecord) -> "Figure":
    ranked = sorted(record.candidates, key=lambda candidate: -candidate.metrics[record.headline].value)
    figure = new_figure(f"{record.target}: error on the test window", 7.0, 1.2 + 0.4 * len(ranked))
    axes, places = figure.axes[0], range(len(ranked))
    measured = [candidate.metrics[record.headline] for candidate in ranked]
    colours = ["tab:grey" if candidate.is_baseline else "tab:blue" for candidate in ranked]
    axes.barh(places, [one.value for one in measured], color=colours)
    axes.hlines(places, [one.low for one in measured], [one.high for one in measured], color="black")
    axes.set_yticks(places, [candidate.name for candidate in ranked])
    axes.set(xlabel=f"{record.headline.upper()} (95 %); baselines in grey")
    return figure


def _predicted(
    record: EvaluationRecord, candidate: CandidateRecord, labels: NDArray[Any], answers: Answers
) -> "Figure":
    """Every row, or one in so many: amounts differ by powers of ten, and so does the scale."""
    error = f"{record.headline.upper()} {candidate.metrics[record.headline].value:.3f}"
    figure = new_figure(f"{record.target}, {candidate.name}: {error}", 5.5, 5.0)
    step = -(-len(labels) // _MOST_POINTS)
    said, came = answers[::step, 0] + 1.0, np.asarray(labels[::step], dtype=np.float64) + 1.0
    axes = figure.axes[0]
    axes.scatter(said, came, s=4, alpha=0.3, linewidths=0)
    ends = [min(said.min(), came.min()), max(said.max(), came.max())]
    axes.plot(ends, ends, linestyle=":", color="black")
    axes.set(xscale="log", yscale="log", xlabel="predicted + 1", ylabel="observed + 1")
    return figure


def _coverage(record: EvaluationRecord, candidate: CandidateRecord) -> "Figure":
    """Share of rows inside the intervals, of the whole window and of each slice, beside what was promised."""
    every = {"all": candidate.metrics, **candidate.slices}
    measured = {name: metrics for name, metrics in every.items() if "coverage_80" in metrics}
    figure = new_figure(f"{record.target}, {candidate.name}: coverage", 7.0, 1.6 + 0.35 * len(measured))
    axes, places = figure.axes[0], np.arange(len(measured))[::-1]
    for shift, level in zip((0.12, -0.12), LEVELS, strict=True):
        found = [metrics[f"coverage_{level * 100:.0f}"] for metrics in measured.values()]
        colour = "tab:blue" if shift > 0 else "tab:orange"
        axes.hlines(places + shift, [one.low for one in found], [one.high for one in found], color=colour)
        axes.plot([one.value for one in found], places + shift, "o", color=colour, label=f"{level:.0%} promised")
        axes.axvline(level, linestyle=":", color=colour)
    axes.set_yticks(places, list(measured))
    axes.set(xlabel="share of rows inside the interval (95 %)", xlim=(min(0.5, axes.get_xlim()[0]), 1.0))
    axes.legend(loc="lower left")
    return figure
