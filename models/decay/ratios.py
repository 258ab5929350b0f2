"""What trees are told of a track: logarithms of ratios to its level, so that the unit of counting does not matter."""

import numpy as np
from numpy.typing import NDArray

from models.decay.histories import Histories, Numbers
from models.decay.track_shapes import shapes_of, slope_of
from refrain.track_months import ARTIST_LEVEL, BACK, CATALOGUE_LEVEL, WEEKS

_YEAR = 12
_OF_TRACK = (
    *WEEKS,
    *BACK,
    "age",
    "seen",
    "known_months",
    "above_cutoff",
    "below_peak",
    "artist",
    "catalogue",
    "mldr",
    "long",
    "short",
    "weekly",
    "two_years",
    "unlisted",
    "season_from",
)
RATIOS = (*_OF_TRACK, "month_ahead", "season_to", "year_before")
"""Names of the columns, in order. `year_before`: the month asked for, as it was in the last year known."""
_FIRST_MONTH = len(WEEKS)


def ratios_of(histories: Histories) -> NDArray[np.float32]:
    """What does not depend on the month ahead: shape (n, columns); NaN where unknown."""
    shapes = shapes_of(histories)
    level = histories.level[:, None]
    own = {
        "age": np.log1p(histories.age),
        "seen": np.log1p(histories.seen),
        "known_months": histories.known_months,
        "above_cutoff": np.where(shapes.charted > 0, shapes.above_cutoff, np.nan),
        "below_peak": shapes.below_peak,
        "artist": _log_ratio(histories.counts(ARTIST_LEVEL), level)[:, 0],
        "catalogue": _log_ratio(histories.counts(CATALOGUE_LEVEL), level)[:, 0],
        "mldr": histories.mldr,
        "long": _measured(shapes.long.rate, shapes.long.spread),
        "short": _measured(shapes.short.rate, shapes.short.spread),
        "weekly": _measured(shapes.weekly.rate, shapes.weekly.spread),
        "unlisted": shapes.unlisted,
        "season_from": histories.season_from(),
    }
    months = _log_ratio(histories.back, level)
    whole = slope_of(months)
    own["two_years"] = _measured(whole.rate, whole.spread)
    weeks = _log_ratio(histories.weeks * (30.0 / 7.0), level)
    columns = [weeks, months, *(own[name][:, None] for name in _OF_TRACK[_FIRST_MONTH + len(BACK) :])]
    return np.hstack(columns).astype(np.float32)


def ratios_at(of_track: NDArray[np.float32], months: Numbers, histories: Histories) -> NDArray[np.float32]:
    """All columns (RATIOS) for the month ahead of each row, shape (n, columns)."""
    back = (_YEAR - 1 - (months.astype(np.intp) - 1) % _YEAR) + _FIRST_MONTH
    year_before = of_track[np.arange(len(of_track)), back]
    season = histories.season_from()
    season_to = (season - 1.0 + 30.0 * months) % 365.0 + 1.0
    return np.column_stack([of_track, months, season_to, year_before]).astype(np.float32)


def _log_ratio(amounts: Numbers, level: Numbers) -> Numbers:
    known = (amounts > 0) & (level > 0)
    ratio = np.where(known, amounts, 1.0) / np.where(level > 0, level, 1.0)
    return np.where(known, np.log(ratio, where=known, out=np.zeros_like(ratio)), np.nan)


def _measured(rate: Numbers, spread: Numbers) -> Numbers:
    return np.where(spread > 0, rate, np.nan)
