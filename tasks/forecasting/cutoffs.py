"""How far down a censored source sees: the lowest counts that it lists, over the last 30 days."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tasks.forecasting.histories import Histories, histories
from tasks.forecasting.running_sums import RunningSums

Cutoffs = NDArray[np.int64]
"""Shape (dates, 3): last day, days covered and cutoff of each date that the source lists, ascending."""
_DAYS = 30
_LONGEST = 31
"""Days that a count may cover (features/periods.py)."""


def recent_cutoffs(known: Histories, as_of: int) -> Cutoffs:
    """The cutoffs that `known`, histories without counts later than `as_of`, tell of the last 30 days."""
    if known.cutoffs is None:
        return np.zeros((0, 3), dtype=np.int64)
    told = np.isfinite(known.cutoffs) & (known.days > as_of - _DAYS - _LONGEST)
    covered = np.ones(len(told), dtype=np.int32) if known.covered is None else known.covered
    return _by_date([np.column_stack([known.days[told], covered[told], known.cutoffs[told].astype(np.int64)])])


def most_unlisted(parts: Iterable[Cutoffs], as_of: int) -> float:
    """Most that a track absent from the source in the 30 days to `as_of` can have had: CUTOFF of refrain/track_months.

    NaN where the source lists every track, or has no list for one of these days. `parts`: of all chunks of a catalogue.
    """
    dates = _by_date(parts)
    if not len(dates):
        return np.nan
    # The cutoffs are read as if they were the counts of one more track.
    one = histories(
        np.array([""], dtype=object),
        np.array([0, len(dates)]),
        dates[:, 0].astype(np.int32),
        dates[:, 2],
        covered=dates[:, 1].astype(np.int32),
    )
    sums = RunningSums(one)
    return float(sums.between(sums.through(as_of - _DAYS), sums.through(as_of), _DAYS)[0])


def _by_date(parts: Iterable[NDArray[np.int64]]) -> Cutoffs:
    """One row a date, with the longest span and the highest cutoff that is told of it."""
    rows = np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts])
    rows = np.unique(rows, axis=0)
    begins = np.flatnonzero(np.append(True, rows[1:, 0] != rows[:-1, 0])) if len(rows) else np.zeros(0, dtype=np.int64)
    return np.maximum.reduceat(rows, begins) if len(rows) else rows
