"""A chunk of a catalogue once its counts are read: what a model needs to know of each track, and who is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import CatalogueSettings
from refrain.track_months import ARTIST_LEVEL, BACK, CATALOGUE_LEVEL, CUTOFF, SEEN
from tasks.forecasting.columns import history_columns
from tasks.forecasting.cutoffs import Cutoffs, most_unlisted, recent_cutoffs
from tasks.forecasting.faults import Fault, dated_after, find_faults
from tasks.forecasting.histories import Histories
from tasks.forecasting.surroundings import Surroundings, surroundings

ALONE = "no counts, and none of its artist's other tracks either"


@dataclass(frozen=True)
class Measured:
    """The tracks of a chunk that can be forecast, n of them, and those that cannot."""

    track_ids: NDArray[np.object_]
    """Shape (n,)."""
    artists: NDArray[np.int64]
    """Shape (n,): as in Histories."""
    columns: pd.DataFrame
    """Shape (n, HISTORY); what comes from other tracks is NaN until `completed`."""
    cutoffs: Cutoffs
    skipped: Mapping[str, tuple[str, ...]]
    """Reason -> ids of tracks."""

    def __len__(self) -> int:
        return len(self.track_ids)

    def at(self, tracks: slice | NDArray[Any]) -> "Measured":
        """Some of the tracks that can be forecast."""
        return replace(
            self,
            track_ids=self.track_ids[tracks],
            artists=self.artists[tracks],
            columns=self.columns.iloc[tracks].reset_index(drop=True),
        )


def measure(histories: Histories, as_of: int, settings: CatalogueSettings, received_on: int | None = None) -> Measured:
    """The columns of a chunk's tracks at the end of the day `as_of`. Counts later than that are not read."""
    known = histories.until(as_of)
    faults = find_faults(known, as_of, settings)
    if received_on is not None:
        late = dated_after(histories, received_on)
        faults[late] = np.where(faults[late] == Fault.NONE, Fault.FUTURE, faults[late])
    good = known.only(faults == Fault.NONE)
    return Measured(
        track_ids=good.track_ids,
        artists=good.artists,
        columns=history_columns(good, as_of, settings.months),
        cutoffs=recent_cutoffs(known, as_of),
        skipped={Fault(code).reason: tuple(histories.track_ids[faults == code]) for code in np.unique(faults) if code},
    )


def surroundings_of(parts: Iterable[Measured], as_of: int) -> Surroundings:
    """What the tracks of all `parts` are to each other."""
    held = list(parts)

    def column(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.zeros(0), *(part.columns[name].to_numpy() for part in held)])

    artists = np.concatenate([np.zeros(0, dtype=np.int64), *(part.artists for part in held)])
    cutoff = most_unlisted((part.cutoffs for part in held), as_of)
    return surroundings(artists, column(SEEN), column(BACK[0]), cutoff)


def completed(measured: Measured, around: Surroundings) -> Measured:
    """The tracks with all columns, those filled in that come from the other tracks.

    A new track without any count is left out if no track of its artist has one: nothing is known of it.
    """
    alone = (measured.columns[SEEN].to_numpy() == 0) & ~np.isin(measured.artists, around.counted_artists)
    if alone.any():
        skipped = {**measured.skipped, ALONE: tuple(measured.track_ids[alone])}
        measured = replace(measured.at(~alone), skipped=skipped)
    columns = measured.columns.copy()
    columns[ARTIST_LEVEL] = around.artist_levels(measured.artists, columns[BACK[0]].to_numpy())
    columns[CATALOGUE_LEVEL] = around.catalogue_level
    columns[CUTOFF] = around.cutoff
    return replace(measured, columns=columns)
