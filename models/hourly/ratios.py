"""An hour's features as logarithms of ratios to what is usual for it: the same for a small audience and a large one."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from models.compiled.rows import Rows
from models.compiled.rows import column_of as given
from refrain.audience_hours import (
    ALL_MEAN,
    CALENDAR,
    CLOCK,
    COUNTS,
    DAY_HOUR_MEAN,
    DAY_OF_WEEK,
    HOLIDAY,
    HOLIDAY_AFTER,
    HOLIDAY_BEFORE,
    HOUR_OF_WEEK_MEAN,
    HOURS_AHEAD,
    LAST_HOURS,
    LAST_WEEK,
    LEVEL_DAY,
    LEVEL_HOURS,
    LEVEL_WEEK,
    LEVELS,
    RATIOS,
    SUNDAYS,
    USUAL,
)

Numbers = NDArray[np.float64]
Table = pd.DataFrame | Rows
"""Rows, one of each hour: what every estimator of an hour takes."""

_FALLBACK = (USUAL, HOUR_OF_WEEK_MEAN, DAY_HOUR_MEAN, LAST_WEEK, ALL_MEAN)
_OVER_LEVEL = tuple(name for name in COUNTS if name not in (*LAST_HOURS, ALL_MEAN))
_FARTHEST = 3.0
"""Logarithm of a ratio beyond which it is taken for this: twenty times as many."""
_DRAWN = 0.4
"""How far, as a power, the level of the last day, and that of the last week, carries over. Both were chosen on the
weeks before the test weeks of the two series in benchmarks/hourly_series.py, and are right for either."""
_SLOW, _FAST = 8.0, 3.0
"""Hours in which what the last hours say fades."""
_SHORT = 0.1
"""Scale of indicators: a ridge then hesitates more to use them than to use the ratios."""


def base_of(rows: Table) -> Numbers:
    """What is to be expected of each hour, shape (rows,): what is usual for it, at a level that is drawn to today's.

    Where what is usual is not known, the next best mean stands for it; 0 without any.
    """
    base = np.full(len(rows), np.nan)
    for name in _FALLBACK:
        base = np.where(np.isnan(base), column_of(rows, name), base)
    level = sum(_DRAWN * np.nan_to_num(log_ratio_of(rows, name)) for name in (LEVEL_DAY, LEVEL_WEEK))
    return np.asarray(np.nan_to_num(np.maximum(base, 0.0)) * np.exp(level), dtype=np.float64)


def log_ratios(rows: Table) -> Numbers:
    """The levels, and counts over what is expected of the hour; shape (rows, ratios), missing where not known."""
    base = np.log1p(base_of(rows))
    counts = [np.log1p(np.maximum(column_of(rows, name), 0.0)) - base for name in _OVER_LEVEL]
    ratios = [log_ratio_of(rows, name) for name in RATIOS]
    return np.clip(np.column_stack([*ratios, *counts]), -_FARTHEST, _FARTHEST)


class HourTrees(TransformerMixin, BaseEstimator):
    """Rows -> the calendar and the ratios, for trees. `lags`: False leaves out all counts but the levels."""

    def __init__(self, lags: bool = True) -> None:
        self.lags = lags

    def fit(self, X: pd.DataFrame, y: Any = None) -> "HourTrees":  # noqa: N803 - scikit-learn's name
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, X: Table) -> Numbers:  # noqa: N803
        """Shape (rows, columns); missing where not known."""
        ratios = log_ratios(X)
        calendar = [column_of(X, name) for name in CALENDAR]
        return np.column_stack([*calendar, ratios if self.lags else ratios[:, : len(RATIOS)]])


class HourLine(TransformerMixin, BaseEstimator):
    """Rows -> what a line takes: ratios (0 where not known), the levels fading with the hours, indicators."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> "HourLine":  # noqa: N803
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, X: Table) -> Numbers:  # noqa: N803
        """Shape (rows, columns), nothing missing."""
        ratios = log_ratios(X)
        filled = np.nan_to_num(ratios)
        ahead, clock = column_of(X, HOURS_AHEAD), column_of(X, CLOCK)
        recent = filled[:, : len(LEVEL_HOURS) + 2]
        levels = filled[:, : len(LEVELS)]
        turns = np.nan_to_num(clock)[:, None] * (np.pi / 12)
        of_hour = _SHORT * _one_hot(clock, 0, 24)
        special = np.nan_to_num(np.column_stack([column_of(X, n) for n in (HOLIDAY, HOLIDAY_BEFORE, HOLIDAY_AFTER)]))
        holiday = special[:, :1]
        sunday = filled[:, [len(RATIOS) + _OVER_LEVEL.index(SUNDAYS)]]
        return np.hstack(
            [
                filled,
                np.isnan(ratios).astype(np.float64),
                recent * np.exp(-ahead / _SLOW)[:, None],
                recent * np.exp(-ahead / _FAST)[:, None],
                levels * np.cos(turns),
                levels * np.sin(turns),
                of_hour,
                _SHORT * _one_hot(column_of(X, DAY_OF_WEEK), 1, 7),
                3 * _SHORT * special,
                holiday * sunday,
                holiday * of_hour,
            ]
        )


def log_ratio_of(rows: Table, name: str) -> Numbers:
    """The logarithm of a ratio, drawn in where it is far from 1; missing where not known."""
    shortest = np.exp(-_FARTHEST)
    return np.asarray(np.log(np.clip(column_of(rows, name), shortest, 1.0 / shortest)), dtype=np.float64)


def _one_hot(values: Numbers, first: int, count: int) -> Numbers:
    return (values[:, None] == first + np.arange(count)).astype(np.float64)


def column_of(rows: Table, name: str) -> Numbers:
    """A feature as numbers, missing where it is not known or not there."""
    values = given(rows, name)
    return np.where(np.isfinite(values), values, np.nan)
