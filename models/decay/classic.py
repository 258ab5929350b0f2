"""The classic rule: published decay rates by age, made faster by the artist's and the track's own, never slower."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decay.curves import CurveModel
from models.decay.histories import MONTH_DAYS, Histories, Numbers
from models.decay.least_squares import decay_rates
from refrain.track_months import S30, S90, S365

SEGMENT_STARTS = np.array([1, 3, 6, 9, 12, 15, 18, 21, 24, 27, 36, 48])
"""Age in 30-day months at which each segment of a track's life begins; before the first, the first holds."""
SEGMENT_RATES = np.array(
    [
        0.067412,
        0.032915,
        0.033346,
        0.021404,
        0.024618,
        0.031832,
        0.029059,
        0.025779,
        0.017941,
        0.009791,
        0.016324,
        0.009230,
    ]
)
"""Base decay a month in each segment."""
_LAST_SEGMENT = int(SEGMENT_STARTS[-1])


@dataclass(frozen=True)
class ClassicState:
    """What the rule needs of n tracks."""

    last_month: Numbers
    age: Numbers
    """Whole 30-day months since the release."""
    factor: Numbers
    """F: how many times the base rates the track decays."""
    decayed: Numbers
    """Sum of the base rates over the months up to `age`."""


class ClassicDecay(CurveModel):
    """Month i ahead is s30 * exp(-F * sum over j <= i of k(m + j)), with k the base rate of the segment of an age.

    m: age in 30-day months. F = max(1 + p * min(1, p), k_fit * h); h: mean of 1/k over the months of the track's life
    so far; p = max(MLDR * h - 1, 0); k_fit: the track's own rate (`own_rates`). Without a known MLDR, p is 0;
    `without_mldr` says of which tracks that is so.
    """

    def state(self, histories: Histories) -> ClassicState:
        """What the rule needs of each track."""
        age = months_of_age(histories)
        mean_inverse = _summed(1.0 / SEGMENT_RATES, np.maximum(age, 1.0)) / np.maximum(age, 1.0)
        excess = np.maximum(np.nan_to_num(histories.mldr) * mean_inverse - 1.0, 0.0)
        by_artist = 1.0 + excess * np.minimum(1.0, excess)
        factor = np.maximum(by_artist, own_rates(histories) * mean_inverse)
        return ClassicState(_s30(histories), age, factor, _summed(SEGMENT_RATES, age))

    def at(self, state: ClassicState, month: Numbers | float, season_to: Numbers) -> Numbers:
        """Streams of the month; the season is not looked at."""
        return state.last_month * np.exp(-state.factor * (_summed(SEGMENT_RATES, state.age + month) - state.decayed))

    def segments(self, tracks: pd.DataFrame, months: int) -> NDArray[np.int8]:
        """Start of the segment (SEGMENT_STARTS) that each month ahead lies in: shape (tracks, months)."""
        ages = months_of_age(Histories(tracks))[:, None] + np.arange(1, months + 1)
        return SEGMENT_STARTS[_segment(ages)].astype(np.int8)

    def without_mldr(self, tracks: pd.DataFrame) -> NDArray[np.bool_]:
        """Shape (tracks,): whether the artist's decay rate is unknown, and so the forecast made without it."""
        return np.isnan(Histories(tracks).mldr)


def months_of_age(histories: Histories) -> Numbers:
    """Whole 30-day months since the release, or, where that is unknown, since the first count."""
    return np.floor(histories.age / MONTH_DAYS)


def own_rates(histories: Histories) -> Numbers:
    """k_fit: rate, 0 or more, of the exponential nearest to (max(m-11,0), A412), (max(m-2,0), A23), (m, s30).

    A23 and A412 are the mean months of months 2 to 3 and 4 to 12 back, from the streams of 30, 90 and 365 days. Of
    a track that has not so long a history, the mean of those months back that are known whole; a point without any is
    left out.
    """
    age = months_of_age(histories)
    s30, s90, s365 = (histories.counts(name)[:, 0] for name in (S30, S90, S365))
    recent = np.where(np.isnan(s30 + s90), _mean_known(histories.back[:, 1:3]), np.maximum(s90 - s30, 0.0) / 2.0)
    early = np.where(np.isnan(s90 + s365), _mean_known(histories.back[:, 3:12]), np.maximum(s365 - s90, 0.0) / 9.0)
    times = np.column_stack([np.maximum(age - 11.0, 0.0), np.maximum(age - 2.0, 0.0), age])
    return decay_rates(times, np.column_stack([early, recent, _s30(histories)]))


def _s30(histories: Histories) -> Numbers:
    s30 = histories.counts(S30)[:, 0]
    return np.where(np.isnan(s30), histories.last_month, s30)


def _mean_known(months: Numbers) -> Numbers:
    known = np.isfinite(months)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, months, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _segment(ages: Numbers) -> NDArray[np.intp]:
    return np.maximum(np.searchsorted(SEGMENT_STARTS, ages, side="right") - 1, 0)


def _summed(by_segment: Numbers, ages: Numbers) -> Numbers:
    """Sum of a segment's value over the months 1 to each of `ages` (whole numbers)."""
    until = np.arange(1, _LAST_SEGMENT + 1, dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(by_segment[_segment(until)])])
    beyond = np.maximum(ages - _LAST_SEGMENT, 0.0)
    return np.asarray(sums[np.minimum(ages, _LAST_SEGMENT).astype(np.intp)] + beyond * by_segment[-1])
