"""Tracks that cannot be forecast, and why: all of a chunk's at once, so that one bad track never stops the rest."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from features.catalogue import CatalogueSettings
from tasks.forecasting.histories import Histories

LEAST_COUNTER = 28
"""Counts from which a history that never falls is taken for a counter: shorter ones may just be rising."""
_PROBES = 8
Faults = NDArray[np.int8]
Tracks = NDArray[np.int64]
"""Positions of tracks in their chunk."""
_NO_TRACKS = np.zeros(0, dtype=np.int64)


class Fault(IntEnum):
    """Why a track is skipped. Where several faults are found, the first of them is said."""

    NONE = 0
    NO_COUNTS = 1
    MISSING = 2
    NEGATIVE = 3
    FRACTIONAL = 4
    FUTURE = 5
    DUPLICATED = 6
    OVERLAPPING = 7
    COUNTER = 8
    STALE = 9
    SHORT = 10
    UNNAMED = 11

    @property
    def reason(self) -> str:
        """The fault as a person reads it."""
        return _REASONS[self]


_REASONS = {
    Fault.NONE: "",
    Fault.NO_COUNTS: "no counts, and not just released",
    Fault.MISSING: "an empty count or date",
    Fault.NEGATIVE: "a negative count",
    Fault.FRACTIONAL: "a count that is no whole number",
    Fault.FUTURE: "counts dated after they were received",
    Fault.DUPLICATED: "two counts for one day, or days out of order",
    Fault.OVERLAPPING: "counts whose periods overlap",
    Fault.COUNTER: "a counter that only grows, not the streams of each day",
    Fault.STALE: "no recent count",
    Fault.SHORT: "too short a history",
    Fault.UNNAMED: "no track id",
}


def find_faults(known: Histories, as_of: int, settings: CatalogueSettings) -> Faults:
    """The Fault of each track, shape (n,), 0 where there is none.

    `known`: no count of it later than `as_of`, so that what came later does not decide who is forecast. `settings`:
    which tracks the model was trained and tested on; of others it knows nothing.

    A track is taken for a **counter** if it has at least 28 counts, none of them below the one before and more than
    half of them above it: the streams of a track's days go up and down with the week.
    """
    faults = np.zeros(len(known), dtype=np.int8)
    for fault, tracks in (
        *_not_a_row(known, as_of, settings),
        (Fault.COUNTER, _counters(known)),
        (Fault.OVERLAPPING, _overlapping(known)),
        (Fault.DUPLICATED, _out_of_order(known)),
        *_impossible(known),
        (Fault.UNNAMED, np.flatnonzero(known.track_ids == "")),
    ):
        faults[tracks] = fault
    return faults


def dated_after(histories: Histories, received_on: int) -> Tracks:
    """The tracks with a count dated after the day on which the counts were received, which cannot be."""
    return _with_row(histories, histories.days > received_on)


def _with_row(histories: Histories, rows: NDArray[np.bool_]) -> Tracks:
    """The tracks to which one of `rows`, shape (m,), belongs."""
    if not rows.any():
        return _NO_TRACKS
    return np.unique(np.searchsorted(histories.starts, np.flatnonzero(rows), side="right") - 1)


def _not_a_row(known: Histories, as_of: int, settings: CatalogueSettings) -> list[tuple[Fault, Tracks]]:
    """Tracks that would be no rows of catalogue.decay (features/catalogue.py) at `as_of`."""
    counted = known.lengths > 0
    just_out = (known.release_days > as_of - settings.new_days) & (known.release_days <= as_of)
    unknown = ~counted & ~(just_out & (settings.min_seen_days == 0))
    first, last = known.starts[:-1][counted], known.starts[1:][counted] - 1
    at = np.flatnonzero(counted)
    covered = 1 if known.covered is None else known.covered[first]
    seen = as_of - known.days[first] + covered
    return [
        (Fault.NO_COUNTS, np.flatnonzero(unknown)),
        (Fault.SHORT, at[seen < settings.min_seen_days]),
        (Fault.STALE, at[known.days[last] <= as_of - settings.seen_within_days]),
    ]


def _impossible(histories: Histories) -> list[tuple[Fault, Tracks]]:
    counts = histories.counts
    if not len(counts):
        return []
    if counts.dtype.kind == "i":
        return [(Fault.NEGATIVE, _with_row(histories, counts < 0) if counts.min() < 0 else _NO_TRACKS)]
    return [
        (Fault.FRACTIONAL, _with_row(histories, np.isfinite(counts) & (counts != np.floor(counts)))),
        (Fault.NEGATIVE, _with_row(histories, counts < 0)),
        (Fault.MISSING, _with_row(histories, ~np.isfinite(counts))),
    ]


def _out_of_order(histories: Histories) -> Tracks:
    steps = _steps(histories, histories.days)
    return _NO_TRACKS if not len(steps) or steps.min() > 0 else _with_row(histories, np.append(False, steps <= 0))


def _overlapping(histories: Histories) -> Tracks:
    if histories.covered is None:
        return _NO_TRACKS
    before_first = histories.days - histories.covered
    overlaps = np.append(False, before_first[1:] < histories.days[:-1])
    overlaps[histories.starts[:-1][histories.lengths > 0]] = False
    return _with_row(histories, overlaps | (histories.covered < 1))


def _steps(histories: Histories, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each value less the one before, shape (m - 1,); 1 where a track begins."""
    steps = np.diff(values)
    begins = histories.starts[1:-1]
    steps[begins[(begins > 0) & (begins < len(values))] - 1] = 1
    return steps


def _counters(histories: Histories) -> Tracks:
    """Tracks whose counts never fall. Eight probes leave few tracks whose counts are looked at one by one."""
    lengths = histories.lengths
    long = np.flatnonzero(lengths >= LEAST_COUNTER)
    if not len(long):
        return _NO_TRACKS
    probes = (lengths[long, None] - 1) * np.arange(_PROBES) // (_PROBES - 1)
    seen = histories.counts[histories.starts[long, None] + probes]
    rising = long[(seen[:, 1:] >= seen[:, :-1]).all(axis=1) & (seen[:, -1] > seen[:, 0])]
    if not len(rising):
        return _NO_TRACKS
    chosen = np.zeros(len(histories), dtype=np.bool_)
    chosen[rising] = True
    suspects = histories.only(chosen)
    steps = np.append(0, np.diff(suspects.counts))
    steps[suspects.starts[:-1]] = 0
    falls = np.add.reduceat((steps < 0).astype(np.int64), suspects.starts[:-1])
    rises = np.add.reduceat((steps > 0).astype(np.int64), suspects.starts[:-1])
    return rising[(falls == 0) & (2 * rises > suspects.lengths)]
