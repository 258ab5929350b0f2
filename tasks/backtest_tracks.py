"""Fan charts of a backtest of tracks: all of them together, and single ones of different sizes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, Target
from refrain.track_months import AGE, BACK
from tasks.drawing import new_figure
from tasks.fan import draw_fan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tasks.backtest import Backtest

Numbers = NDArray[np.float64]
Answers = NDArray[np.float64]

_QUANTILES = {"a large track": 0.99, "an upper-middle one": 0.75, "a middle one": 0.5, "a small one": 0.25}
_HEADROOM = 1.6


def draw_tracks(
    backtest: "Backtest", target: Target, frame: pd.DataFrame, truth: NDArray[Any], said: Mapping[str, Answers]
) -> "Figure":
    """Six fans from one origin: all tracks together, four sizes, and the largest drop-out (or the youngest track)."""
    figure = new_figure("", 12.0, 6.5)
    figure.clear()
    bounds = np.asarray(truth, dtype=np.float64).reshape(len(frame), -1)
    chosen = _chosen(target, frame, bounds)
    origin = pd.to_datetime(frame[AS_OF].iloc[chosen["all tracks"][0]]).date()
    figure.suptitle(f"{backtest.target}, {backtest.shown}: what was said on {origin} and what came (streams a month)")
    for axes, (title, rows) in zip(figure.subplots(2, 3).flat, chosen.items(), strict=False):
        months = frame[target.horizon].to_numpy(dtype=np.int64)[rows]
        if title == "all tracks":
            _fan_of_all(axes, months, bounds[rows], said[backtest.shown][rows], said[backtest.best_baseline][rows])
        else:
            _past(axes, frame.iloc[rows[0]])
            order = rows[np.argsort(months, kind="stable")]
            draw_fan(axes, np.sort(months), bounds[order], said[backtest.shown][order])
            axes.plot(np.sort(months), said[backtest.best_baseline][order, 0], ":", color="tab:red")
            # A band far wider than all that was ever seen would hide what came.
            seen = [frame.loc[frame.index[rows[:1]], list(BACK)].to_numpy(dtype=np.float64), bounds[rows]]
            seen += [said[name][rows, 0] for name in (backtest.shown, backtest.best_baseline)]
            axes.set(ylim=(0, _HEADROOM * max(1.0, *(float(np.nanmax(each, initial=0.0)) for each in seen))))
        axes.set(title=title)
        axes.set_ylim(bottom=0)
        axes.axvline(0.5, color="grey", linewidth=0.5)
    figure.axes[0].plot([], [], ":", color="tab:red", label=backtest.best_baseline)
    figure.axes[0].legend(fontsize="small")
    for unused in figure.axes[len(chosen) :]:
        unused.set_axis_off()
    return figure


def _chosen(target: Target, frame: pd.DataFrame, bounds: Numbers) -> dict[str, NDArray[np.intp]]:
    """Title -> rows of one track (or of all) from the first origin that has the most months ahead known."""
    assert target.horizon is not None
    origins = frame[AS_OF].to_numpy()
    months = frame.groupby(AS_OF, sort=True)[target.horizon].max()
    origin = months.index[int(np.argmax(months.to_numpy()))]
    here = np.flatnonzero(origins == np.asarray(origin, dtype=origins.dtype))
    by_track = dict(sorted(frame.iloc[here].groupby(list(target.cluster), sort=True).indices.items()))
    furthest = {
        track: here[places] for track, places in by_track.items() if len(places) == _most(list(by_track.values()))
    }
    sizes = pd.Series({track: bounds[rows, -1].sum() for track, rows in furthest.items()}).sort_values(kind="stable")
    chosen = {"all tracks": np.concatenate(list(furthest.values()))}
    for title, quantile in _QUANTILES.items():
        track = sizes.index[int(quantile * (len(sizes) - 1))]
        chosen[f"{title}: {track}"] = furthest[track]
    gone = [track for track in sizes.index[::-1] if (bounds[furthest[track], 0] < bounds[furthest[track], -1]).any()]
    if gone:
        chosen[f"a drop-out: {gone[0]}"] = furthest[gone[0]]
    else:
        youngest = min(furthest, key=lambda track: np.nan_to_num(frame[AGE].iloc[furthest[track][0]], nan=np.inf))
        chosen[f"the youngest: {youngest}"] = furthest[youngest]
    return chosen


def _most(groups: list[Any]) -> int:
    return max(len(group) for group in groups)


def _past(axes: "Axes", row: Any) -> None:
    back = row[list(BACK)].to_numpy(dtype=np.float64)
    axes.plot(-np.arange(len(back)), back, ".-", color="grey", linewidth=0.7, markersize=3)


def _fan_of_all(axes: "Axes", months: NDArray[np.int64], bounds: Numbers, answers: Answers, baseline: Answers) -> None:
    """Sums over tracks. Bounds of a sum are not the sums of bounds, so that there are none."""
    kinds, place = np.unique(months, return_inverse=True)

    def added(values: Numbers) -> Numbers:
        return np.asarray(np.bincount(place, weights=values, minlength=len(kinds)), dtype=np.float64)

    axes.plot(kinds, added(answers[:, 0]), color="tab:blue", label="said")
    axes.vlines(kinds, added(bounds[:, 0]), added(bounds[:, -1]), color="black", linewidth=1)
    axes.plot(kinds, added(bounds[:, -1]), ".", color="black", label="came")
    axes.plot(kinds, added(baseline[:, 0]), ":", color="tab:red")
