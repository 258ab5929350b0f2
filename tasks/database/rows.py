"""Training rows of a database as the histories that a forecaster takes."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Select, Text, cast, select, type_coerce
from sqlalchemy.types import Integer, String

from tasks.database.catalogue import Tracks
from tasks.database.database import Database
from tasks.database.tables import TRAINING
from tasks.forecasting.histories import Histories, starts_of


class TrainingRows:
    """The training table of a database, read in bulk."""

    def __init__(self, database: Database) -> None:
        """Asks which types the table's columns have. Raises DatabaseError."""
        self.database = database
        with database.reading() as connection:
            self._types = database.column_types(connection, TRAINING.name)

    def of(self, tracks: Tracks, after: date | None = None) -> Histories:
        """Every count of these tracks, or those of the days after `after`. Raises DatabaseError.

        A row without a count is a day that is not known.
        """
        return _histories(self.database.columns(self._statement(tracks, after)), tracks)

    def _statement(self, tracks: Tracks, after: date | None) -> Select[Any]:
        key, day = TRAINING.c.cm_track_id, self.database.day(TRAINING.c.date)
        kind = self._types[key.name]
        typed = key if isinstance(kind, Integer | String) else cast(key, Text)
        count = self.database.number(TRAINING.c.daily_streams, self._types[TRAINING.c.daily_streams.name])
        rows = select(typed.label("track"), day.label("day"), count.label("count"))
        rows = rows.where(TRAINING.c.daily_streams.is_not(None))
        # With the type it really has, so that ids are written into the statement as that type is.
        column = type_coerce(key, kind)
        if tracks.are_neighbours:
            rows = rows.where(column.between(tracks.keys[0], tracks.keys[-1]))
        else:
            rows = rows.where(column.in_(tracks.keys.tolist()))
        return rows if after is None else rows.where(TRAINING.c.date >= after + timedelta(days=1))


def _histories(rows: pa.Table, tracks: Tracks) -> Histories:
    place = _places(rows["track"], tracks)
    days = rows["day"].to_numpy().astype(np.int32)
    counts = rows["count"].to_numpy()
    if place.min(initial=0) < 0:  # written since the tracks were listed
        known = place >= 0
        place, days, counts = place[known], days[known], counts[known]
    if len(place) > 1:
        row_order = place.astype(np.int64) << 32 | (days.astype(np.int64) + (1 << 31))
        if (row_order[1:] < row_order[:-1]).any():
            order = np.argsort(row_order, kind="stable")
            place, days, counts = place[order], days[order], counts[order]
    return Histories(
        track_ids=tracks.ids,
        starts=starts_of(np.bincount(place, minlength=len(tracks))),
        days=days,
        counts=counts if counts.dtype.kind in "iu" else counts.astype(np.float64),
        release_days=tracks.release_days,
        mldr=tracks.mldr,
        artists=tracks.artists,
    )


def _places(column: pa.ChunkedArray, tracks: Tracks) -> NDArray[np.int64]:
    """Which of `tracks` each row belongs to; -1 where it is none of them."""
    encoded = column.combine_chunks().dictionary_encode()
    known = pa.array([str(key) for key in tracks.keys])
    found = pc.index_in(encoded.dictionary.cast(pa.string()), value_set=known).fill_null(-1)
    return found.to_numpy(zero_copy_only=False).astype(np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]
