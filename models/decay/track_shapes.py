"""What a track's history says of its decay: rates of its own, each with how far it is to be trusted, and its size.

All of it is logarithms of ratios, so that a history counted in another unit has the same shape.
"""

from dataclasses import dataclass

import numpy as np

from models.decay.histories import MONTH_DAYS, Histories, Numbers

_LONG, _SHORT = 12, 3
"""Months that a track's long and short rate are measured over."""
_WEEKS = 4
_FEWEST_POINTS = 3
_STEEPEST = 2.0
"""Rates beyond this many e-folds a month are read as this."""
_FURTHEST = 4.0


@dataclass(frozen=True)
class Slope:
    """Decay rates of n tracks by themselves, and what they rest on."""

    rate: Numbers
    """Decline of the logarithm a month, negative where a track grows; 0 where there is nothing to measure."""
    spread: Numbers
    """Sum of squared distances of the months from their mean: a rate's variance is the months' noise divided by it."""
    residual: Numbers
    """Sum of squared distances of the logarithms from the line."""
    points: Numbers
    """How many months are known."""


def slope_of(logs: Numbers) -> Slope:
    """The least-squares line through each row of `logs`, shape (n, steps), the latest first; NaN where unknown."""
    known = np.isfinite(logs)
    y = np.where(known, logs, 0.0)
    ago = np.arange(logs.shape[1], dtype=np.float64)
    points = known.sum(axis=1).astype(np.float64)
    count = np.maximum(points, 1.0)
    away = np.where(known, ago - ((known @ ago) / count)[:, None], 0.0)
    off = np.where(known, y - (y.sum(axis=1) / count)[:, None], 0.0)
    spread = np.sum(away * away, axis=1)
    enough = points >= _FEWEST_POINTS
    rate = np.where(enough, np.sum(away * off, axis=1) / np.maximum(spread, 1e-12), 0.0)
    residual = np.sum((off - rate[:, None] * away) ** 2 * known, axis=1)
    return Slope(np.clip(rate, -_STEEPEST, _STEEPEST), np.where(enough, spread, 0.0), residual, points)


@dataclass(frozen=True)
class Shapes:
    """The shapes of n tracks."""

    age_months: Numbers
    long: Slope
    short: Slope
    weekly: Slope
    """Of weeks, in e-folds a week."""
    below_peak: Numbers
    """How far the level lies below the best month known: 0 or more."""
    over_year: Numbers
    """How far last month lies above the same of the year before; 0 where that is unknown."""
    above_cutoff: Numbers
    """How far the level lies above the chart's cutoff; 0 where the source lists all."""
    charted: Numbers
    """1 where the source has a cutoff, 0 elsewhere."""
    unlisted: Numbers
    """Share of the last four weeks that is unknown."""
    without_history: Numbers
    """1 where no month is known, 0 elsewhere."""


def shapes_of(histories: Histories) -> Shapes:
    """What each track's history says. A month or week without streams counts as unknown."""
    months, weeks, level = _logs(histories.back), _logs(histories.weeks), _logs(histories.level)
    best = np.fmax.reduce(months, axis=1)
    cutoff = _logs(histories.cutoff)
    return Shapes(
        age_months=histories.age / MONTH_DAYS,
        long=slope_of(months[:, :_LONG]),
        short=slope_of(months[:, :_SHORT]),
        weekly=slope_of(weeks),
        below_peak=_bounded(np.fmax(best - level, 0.0)),
        over_year=_bounded(months[:, 0] - months[:, 12]),
        above_cutoff=_bounded(level - cutoff),
        charted=np.isfinite(histories.cutoff).astype(np.float64),
        unlisted=np.isnan(histories.weeks[:, :_WEEKS]).mean(axis=1),
        without_history=(histories.known_months == 0).astype(np.float64),
    )


def _logs(amounts: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(amounts)
    return np.where(np.isfinite(logs), logs, np.nan)


def _bounded(differences: Numbers) -> Numbers:
    return np.clip(np.nan_to_num(differences), -_FURTHEST, _FURTHEST)
