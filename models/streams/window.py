"""The days of a track's window as they come, and complete: what every model of streams begins with."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refrain.errors import InputError
from refrain.stream_weeks import WEEK, WEEKDAY, days_back

Numbers = NDArray[np.float64]

_SHOWN = 3


def read_days(X: pd.DataFrame, days: int) -> Numbers:  # noqa: N803 - scikit-learn's name
    """Counts of `day_0` back to the last, shape (rows, days); NaN where missing or no number.

    Raises InputError, naming row and day, for a negative count.
    """
    columns = [_numbers(X, name) for name in days_back(days)]
    counts = np.column_stack(columns) if columns else np.empty((len(X), 0))
    below = np.argwhere(counts < 0)
    if len(below):
        row, day = below[0]
        raise InputError(
            f"Row {X.index[row]}: day_{day} is {counts[row, day]:g}, and streams are counts from 0 on.",
            hint="Mend it, or leave the cell empty where the count is not known.",
        )
    return counts


def filled_days(X: pd.DataFrame, days: int) -> NDArray[np.int64]:  # noqa: N803
    """How many of each row's days are missing and so are filled in, shape (rows,)."""
    return np.isnan(read_days(X, days)).sum(axis=1).astype(np.int64)


def refuse_gaps(X: pd.DataFrame, counts: Numbers, needed: int) -> None:  # noqa: N803
    """Raise InputError, naming the rows, where fewer than `needed` of a window's days are known."""
    known = np.isfinite(counts).sum(axis=1)
    few = np.flatnonzero(known < needed)
    if len(few):
        shown = ", ".join(f"row {X.index[row]} has {known[row]}" for row in few[:_SHOWN])
        more = f" and {len(few) - _SHOWN} more rows have too few" if len(few) > _SHOWN else ""
        raise InputError(
            f"A window of {counts.shape[1]} days needs at least {needed} known ones: {shown}{more}.",
            hint="Give more of the days, or leave these rows out.",
        )


def weekdays(X: pd.DataFrame, days: int, usual: int) -> NDArray[np.int64]:  # noqa: N803
    """The weekday of each day, 0 for Monday to 6, shape (rows, days); as_of is a `usual` (1-7) where none is said."""
    last = _numbers(X, WEEKDAY)
    whole = np.where(np.isfinite(last), last, usual).astype(np.int64)
    return np.asarray((whole[:, None] - 1 - np.arange(days)) % WEEK, dtype=np.int64)


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


def _numbers(X: pd.DataFrame, name: str) -> Numbers:  # noqa: N803
    if name not in X.columns:
        return np.full(len(X), np.nan)
    values: Any = pd.to_numeric(X[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.where(np.isfinite(values), values, np.nan), dtype=np.float64)


def column(X: pd.DataFrame, name: str) -> Numbers:  # noqa: N803
    """A column as numbers, shape (rows,); NaN where it is absent, missing, infinite or no number."""
    return _numbers(X, name)
