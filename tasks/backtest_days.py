"""Fan charts of a backtest of one series by the day: quiet days, busy ones, and the one that came out worst."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, Target
from tasks.drawing import new_figure
from tasks.fan import draw_fan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tasks.backtest import Backtest

Answers = NDArray[np.float64]

_QUANTILES = {"the quietest": 0.0, "a quiet one": 0.25, "a middle one": 0.5, "a busy one": 0.75, "the busiest": 1.0}


def draw_days(
    backtest: "Backtest", target: Target, frame: pd.DataFrame, truth: NDArray[Any], said: Mapping[str, Answers]
) -> "Figure":
    """Six fans, each of one origin. Arguments as tasks.backtest takes them."""
    assert target.horizon is not None
    figure = new_figure("", 12.0, 6.5)
    figure.clear()
    figure.suptitle(f"{backtest.target}, {backtest.shown}: what was said of a day and what came")
    bounds = np.asarray(truth, dtype=np.float64).reshape(len(frame), -1)
    shown, bar = said[backtest.shown], said[backtest.best_baseline]
    steps = frame[target.horizon].to_numpy(dtype=np.int64)
    chosen = _chosen(frame, bounds[:, -1], np.abs(shown[:, 0] - bounds[:, -1]))
    for axes, (title, rows) in zip(figure.subplots(2, 3).flat, chosen.items(), strict=False):
        order = rows[np.argsort(steps[rows], kind="stable")]
        draw_fan(axes, steps[order], bounds[order], shown[order])
        axes.plot(steps[order], bar[order, 0], ":", color="tab:red", label=backtest.best_baseline)
        axes.set(title=title, xlabel=f"{backtest.step} ahead")
        axes.set_ylim(bottom=0)
    figure.axes[0].legend(fontsize="small")
    for unused in figure.axes[len(chosen) :]:
        unused.set_axis_off()
    return figure


def _chosen(frame: pd.DataFrame, came: NDArray[Any], error: NDArray[Any]) -> dict[str, NDArray[np.intp]]:
    """Title -> the rows of an origin. An origin of which few steps are known is none."""
    found: dict[Any, Any] = dict(frame.groupby(AS_OF, sort=True).indices)
    by_origin = {origin: np.asarray(rows, dtype=np.intp) for origin, rows in sorted(found.items())}
    most = max(len(rows) for rows in by_origin.values())
    whole = {origin: rows for origin, rows in by_origin.items() if len(rows) >= most - 2}
    sizes = pd.Series({origin: came[rows].mean() for origin, rows in whole.items()}).sort_values(kind="stable")
    worst = max(whole, key=lambda origin: float(error[whole[origin]].mean()))
    picked = {name: sizes.index[int(quantile * (len(sizes) - 1))] for name, quantile in _QUANTILES.items()}
    every = {**picked, "the worst": worst}
    return {f"{name}: after {pd.Timestamp(origin).date()}": whole[origin] for name, origin in every.items()}
