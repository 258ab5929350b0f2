"""What a track's columns take from the other tracks of its catalogue: levels, and how far a source sees down."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.forecasting.histories import NO_ARTIST, Histories, starts_of

Numbers = NDArray[np.float64]
_DAYS = 30


@dataclass(frozen=True)
class Surroundings:
    """A catalogue at one as_of. It needs every track once, so that forecasts do not depend on how they are chunked."""

    catalogue_level: float
    """Median streams in month 1 back of all tracks; NaN without any."""
    cutoff: float
    """Most that a track absent from the source in the last 30 days can have had; NaN where it lists all."""
    artists: NDArray[np.int64]
    """Shape (k,): the artists with a known month 1 back, ascending."""
    starts: NDArray[np.int64]
    """Shape (k + 1,): where each one's levels start."""
    levels: Numbers
    """Month 1 back of the tracks, ascending for each artist."""

    def artist_levels(self, artists: NDArray[np.int64], own: Numbers) -> Numbers:
        """Median of month 1 back over the artist's *other* tracks, shape (n,); NaN where there is none.

        `own`: the tracks' own month 1 back, NaN where it is unknown (and so no part of the artist's levels).
        """
        found = np.full(len(artists), np.nan)
        if not len(self.artists):
            return found
        place = np.minimum(np.searchsorted(self.artists, artists), len(self.artists) - 1)
        first, past = self.starts[place], self.starts[place + 1]
        counted = np.isfinite(own)
        others = past - first - counted
        known = (self.artists[place] == artists) & (artists != NO_ARTIST) & (others > 0)
        first, others, own, counted = first[known], others[known], own[known], counted[known]
        # Which of several equal levels is left out makes no difference, so that the first that is not below will do.
        left_out = np.where(counted, self._rank(place[known], own), np.iinfo(np.int64).max)
        found[known] = 0.5 * (
            self._without(first, (others - 1) // 2, left_out) + self._without(first, others // 2, left_out)
        )
        return found

    def _without(self, first: NDArray[np.int64], index: NDArray[np.int64], left_out: NDArray[np.int64]) -> Numbers:
        """The level at `index` among an artist's levels once the one at the position `left_out` is taken away."""
        at = first + index
        return self.levels[at + (at >= left_out)]

    def _rank(self, place: NDArray[np.int64], own: Numbers) -> NDArray[np.int64]:
        """Position in `levels` of the first of an artist's that is not below `own`: by bisection, all at once."""
        low, high = self.starts[place].copy(), self.starts[place + 1].copy()
        while (open_ := low < high).any():
            middle = (low + high) // 2
            below = open_ & (self.levels[np.minimum(middle, len(self.levels) - 1)] < own)
            low = np.where(below, middle + 1, low)
            high = np.where(open_ & ~below, middle, high)
        return low


def surroundings(artists: NDArray[np.int64], back_1: Numbers, cutoffs: Numbers | None = None) -> Surroundings:
    """The surroundings that tracks with these artists and months 1 back, shapes (n,), are to each other.

    `cutoffs`: as `daily_cutoffs` gives them, where the source is censored.
    """
    counted = np.isfinite(back_1)
    known = counted & (artists != NO_ARTIST)
    order = np.lexsort((back_1[known], artists[known]))
    found, counts = np.unique(artists[known], return_counts=True)
    return Surroundings(
        catalogue_level=float(np.median(back_1[counted])) if counted.any() else np.nan,
        cutoff=np.nan if cutoffs is None else float(cutoffs.sum()),
        artists=found,
        starts=starts_of(counts),
        levels=back_1[known][order],
    )


def daily_cutoffs(histories: Histories, as_of: int) -> Numbers | None:
    """The lowest count a day that the source lists, for each of the 30 days to `as_of`, shape (30,).

    NaN for a day without a cutoff; None where the source has none at all. A cutoff of several days is spread evenly.
    """
    if histories.cutoffs is None:
        return None
    lowest = np.full(_DAYS, np.nan)
    covered = np.ones(len(histories.days)) if histories.covered is None else histories.covered
    recent = np.isfinite(histories.cutoffs) & (histories.days > as_of - _DAYS) & (histories.days <= as_of)
    told = np.column_stack([histories.days[recent], covered[recent], histories.cutoffs[recent]])
    for day, length, cutoff in np.unique(told.astype(np.float64), axis=0):
        past = int(day) - as_of + _DAYS
        seen = slice(max(past - int(length), 0), past)
        lowest[seen] = np.fmin(lowest[seen], cutoff / length)
    return lowest


def lowest_cutoffs(parts: Iterable[Numbers | None]) -> Numbers | None:
    """The lowest of several `daily_cutoffs`, day by day."""
    told = [part for part in parts if part is not None]
    return np.fmin.reduce(told) if told else None
