"""Drawing pictures that are the same bytes each time: no date in them, no version of the library that drew them."""

from pathlib import Path
from typing import TYPE_CHECKING

from refrain.files import replacing
from tasks.records import CandidateRecord, EvaluationRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_FEATURES = 20
_DOTS_PER_INCH = 90


def new_figure(title: str, width: float = 6.0, height: float = 4.5) -> "Figure":
    """An empty figure with one set of axes, its size in inches."""
    # Without pyplot: no display, no state shared between figures. Imported here: reading records needs no pictures.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), layout="tight")
    FigureCanvasAgg(figure)
    figure.add_subplot().set_title(title)
    return figure


def save(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG, without anything that differs from one time to the next."""
    with replacing(path) as beside:
        figure.savefig(beside, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})


def importance_figure(record: EvaluationRecord, candidate: CandidateRecord) -> "Figure":
    """What a candidate loses by each of its most telling features."""
    headline = record.headline.replace("_", " ")
    ranked = sorted(candidate.importance.items(), key=lambda item: (-item[1].value, item[0]))[:_MOST_FEATURES][::-1]
    figure = new_figure(f"{record.target}, {candidate.name}: importance", 7.0, 1.2 + 0.24 * len(ranked))
    axes = figure.axes[0]
    positions = range(len(ranked))
    axes.barh(positions, [found.value for _, found in ranked], color="tab:blue")
    axes.hlines(positions, [found.low for _, found in ranked], [found.high for _, found in ranked], color="black")
    axes.set_yticks(positions, [name for name, _ in ranked])
    axes.set(xlabel=f"how much worse {headline} gets when it is permuted (95 %)")
    return figure
