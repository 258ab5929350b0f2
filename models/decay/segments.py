"""Lifecycle segments: how tracks of each age decay, learned from the catalogue, and each track's own way beside it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decay.curves import CurveModel
from models.decay.histories import MONTH_DAYS, YEAR_DAYS, Histories, Numbers
from models.decay.lessons import Lessons, lessons_of
from models.decay.robust_line import least_absolute
from models.decay.shrinkage import trust, variances
from models.decay.track_shapes import Shapes, Slope, shapes_of

SEGMENT_AGES = (0.0, 2.0, 6.0, 12.0, 24.0, 48.0, 120.0)
"""Ages in months at which a segment is itself; in between, a track is partly in both."""
_SLOPES = ("long", "short", "weekly")
_TRANSIENT_MONTHS, _POWER_MONTHS = 2.0, 6.0
_HARMONICS = 3
_FURTHEST = 12.0
"""No month is further than this many e-folds from the track's level."""
_BASES = 3


@dataclass(frozen=True)
class SegmentState:
    """Of n tracks: level, what multiplies each basis of the horizon, and the waves of the year the level stands in."""

    level: Numbers
    weights: Numbers
    """Shape (n, bases)."""
    waves: Numbers
    """Shape (n, waves)."""


class SegmentedDecay(CurveModel):
    """Month h ahead is level * exp(sum over b of w_b * f_b(h) + season(h) - season(now)).

    f is a decline that soon ends, a power law and an exponential; beyond the longest horizon learned from, all three
    go on as power laws of the same slope. A track's w is linear in what is known of it (`_described`): the segment
    of its life, its own rates drawn towards its segment's by how much history they rest on (models/decay/shrinkage.py),
    and where it stands. w and the season, one for the whole catalogue, minimise absolute errors (what WAPE measures).
    Months that a chart hides are no error below its cutoff. Weekly seasons do not show in months of 30 days.

    `penalty`: what keeps a coefficient near 0; `width`: error, as a share, below which it is squared; `size`: how
    much a track of twice the streams counts for (0: the same, 1: twice); `drift`, `shock`: what is made of the movement
    of a chart's market (models/decay/market.py); `max_rows`: of more rows, so many are learned from.
    """

    def __init__(
        self,
        penalty: float = 1e-3,
        width: float = 0.05,
        size: float = 0.5,
        max_rows: int = 200_000,
        drift: float = 0.5,
        shock: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.penalty = penalty
        self.width = width
        self.size = size
        self.max_rows = max_rows
        self.drift = drift
        self.shock = shock
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "SegmentedDecay":  # noqa: N803 - scikit-learn's name
        """Learn from rows of refrain.track_months.COLUMNS and the streams of their months; at least one has streams."""
        lessons = lessons_of(
            X, y, size=self.size, drift=self.drift, shock=self.shock, max_rows=self.max_rows, seed=self.seed
        )
        return self.learn(lessons)

    def learn(self, lessons: Lessons) -> "SegmentedDecay":
        """Learn from rows that are ready."""
        self.longest_ = float(max(lessons.months.max(), 2.0))
        shapes = shapes_of(lessons.histories)
        self._fit_shrinkage(shapes)
        columns = self._columns(lessons.histories, shapes, lessons.months)
        penalty = np.full(columns.shape[1], self.penalty)
        self.coefficients_ = least_absolute(
            columns, lessons.target, lessons.weight, lessons.hidden, penalty, self.width
        )
        return self

    def state(self, histories: Histories) -> SegmentState:
        """What the curve of each track is made of."""
        shapes = shapes_of(histories)
        described = self._described(shapes)
        weights = described @ self.coefficients_[: -2 * _HARMONICS].reshape(_BASES, -1).T
        return SegmentState(histories.level, weights, _waves(histories.season_from()))

    def log_ratio(self, state: SegmentState, month: Numbers | float, season_to: Numbers) -> Numbers:
        """Logarithm of the month's streams over the track's level, shape (n,)."""
        total = (_waves(season_to) - state.waves) @ self._season
        for number, basis in enumerate(self._bases(month)):
            total += state.weights[:, number] * basis
        return np.clip(total, -_FURTHEST, _FURTHEST, out=total)

    def log_ratios(self, state: SegmentState, months: int) -> Numbers:
        """The same of the months 1 to `months`: shape (n, months). One product of matrices, whatever the months."""
        ahead = np.arange(1.0, months + 1.0)
        turned = np.column_stack([self._turned(month) for month in ahead]) - self._season[:, None]
        by_month = np.vstack([*self._bases(ahead), turned])
        total = np.column_stack([state.weights, state.waves]) @ by_month
        return np.clip(total, -_FURTHEST, _FURTHEST, out=total)

    def at(self, state: SegmentState, month: Numbers | float, season_to: Numbers) -> Numbers:
        """Streams of the month."""
        return np.asarray(state.level * np.exp(self.log_ratio(state, month, season_to)))

    def whole(self, state: SegmentState, season_from: Numbers, months: int) -> Numbers:
        """Streams of the months 1 to `months` ahead: shape (n, months)."""
        return scaled_up(self.log_ratios(state, months), state.level)

    def segments(self, tracks: pd.DataFrame, months: int) -> NDArray[np.int8]:
        """Number of the segment (place in SEGMENT_AGES) that each month ahead lies in: shape (tracks, months)."""
        ages = Histories(tracks).age[:, None] / MONTH_DAYS + np.arange(1, months + 1)
        return (np.searchsorted(SEGMENT_AGES, ages, side="right") - 1).astype(np.int8)

    def _fit_shrinkage(self, shapes: Shapes) -> None:
        """Each segment's own rates, and how far a track's may be trusted."""
        self.segment_rates_ = np.zeros((len(_SLOPES), len(SEGMENT_AGES)))
        self.variances_ = np.zeros((len(_SLOPES), 2))
        membership = _membership(shapes.age_months)
        for number, name in enumerate(_SLOPES):
            slope: Slope = getattr(shapes, name)
            measured = slope.spread > 0
            overall = float(np.median(slope.rate[measured])) if measured.any() else 0.0
            for segment in range(len(SEGMENT_AGES)):
                inside = measured & (membership[:, segment] >= 0.5)
                count = int(inside.sum())
                own = float(np.median(slope.rate[inside])) if count else overall
                self.segment_rates_[number, segment] = (count * own + 100.0 * overall) / (count + 100.0)
            self.variances_[number] = variances(slope, membership @ self.segment_rates_[number])

    def _described(self, shapes: Shapes) -> Numbers:
        """Shape (n, what a weight is linear in)."""
        membership = _membership(shapes.age_months)
        own = []
        for number, name in enumerate(_SLOPES):
            slope: Slope = getattr(shapes, name)
            noise, between = self.variances_[number]
            away = slope.rate - membership @ self.segment_rates_[number]
            shrunk = np.where(slope.spread > 0, away * trust(slope, noise, between), 0.0)
            own += [np.maximum(shrunk, 0.0), np.minimum(shrunk, 0.0)]
        above = shapes.above_cutoff
        position = [
            shapes.below_peak,
            shapes.over_year,
            shapes.charted,
            np.minimum(above, 0.25),
            np.clip(above - 0.25, 0.0, 0.75),
            np.maximum(above - 1.0, 0.0),
            shapes.unlisted,
            shapes.without_history,
        ]
        return np.column_stack([membership, *own, *position])

    def _columns(self, histories: Histories, shapes: Shapes, months: Numbers) -> Numbers:
        described = self._described(shapes)
        by_basis = [described * basis[:, None] for basis in self._bases(months)]
        season = _waves(histories.season_to()) - _waves(histories.season_from())
        return np.column_stack([*by_basis, season])

    def _bases(self, months: Numbers | float) -> tuple[Numbers, ...]:
        """f_b of the months, each 0 at month 0 and about 1 after a year."""
        months = np.asarray(months, dtype=np.float64)
        seen = np.minimum(months, self.longest_)
        beyond = self.longest_ * np.log(np.maximum(months / self.longest_, 1.0))
        fading = np.exp(-seen / _TRANSIENT_MONTHS)
        return (
            1.0 - fading + beyond * fading / _TRANSIENT_MONTHS,
            (np.log1p(seen / _POWER_MONTHS) + beyond / (_POWER_MONTHS + seen)),
            (seen + beyond) / 12.0,
        )

    @property
    def _season(self) -> Numbers:
        """Coefficients of the waves of the year: first the sines, then the cosines."""
        return np.asarray(self.coefficients_[-2 * _HARMONICS :])

    def _turned(self, months: float) -> Numbers:
        """What to multiply the waves of a day with for the season `months` of 30 days after it.

        sin(a + b) and cos(a + b) are linear in sin(a) and cos(a).
        """
        turns = 2.0 * np.pi * MONTH_DAYS * months / YEAR_DAYS * np.arange(1, _HARMONICS + 1)
        sines, cosines = self._season[:_HARMONICS], self._season[_HARMONICS:]
        return np.concatenate(
            [
                sines * np.cos(turns) - cosines * np.sin(turns),
                sines * np.sin(turns) + cosines * np.cos(turns),
            ]
        )


def scaled_up(logs: Numbers, level: Numbers) -> Numbers:
    """Shape (n, months): level * exp(logs), computed in place."""
    np.exp(logs, out=logs)
    logs *= level[:, None]
    return logs


def _membership(age_months: Numbers) -> Numbers:
    """Shape (n, segments): how far a track of that age is in each segment; each row sums to 1."""
    places = np.log1p(np.array(SEGMENT_AGES))
    at = np.log1p(np.maximum(age_months, 0.0))
    return np.column_stack([np.interp(at, places, row) for row in np.eye(len(places))])


def _waves(days: Numbers) -> Numbers:
    """Shape (n, 6): sines and cosines of one, two and three waves a year; 0 where the day is unknown."""
    turns = 2.0 * np.pi * np.outer(days / YEAR_DAYS, np.arange(1, _HARMONICS + 1))
    return np.nan_to_num(np.column_stack([np.sin(turns), np.cos(turns)]))
