"""Frames of track histories as arrays, with what every curve needs of them: the last month, the level, the age."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refrain.track_months import (
    AGE,
    ARTIST_LEVEL,
    BACK,
    CATALOGUE_LEVEL,
    CUTOFF,
    MLDR,
    MONTH_AHEAD,
    S30,
    S90,
    S365,
    SEASON_FROM,
    SEASON_TO,
    SEEN,
    WEEKS,
)

Numbers = NDArray[np.float64]

MONTH_DAYS = 30.0
YEAR_DAYS = 365.0
_LARGEST = 1e15
"""Counts above this are read as this: no track has them, and the arithmetic stays finite."""
_SMALLEST = 1e-6
"""Counts below this are none."""
_LATEST_WEEKS = np.array([0.4, 0.3, 0.2, 0.1])
"""What the last week, and those before it, count for in a track's level."""


@dataclass(frozen=True)
class Histories:
    """The histories of n rows, NaN where something is unknown. Columns that a frame lacks are unknown."""

    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    def counts(self, *names: str) -> Numbers:
        """Amounts, shape (n, names): none below 0."""
        amounts = np.column_stack([np.clip(self.numbers(name), 0.0, _LARGEST) for name in names])
        return np.where(amounts < _SMALLEST, 0.0, amounts)

    def numbers(self, name: str) -> Numbers:
        """Shape (n,): one column as it stands; infinities are unknown."""
        if name not in self.frame.columns:
            return np.full(len(self.frame), np.nan)
        values = self.frame[name]
        if values.dtype != np.float64:
            values = pd.to_numeric(values, errors="coerce")
        found = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(found), found, np.nan)

    @cached_property
    def back(self) -> Numbers:
        """Shape (n, 24): streams of each month back, the last one first."""
        return self.counts(*BACK)

    @cached_property
    def weeks(self) -> Numbers:
        """Shape (n, 8): streams of the last weeks, the last one first."""
        return self.counts(*WEEKS)

    @cached_property
    def cutoff(self) -> Numbers:
        """Shape (n,): most that a month of a track can have that the source does not list."""
        return self.counts(CUTOFF)[:, 0]

    @cached_property
    def seen(self) -> Numbers:
        """Shape (n,): days since the first count; 0 where there is none."""
        return np.nan_to_num(np.maximum(self.numbers(SEEN), 0.0))

    @cached_property
    def age(self) -> Numbers:
        """Shape (n,): days since the release, or, where that is unknown, since the first count."""
        age = self.numbers(AGE)
        return np.where(np.isnan(age), self.seen, np.maximum(age, 0.0))

    @cached_property
    def mldr(self) -> Numbers:
        """Shape (n,): the artist's monthly-listener decay rate."""
        return self.numbers(MLDR)

    @cached_property
    def known_months(self) -> Numbers:
        """Shape (n,): how many of the months back are known."""
        return np.isfinite(self.back).sum(axis=1).astype(np.float64)

    @cached_property
    def last_month(self) -> Numbers:
        """Shape (n,): streams of the last month, 0 or more, always known.

        Where month 1 back is not known whole: the last 30 days; the weeks of it that are known, the others at the
        cutoff; the month last known; a month's share of 90 or 365 days; the artist's level; the catalogue's.
        """
        known = self.counts(BACK[0], S30)
        longer = self.counts(S90, S365) * (MONTH_DAYS / np.array([90.0, YEAR_DAYS]))
        weeks = _mean_of_weeks(self._latest_weeks, np.full(4, 0.25))
        elsewhere = self.counts(ARTIST_LEVEL, CATALOGUE_LEVEL)
        return _first_known(np.column_stack([known, weeks, self.back[:, 1:], longer, elsewhere, self.cutoff]))

    @cached_property
    def level(self) -> Numbers:
        """Shape (n,): streams a month as they lately were, 0 or more: later weeks count for more than earlier ones."""
        return _first_known(np.column_stack([_mean_of_weeks(self._latest_weeks, _LATEST_WEEKS), self.last_month]))

    @cached_property
    def _latest_weeks(self) -> Numbers:
        """The last four weeks; in one that the source did not list whole, the track had about the cutoff."""
        latest = self.weeks[:, :4]
        some = np.isfinite(latest).any(axis=1, keepdims=True)
        return np.where(np.isnan(latest) & some, self.cutoff[:, None] * (7.0 / MONTH_DAYS), latest)

    def months_ahead(self) -> Numbers:
        """Shape (n,): which month ahead each row asks for; the first where it does not say."""
        return np.maximum(np.nan_to_num(self.numbers(MONTH_AHEAD), nan=1.0), 1.0)

    def season_from(self) -> Numbers:
        """Shape (n,): day of the year in the middle of month 1 back; NaN where unknown."""
        return self.numbers(SEASON_FROM)

    def season_to(self) -> Numbers:
        """Shape (n,): day of the year in the middle of the month asked for."""
        said = self.numbers(SEASON_TO)
        return np.where(np.isnan(said), season_ahead(self.season_from(), self.months_ahead()), said)


def season_ahead(season_from: Numbers, months: Numbers | float) -> Numbers:
    """Day of the year, 1 to 365, that lies `months` steps of 30 days after `season_from`."""
    return np.asarray((season_from - 1.0 + MONTH_DAYS * months) % YEAR_DAYS + 1.0)


def _mean_of_weeks(weeks: Numbers, weights: Numbers) -> Numbers:
    """Streams of 30 days at the weighted mean of the weeks that are known; NaN where none is."""
    known = np.isfinite(weeks)
    total = known @ weights
    sums = np.where(known, weeks, 0.0) @ weights
    return np.where(total > 0, sums / np.where(total > 0, total, 1.0) * (MONTH_DAYS / 7.0), np.nan)


def _first_known(columns: Numbers) -> Numbers:
    """Shape (n,): of each row the first entry that is known; 0 where none is."""
    known = np.isfinite(columns)
    first = np.argmax(known, axis=1)
    return np.where(known.any(axis=1), np.nan_to_num(columns[np.arange(len(columns)), first]), 0.0)
