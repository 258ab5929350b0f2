"""The whole months of tracks up to an as_of, as far back as there are counts: what a forecast is drawn behind."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tasks.forecasting.columns import month_ends
from tasks.forecasting.histories import Histories
from tasks.forecasting.running_sums import RunningSums, Through

MOST_MONTHS_BACK = 240
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class KnownMonths:
    """The last months of n tracks, the latest first. A month is whole, and ends at or before as_of."""

    track_ids: NDArray[np.object_]
    """Shape (n,)."""
    ends: NDArray[np.int64]
    """Shape (months + 1,): last day of each month, and that of the month before all of them; since 1970-01-01."""
    streams: NDArray[np.int64]
    """Shape (n, months): all that was counted in the month."""
    counted_days: NDArray[np.int64]
    """Shape (n, months): days of the month of which there is a count."""
    lived_days: NDArray[np.int64]
    """Shape (n, months): days of the month from the track's first count on."""
    first_days: NDArray[np.int64]
    """Shape (n,): of each track's first count; beyond all days where it has none."""

    @property
    def days(self) -> NDArray[np.int64]:
        """How many days each month has, shape (months,)."""
        return self.ends[:-1] - self.ends[1:]

    @property
    def whole(self) -> Numbers:
        """Streams of each month, shape (n, months); NaN where a day of it is unknown, or before the first count."""
        return np.where(self.counted_days == self.days, self.streams.astype(np.float64), np.nan)

    def since(self, day: int) -> "KnownMonths":
        """Without the months that began before `day`."""
        back = int((self.ends[1:] + 1 >= day).sum())
        return replace(
            self,
            ends=self.ends[: back + 1],
            streams=self.streams[:, :back],
            counted_days=self.counted_days[:, :back],
            lived_days=self.lived_days[:, :back],
        )

    def at(self, tracks: NDArray[np.bool_]) -> "KnownMonths":
        """Some of the tracks, as far back as one of them has a count; none where none has."""
        some = replace(
            self,
            track_ids=self.track_ids[tracks],
            streams=self.streams[tracks],
            counted_days=self.counted_days[tracks],
            lived_days=self.lived_days[tracks],
            first_days=self.first_days[tracks],
        )
        back = int(np.max(np.flatnonzero(some.counted_days.any(axis=0)), initial=-1)) + 1
        return some.since(int(self.ends[back]) + 1)


def known_months(known: Histories, as_of: int, steps: str) -> KnownMonths:
    """The months of tracks without faults, and without counts later than `as_of`. `steps`: what a month is."""
    ends = np.array(month_ends(as_of, MOST_MONTHS_BACK, steps), dtype=np.int64)
    sums = RunningSums(known)
    through = [sums.through(int(end)) for end in ends]
    lived = np.clip(ends[None, :-1] - sums.first_day[:, None] + 1, 0, ends[:-1] - ends[1:])
    return KnownMonths(
        known.track_ids,
        ends,
        _differences(through, "streams"),
        _differences(through, "days"),
        lived.astype(np.int64),
        sums.first_day,
    )


def joined(parts: Iterable[KnownMonths]) -> KnownMonths:
    """The tracks of all parts of a catalogue, of which there is at least one."""
    held = list(parts)
    return KnownMonths(
        np.concatenate([part.track_ids for part in held]),
        held[0].ends,
        np.concatenate([part.streams for part in held]),
        np.concatenate([part.counted_days for part in held]),
        np.concatenate([part.lived_days for part in held]),
        np.concatenate([part.first_days for part in held]),
    )


def _differences(through: list[Through], name: str) -> NDArray[np.int64]:
    """Shape (n, months)."""
    values = np.column_stack([getattr(each, name) for each in through]).astype(np.int64)
    return np.asarray(values[:, :-1] - values[:, 1:])
