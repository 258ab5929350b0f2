"""The days of a track's window as they come, and complete: what every model of streams begins with."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.compiled.rows import Rows, column_of
from models.preprocessing import tamed
from refrain.errors import InputError
from refrain.stream_weeks import WEEK, WEEKDAY, days_back

Numbers = NDArray[np.float64]
Table = pd.DataFrame | Rows
"""Rows, one of each track: what every estimator of streams takes."""

_SHOWN = 3


def read_days(X: Table, days: int) -> Numbers:  # noqa: N803 - scikit-learn's name
    """Counts of `day_0` back to the last, shape (rows, days); NaN where missing or no number.

    Each day's counts lie side by side in memory: there are many rows and few days, and all that is made of windows is
    made of whole days. Raises InputError, naming row and day, for a negative count.
    """
    counts = beside([column(X, name) for name in days_back(days)])
    if (counts < 0).any():
        row, day = np.argwhere(counts < 0)[0]
        raise InputError(
            f"Row {X.index[row]}: day_{day} is {counts[row, day]:g}, and streams are counts from 0 on.",
            hint="Mend it, or leave the cell empty where the count is not known.",
        )
    return counts


def filled_days(X: Table, days: int) -> NDArray[np.int64]:  # noqa: N803
    """How many of each row's days are missing and so are filled in, shape (rows,)."""
    return missing_days(read_days(X, days))


def missing_days(counts: Numbers) -> NDArray[np.int64]:
    """How many of each row's `counts`, shape (rows, days), are missing, shape (rows,)."""
    return np.isnan(counts).sum(axis=1).astype(np.int64)


def refuse_gaps(X: Table, counts: Numbers, needed: int) -> None:  # noqa: N803
    """Raise InputError, naming the rows, where fewer than `needed` of a window's days are known."""
    known = counts.shape[1] - missing_days(counts)
    few = np.flatnonzero(known < needed)
    if len(few):
        shown = ", ".join(f"row {X.index[row]} has {known[row]}" for row in few[:_SHOWN])
        more = f" and {len(few) - _SHOWN} more rows have too few" if len(few) > _SHOWN else ""
        raise InputError(
            f"A window of {counts.shape[1]} days needs at least {needed} known ones: {shown}{more}.",
            hint="Give more of the days, or leave these rows out.",
        )


def weekdays(X: Table, usual: int) -> NDArray[np.int64]:  # noqa: N803
    """The weekday of as_of, 0 for Monday to 6, shape (rows,); a `usual` one (1-7) where none is said."""
    last = column(X, WEEKDAY)
    return np.where((last >= 1) & (last < WEEK + 1), last, usual).astype(np.int64) - 1


def each_day(of_weekday: Numbers, last: NDArray[np.int64], days: int) -> Numbers:
    """What belongs to the weekday of each day of windows that end on the weekdays `last`, shape (rows, days)."""
    back = of_weekday[(np.arange(WEEK) - np.arange(days)[:, None]) % WEEK]
    return back[:, last].T


def beside(days: list[Numbers]) -> Numbers:
    """Columns, shape (rows,) each, as one array of shape (rows, days)."""
    return np.array(days).T


def interpolated(values: Numbers) -> Numbers:
    """`values`, shape (rows, days), with each gap filled in a straight line, and carried on beyond the known ends."""
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    places = np.arange(values.shape[1])
    before = np.maximum.accumulate(np.where(gaps, -1, places), axis=1)
    after = np.minimum.accumulate(np.where(gaps, len(places), places)[:, ::-1], axis=1)[:, ::-1]
    # Beyond an end there is one neighbour only: it stands on both sides. A row without any stays unknown.
    left = np.where(before < 0, after, before)
    right = np.where(after == len(places), before, after)
    left, right = np.clip(left, 0, len(places) - 1), np.clip(right, 0, len(places) - 1)
    rows = np.arange(len(values))[:, None]
    share = (places - left) / np.maximum(right - left, 1)
    return np.asarray(np.where(gaps, values[rows, left] * (1 - share) + values[rows, right] * share, values))


def column(X: Table, name: str) -> Numbers:  # noqa: N803
    """A column as numbers, shape (rows,), within 1e30; NaN where it is absent, missing, infinite or no number."""
    if isinstance(X, Rows) and name in X:
        return X.tamed_column(name)
    return tamed(column_of(X, name))
