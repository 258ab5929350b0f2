"""From a window of days to what a model of streams learns from: one fitted transformer, in training and in serving."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from models.streams.window import (
    Numbers,
    Table,
    beside,
    column,
    each_day,
    filled_days,
    interpolated,
    missing_days,
    read_days,
    refuse_gaps,
    weekdays,
)
from refrain import stream_weeks as names
from refrain.stream_weeks import WEEK

_THURSDAY = 4
_OLD_DAYS = 60
"""Days since the first count beyond which they say nothing more: a record rarely reaches further back anyway."""
_LOUD = np.log1p(1000.0)
"""Level beyond which a track's size says nothing: below it counting alone makes noise, above it only the year's growth
of all streaming would be learned, which ends with the data."""
_COUNTED_DAYS = 84
"""Days with a count beyond which more of them say nothing more, for the same reason."""
_AHEAD: Numbers = 3.0 - np.arange(WEEK, dtype=np.float64)
"""Days from the middle of the last week to each of its days."""


@dataclass(frozen=True)
class Described:
    """Some windows, described."""

    columns: dict[str, Numbers]
    """Shape (rows,) each, NaN where something is not known."""
    last_week: Numbers
    """Streams of the last 7 days, gaps filled, shape (rows,)."""


class CleanWindow(TransformerMixin, BaseEstimator):
    """A window of daily counts, cleaned and described.

    * **Missing days** are filled in a straight line between their neighbours (carried on at the ends), on logarithms
      and free of the week's shape: a Sunday between a Saturday and a Monday is a Sunday. How many were filled is a
      feature, and `filled` says it. A window with fewer than `min_share` of its days known is refused.
    * **The week's shape** is learned: the median, over windows whose last 7 days are known, of the logarithm of a day
      less the mean of the 7, for each weekday.
    * **Described** are: the level (log1p of the mean day of the last 7, at most that of 1000); each day less that level
      and the week's shape; day over day and week over week; trend, bend and spread of the last 7; the weekday; age; the
      distance from the highest day and week so far and from the chart's lowest count; and, relative to the level, the
      social series.
    * `context`: "relative" adds the last days against those of the whole catalogue, so that a holiday, on which
      everybody hears less, is none of the track's doing; "catalogue" adds the catalogue's own days and ratio, too, of
      which it takes years to learn anything; "track" does without.

    Parameters: `days`, 7 or 21; `min_share` in (0, 1]; `context`; `socials`, whether social series are read.
    """

    def __init__(
        self, days: int = WEEK, min_share: float = 0.55, context: str = "relative", socials: bool = True
    ) -> None:
        self.days = days
        self.min_share = min_share
        self.context = context
        self.socials = socials

    @property
    def needed(self) -> int:
        """Days of a window that must be known."""
        return max(1, int(np.ceil(self.min_share * self.days - 1e-9)))

    def fit(self, X: pd.DataFrame, y: Any = None) -> "CleanWindow":  # noqa: N803 - scikit-learn's name
        """Learn the week's shape. Raises InputError as `transform` does."""
        counts = read_days(X, self.days)
        refuse_gaps(X, counts, self.needed)
        said = column(X, names.WEEKDAY)
        said = said[np.isfinite(said)].astype(np.int64)
        self.weekday_ = int(np.argmax(np.bincount(said))) if len(said) else _THURSDAY
        week = np.log1p(counts[:, :WEEK])
        away = week - week.mean(axis=1, keepdims=True)
        places = each_day(np.arange(WEEK, dtype=np.float64), weekdays(X, self.weekday_), WEEK)
        whole = np.isfinite(away).all(axis=1)
        away, places = away[whole], places[whole]
        shape = np.array([np.median(away[places == day]) if (places == day).any() else 0.0 for day in range(WEEK)])
        self.shape_ = shape - shape.mean()
        return self

    def filled(self, X: Table) -> Any:  # noqa: N803
        """How many days of each row are filled in, shape (rows,)."""
        return filled_days(X, self.days)

    def complete(self, X: Table) -> Numbers:  # noqa: N803
        """The counts with their gaps filled, shape (rows, days). Raises InputError for a window that is refused."""
        return self._complete(self._read(X), each_day(self.shape_, weekdays(X, self.weekday_), self.days))

    def last_week(self, X: Table) -> Numbers:  # noqa: N803
        """Streams of the last 7 days, gaps filled, shape (rows,)."""
        return np.asarray(self.complete(X)[:, :WEEK].sum(axis=1))

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """One row of numbers for each of `X`, NaN where something is not known.

        Raises InputError, naming the rows, for a window that is refused and for a negative count.
        """
        return pd.DataFrame(self.described(X).columns, index=X.index)

    def described(self, X: Table) -> Described:  # noqa: N803
        """The same, column by column, and the last week. Raises InputError as `transform` does."""
        given, last = self._read(X), weekdays(X, self.weekday_)
        shape = each_day(self.shape_, last, self.days)
        counts = self._complete(given, shape)
        smooth = np.log1p(counts) - shape
        level = smooth[:, :WEEK].mean(axis=1)
        away = smooth - level[:, None]
        columns = {
            "level": np.minimum(level, _LOUD),
            "filled": missing_days(given).astype(np.float64),
            **_of_days(away),
            **_of_weeks(counts),
            **{f"weekday_{day + 1}": (last == day).astype(np.float64) for day in range(WEEK)},
            **_of_age(X),
            **_of_past(X, counts, level),
            "above_cutoff": level - _log1p(column(X, names.CUTOFF)),
        }
        if self.context != "track":
            columns |= self._of_catalogue(X, away[:, :WEEK], shape[:, :WEEK])
        if self.socials:
            columns |= _of_socials(X, level)
        return Described(columns, counts[:, :WEEK].sum(axis=1))

    def _read(self, X: Table) -> Numbers:  # noqa: N803
        """The counts as they were given, shape (rows, days)."""
        counts = read_days(X, self.days)
        refuse_gaps(X, counts, self.needed)
        return counts

    def _complete(self, given: Numbers, shape: Numbers) -> Numbers:
        gaps = np.isnan(given)
        rows = gaps.any(axis=1)
        if not rows.any():
            return given
        complete = given.copy(order="K")
        filled = np.expm1(interpolated(np.log1p(given[rows]) - shape[rows]) + shape[rows])
        complete[rows] = np.where(gaps[rows], np.maximum(filled, 0.0), given[rows])
        return complete

    def _of_catalogue(self, X: Table, away: Numbers, shape: Numbers) -> dict[str, Numbers]:  # noqa: N803
        """The last days against those of the whole catalogue; and, with the context "catalogue", these themselves."""
        days = _log(_columns(X, names.CATALOGUE_DAYS)) - shape
        own = away - np.where(np.isfinite(days), days, 0.0)
        relative = {
            **{f"day_{back}_to_catalogue": own[:, back] for back in range(WEEK)},
            "slope_to_catalogue": _along(own, _AHEAD),
        }
        if self.context == "relative":
            return relative
        ratio = {names.CATALOGUE_RATIO: _log(column(X, names.CATALOGUE_RATIO))}
        return relative | ratio | {name: days[:, back] for back, name in enumerate(names.CATALOGUE_DAYS)}


def _of_days(away: Numbers) -> dict[str, Numbers]:
    """Each day against the level, day over day, and the least-squares slope and bend of the last 7."""
    week = away[:, :WEEK]
    return {
        **{f"day_{back}": away[:, back] for back in range(away.shape[1])},
        **{f"day_over_day_{back}": away[:, back] - away[:, back + 1] for back in range(WEEK - 1)},
        "slope": _along(week, _AHEAD),
        "bend": _along(week, _AHEAD**2 - 4.0),
        "spread": week.std(axis=1),
        "highest": week.max(axis=1),
        "lowest": week.min(axis=1),
    }


def _along(week: Numbers, course: Numbers) -> Numbers:
    """How much of a `course` of 7 days there is in each row's week, by least squares, shape (rows,)."""
    return np.ascontiguousarray(week) @ course / (course @ course)


def _of_weeks(counts: Numbers) -> dict[str, Numbers]:
    totals = [counts[:, first : first + WEEK].sum(axis=1) for first in range(0, counts.shape[1], WEEK)]
    return {
        f"week_over_week_{number}": np.log1p(now) - np.log1p(before)
        for number, (now, before) in enumerate(pairwise(totals), start=1)
    }


def _of_age(X: Table) -> dict[str, Numbers]:  # noqa: N803
    released, seen = column(X, names.AGE), column(X, names.SEEN)
    return {
        "age": np.log1p(np.maximum(released, 0.0)),
        "seen": np.log1p(np.clip(np.where(np.isnan(seen), released, seen), 0.0, _OLD_DAYS)),
    }


def _of_past(X: Table, counts: Numbers, level: Numbers) -> dict[str, Numbers]:  # noqa: N803
    """The last week against the highest day and week so far (the window's, where not known), and the days there are."""
    day = np.fmax(column(X, names.HIGHEST_DAY), counts.max(axis=1))
    last = counts[:, :WEEK].sum(axis=1)
    week = np.fmax(column(X, names.HIGHEST_WEEK), last)
    counted, age = column(X, names.COUNTED), column(X, names.AGE) + 1.0
    counted = np.where(np.isnan(counted), np.where(np.isnan(age), counts.shape[1], age), counted)
    return {
        "to_highest_day": level - np.log1p(day),
        "to_highest_week": np.log1p(last) - np.log1p(week),
        "counted": np.log(np.clip(counted, 1.0, _COUNTED_DAYS)),
    }


def _of_socials(X: Table, level: Numbers) -> dict[str, Numbers]:  # noqa: N803
    growth = [name for of_span in names.SOCIAL_GROWTH.values() for name in of_span]
    levels = _log1p(_columns(X, names.SOCIAL_LEVELS)) - level[:, None]
    return {
        names.POPULARITY: column(X, names.POPULARITY),
        **dict(zip(names.SOCIAL_LEVELS, levels.T, strict=True)),
        **dict(zip(growth, _log(_columns(X, growth)).T, strict=True)),
    }


def _columns(X: Table, several: Sequence[str]) -> Numbers:  # noqa: N803
    """Several columns, shape (rows, columns)."""
    return beside([column(X, name) for name in several])


def _log(ratio: Numbers) -> Numbers:
    """The logarithm of a ratio; NaN where it is missing or not above zero."""
    known = ratio > 0
    return np.log(np.where(known, ratio, np.nan)) if known.any() else np.full_like(ratio, np.nan)


def _log1p(count: Numbers) -> Numbers:
    """log(1 + count), also where what cannot be below zero is said to be; NaN where it is missing."""
    return np.log1p(np.maximum(count, 0.0))
