"""Pictures of a backtest: errors and coverage by step ahead, and fan charts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import Target
from models.intervals import LEVELS
from tasks.backtest_days import draw_days
from tasks.backtest_tracks import draw_tracks
from tasks.drawing import new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tasks.backtest import Backtest

Answers = NDArray[np.float64]


def write_backtest_plots(
    backtest: "Backtest",
    target: Target,
    frame: pd.DataFrame,
    truth: NDArray[Any],
    said: Mapping[str, Answers],
    folder: Path,
) -> None:
    """Into `folder`: backtest-<step>s.png, backtest-coverage.png, backtest-fans.png. As tasks.backtest takes them."""
    save(_errors(backtest), folder / f"backtest-{backtest.step}s.png")
    save(_coverage(backtest), folder / "backtest-coverage.png")
    draw = draw_tracks if target.curves else draw_days
    save(draw(backtest, target, frame, truth, said), folder / "backtest-fans.png")


def _errors(backtest: "Backtest") -> "Figure":
    figure = new_figure(f"{backtest.target}: error by {backtest.step} ahead", 7.5, 4.5)
    axes = figure.axes[0]
    steps = backtest.part("all").steps
    for name in steps[0].scores:
        values = [step.scores[name].wape for step in steps]
        style = "--" if name in backtest.baselines else "-"
        (line,) = axes.plot(_numbers(steps), [one.value for one in values], style, label=name)
        if name in (backtest.shown, backtest.best_baseline):
            low, high = [one.low for one in values], [one.high for one in values]
            axes.fill_between(_numbers(steps), low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    tops = [step.scores[backtest.best_baseline].wape.value for step in steps]
    top = max((value for value in tops if np.isfinite(value)), default=0.0)
    axes.set(xlabel=f"{backtest.step} ahead", ylabel="WAPE (95 % shaded)", ylim=(0, 2 * top if top > 0 else None))
    axes.legend()
    return figure


def _coverage(backtest: "Backtest") -> "Figure":
    """Of all rows, survivors and drop-outs, beside what was promised."""
    figure = new_figure(f"{backtest.target}, {backtest.shown}: share inside the intervals", 7.5, 4.5)
    axes = figure.axes[0]
    for level, colour in zip(LEVELS, ("tab:blue", "tab:orange"), strict=True):
        axes.axhline(level, linestyle=":", color=colour)
        for name, style in (("all", "-"), ("survivors", "--"), ("drop-outs", "-.")):
            part = next((part for part in backtest.parts if part.name == name), None)
            if part is not None:
                covered = [getattr(step.scores[backtest.shown], f"coverage_{level * 100:.0f}") for step in part.steps]
                axes.plot(_numbers(part.steps), covered, style, color=colour, label=f"{level:.0%}, {name}")
    axes.set(xlabel=f"{backtest.step} ahead", ylabel="share of rows inside", ylim=(0, 1.02))
    axes.legend(loc="lower left")
    return figure


def _numbers(steps: Any) -> list[int]:
    return [int(step.name) for step in steps]
