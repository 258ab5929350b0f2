"""The counts of many tracks as a few flat arrays: what a chunk of a catalogue is, wherever it was read from."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]
"""Days since 1970-01-01, as Arrow's date32 and NumPy's datetime64[D] count them."""
NO_ARTIST = -1


@dataclass(frozen=True)
class Histories:
    """What is known of n tracks: their m counts, one track's after another's, and what else the sources tell.

    The counts of track i are `days[starts[i]:starts[i + 1]]` and `counts[starts[i]:starts[i + 1]]`. The days of a track
    are to ascend; one whose days do not, or whose counts cannot be, is found by `tasks.forecasting.faults` and skipped.
    """

    track_ids: NDArray[np.object_]
    """Shape (n,), strings, each once."""
    starts: NDArray[np.int64]
    """Shape (n + 1,), from 0 to m."""
    days: Days
    """Shape (m,): the day of a count, or the last of the days that it covers."""
    counts: NDArray[np.int64] | NDArray[np.float64]
    """Shape (m,). Whole numbers, unless the source holds something else (which is then a fault of its track)."""
    release_days: NDArray[np.float64]
    """Shape (n,): days since 1970-01-01, NaN where the release date is unknown at the moment of the forecast."""
    mldr: NDArray[np.float64]
    """Shape (n,): the artist's monthly-listener decay rate, NaN where it is unknown."""
    artists: NDArray[np.int64]
    """Shape (n,): a number for each artist, the same in all chunks of a catalogue; -1 where unknown."""
    covered: NDArray[np.int32] | None = None
    """Shape (m,): how many days each count covers. None where every count is of one day."""
    cutoffs: NDArray[np.float64] | None = None
    """Shape (m,): the lowest count that a censored source lists for that date, NaN where it lists every track."""

    def __len__(self) -> int:
        return len(self.track_ids)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many counts each track has, shape (n,)."""
        return np.diff(self.starts)

    def last_day(self) -> int | None:
        """The latest day with a count; None without any count."""
        return int(self.days.max()) if len(self.days) else None

    def only(self, tracks: NDArray[np.bool_]) -> "Histories":
        """The tracks where `tracks`, shape (n,), is true, in the same order."""
        if tracks.all():
            return self
        rows = np.repeat(tracks, self.lengths)
        return replace(
            self,
            track_ids=self.track_ids[tracks],
            starts=starts_of(self.lengths[tracks]),
            days=self.days[rows],
            counts=self.counts[rows],
            release_days=self.release_days[tracks],
            mldr=self.mldr[tracks],
            artists=self.artists[tracks],
            covered=None if self.covered is None else self.covered[rows],
            cutoffs=None if self.cutoffs is None else self.cutoffs[rows],
        )

    def until(self, as_of: int) -> "Histories":
        """The same tracks without the counts that end later than the day `as_of`."""
        known = self.days <= as_of
        if known.all():
            return self
        passed = np.concatenate([[0], np.cumsum(known)])
        return replace(
            self,
            starts=passed[self.starts],
            days=self.days[known],
            counts=self.counts[known],
            covered=None if self.covered is None else self.covered[known],
            cutoffs=None if self.cutoffs is None else self.cutoffs[known],
        )


def histories(
    track_ids: NDArray[np.object_],
    starts: NDArray[np.int64],
    days: Days,
    counts: NDArray[np.int64] | NDArray[np.float64],
    *,
    release_days: NDArray[np.float64] | None = None,
    mldr: NDArray[np.float64] | None = None,
    artists: NDArray[np.int64] | None = None,
    covered: NDArray[np.int32] | None = None,
    cutoffs: NDArray[np.float64] | None = None,
) -> Histories:
    """Histories of which some things may be unknown for all tracks."""
    unknown = np.full(len(track_ids), np.nan)
    return Histories(
        track_ids=track_ids,
        starts=starts,
        days=days,
        counts=counts,
        release_days=unknown if release_days is None else release_days,
        mldr=unknown if mldr is None else mldr,
        artists=np.full(len(track_ids), NO_ARTIST, dtype=np.int64) if artists is None else artists,
        covered=covered,
        cutoffs=cutoffs,
    )


def starts_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each track's counts start, and where the last one's end, shape (n + 1,)."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)])


_EPOCH = date(1970, 1, 1).toordinal()


def day_of(moment: date) -> int:
    """A date as days since 1970-01-01."""
    return moment.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Days since 1970-01-01 as a date."""
    return date.fromordinal(day + _EPOCH)
