"""A chunk of a catalogue once its counts are read: what a model needs to know of each track, and who is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refrain.track_months import ARTIST_LEVEL, BACK, CATALOGUE_LEVEL, CUTOFF
from tasks.forecasting.columns import history_columns
from tasks.forecasting.faults import Fault, dated_after, find_faults
from tasks.forecasting.histories import Histories
from tasks.forecasting.surroundings import Surroundings, daily_cutoffs, lowest_cutoffs, surroundings

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """The tracks of a chunk that can be forecast, n of them, and those that cannot."""

    track_ids: NDArray[np.object_]
    """Shape (n,)."""
    artists: NDArray[np.int64]
    """Shape (n,): as in Histories."""
    columns: pd.DataFrame
    """Shape (n, HISTORY); what comes from other tracks is NaN until `completed`."""
    cutoffs: Numbers | None
    """As `daily_cutoffs` gives them."""
    skipped: Mapping[str, tuple[str, ...]]
    """Reason -> ids of tracks."""


def measure(histories: Histories, as_of: int, steps: str, received_on: int | None = None) -> Measured:
    """The columns of a chunk's tracks at the end of the day `as_of`. Counts later than that are not read."""
    known = histories.until(as_of)
    faults = find_faults(known, as_of)
    if received_on is not None:
        late = dated_after(histories, received_on)
        faults[late] = np.where(faults[late] == Fault.NONE, Fault.FUTURE, faults[late])
    good = known.only(faults == Fault.NONE)
    return Measured(
        track_ids=good.track_ids,
        artists=good.artists,
        columns=history_columns(good, as_of, steps),
        cutoffs=daily_cutoffs(known, as_of),
        skipped={
            fault.reason: tuple(histories.track_ids[faults == fault])
            for fault in Fault
            if fault != Fault.NONE and (faults == fault).any()
        },
    )


def completed(measured: Measured, around: Surroundings) -> pd.DataFrame:
    """All columns of the tracks, shape (n, HISTORY), those filled in that come from the other tracks."""
    columns = measured.columns
    columns[ARTIST_LEVEL] = around.artist_levels(measured.artists, columns[BACK[0]].to_numpy())
    columns[CATALOGUE_LEVEL] = around.catalogue_level
    columns[CUTOFF] = around.cutoff
    return columns


def surroundings_of(parts: Iterable[Measured]) -> Surroundings:
    """What the tracks of all `parts` are to each other."""
    told = [(part.artists, part.columns[BACK[0]].to_numpy(), part.cutoffs) for part in parts]
    return surroundings(
        np.concatenate([np.zeros(0, dtype=np.int64), *(artists for artists, _, _ in told)]),
        np.concatenate([np.zeros(0), *(back_1 for _, back_1, _ in told)]),
        lowest_cutoffs(cutoffs for _, _, cutoffs in told),
    )
