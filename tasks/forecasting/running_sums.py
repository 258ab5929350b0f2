"""Streams of any span of days of many tracks at once, from running sums over their counts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.forecasting.histories import Histories, starts_of

Numbers = NDArray[np.float64]


class Through(NamedTuple):
    """What was counted up to the end of a day; each of shape (n,)."""

    streams: NDArray[np.int64]
    """Counted from some day before every count; only differences mean something."""
    days: NDArray[np.int64]
    """How many days were counted, likewise."""


class RunningSums:
    """Running sums of tracks whose days ascend.

    A count that covers several days is spread over them evenly, in whole streams, as features/periods.py says: the
    first i of n days get the whole part of i/n of it.
    """

    def __init__(self, histories: Histories) -> None:
        self._starts, self._lengths = histories.starts[:-1], histories.lengths
        self._days, self._counts = histories.days, histories.counts.astype(np.int64, copy=False)
        self._covered = histories.covered
        self._streams = _from_zero(self._counts)
        self._known = None if histories.covered is None else _from_zero(histories.covered)
        filled = self._lengths > 0
        first = self._at(histories.days, self._starts)
        last = self._at(histories.days, self._starts + self._lengths - 1)
        if histories.covered is not None:
            first = first - self._at(histories.covered, self._starts) + 1
        self.first_day: NDArray[np.int64] = np.where(filled, first, np.iinfo(np.int32).max)
        """The first day of each track with a count, shape (n,); beyond all days for a track without any."""
        whole = self._lengths == last - first + 1
        # A track without gaps needs no search: its days are its positions.
        self._gappy = np.flatnonzero(filled & ~whole) if histories.covered is None else np.flatnonzero(filled)
        self._keys, self._begins = self._keys_of(histories)

    def through(self, day: int | NDArray[np.int64]) -> Through:
        """What was counted up to the end of `day`: one day for all tracks, or one for each, shape (n,)."""
        place = np.clip(day - self.first_day + 1, 0, self._lengths)
        if len(self._gappy):
            asked = day if isinstance(day, int) else day[self._gappy]
            place[self._gappy] = self._search(asked)
        place += self._starts
        streams = self._streams[place]
        if self._covered is None:
            return Through(streams, place)
        return self._within(day, place, streams)

    def between(self, before: Through, last: Through, days: int) -> Numbers:
        """Streams of the days after one moment up to another; NaN where fewer than `days` of them were counted."""
        streams = (last.streams - before.streams).astype(np.float64)
        streams[last.days - before.days != days] = np.nan
        return streams

    def _within(self, day: int | NDArray[np.int64], place: NDArray[np.int64], streams: NDArray[np.int64]) -> Through:
        """Add the share of the count that `day` lies within: counts of several days begin before their date."""
        assert self._covered is not None
        assert self._known is not None
        following = np.minimum(place, max(len(self._days) - 1, 0))
        length = self._at(self._covered, following)
        begun = day - (self._at(self._days, following) - length)
        inside = np.where(place < self._starts + self._lengths, np.clip(begun, 0, length), 0)
        share = self._at(self._counts, following) * inside // np.maximum(length, 1)
        return Through(streams + share, self._known[place] + inside)

    def _keys_of(self, histories: Histories) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Track and day in one number, ascending over all counts of the tracks with gaps; where each track begins."""
        chosen = np.zeros(len(histories), dtype=np.bool_)
        chosen[self._gappy] = True
        lengths = self._lengths[self._gappy]
        keys = np.repeat(np.arange(len(self._gappy), dtype=np.int64) << 32, lengths)
        keys += histories.days if chosen.all() else histories.days[np.repeat(chosen, self._lengths)]
        return keys, starts_of(lengths)[:-1]

    def _search(self, day: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """How many counts each track with gaps has up to the end of `day`."""
        asked = (np.arange(len(self._gappy), dtype=np.int64) << 32) + day
        return np.searchsorted(self._keys, asked, side="right") - self._begins

    @staticmethod
    def _at(values: NDArray[np.int32] | NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(values):
            return np.zeros(len(place), dtype=np.int64)
        return values[np.clip(place, 0, len(values) - 1)].astype(np.int64)


def _from_zero(values: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.int64]:
    """0, and the sum of the first, the first two, ... values: shape (m + 1,)."""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:], dtype=np.int64)
    return sums
