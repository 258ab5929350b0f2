"""What a track's columns take from the other tracks of its catalogue: levels, and how far a source sees down."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.forecasting.histories import NO_ARTIST, starts_of

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Surroundings:
    """A catalogue at one as_of. It needs every track once, so that forecasts do not depend on how they are chunked."""

    catalogue_level: float
    """Median streams in month 1 back of all tracks; NaN without any."""
    cutoff: float
    """Most that a track absent from the source in the last 30 days can have had; NaN where it lists all."""
    counted_artists: NDArray[np.int64]
    """The artists of whom any track has a count, ascending."""
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


def surroundings(artists: NDArray[np.int64], seen: Numbers, back_1: Numbers, cutoff: float = np.nan) -> Surroundings:
    """The surroundings that tracks with these artists, days seen and months 1 back, shapes (n,), are to each other."""
    counted = np.isfinite(back_1)
    known = counted & (artists != NO_ARTIST)
    order = np.lexsort((back_1[known], artists[known]))
    found, counts = np.unique(artists[known], return_counts=True)
    return Surroundings(
        catalogue_level=float(np.median(back_1[counted])) if counted.any() else np.nan,
        cutoff=cutoff,
        counted_artists=np.unique(artists[(seen > 0) & (artists != NO_ARTIST)]),
        artists=found,
        starts=starts_of(counts),
        levels=back_1[known][order],
    )
