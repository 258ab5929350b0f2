"""What tracks a database has: found once, with all that is known of a track besides its counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Float, case, func, select

from refrain.errors import InputError, TooFewRowsError
from tasks.database.database import Database
from tasks.database.tables import FORECAST, MLDR, TRAINING
from tasks.forecasting.histories import NO_ARTIST, date_of, day_of


@dataclass(frozen=True)
class Tracks:
    """Some tracks of a database, in the order in which the database itself compares their ids. All of shape (n,)."""

    keys: NDArray[np.object_]
    """The ids as the training table holds them: numbers or text."""
    ids: NDArray[np.object_]
    """The ids as text."""
    artist_ids: NDArray[np.object_]
    """The artists' ids as text, None where unknown."""
    artists: NDArray[np.int64]
    """A number for each artist; -1 where unknown."""
    mldr: NDArray[np.float64]
    """The artist's monthly-listener decay rate; NaN where the database has none."""
    rows: NDArray[np.int64]
    """How many training rows there are."""
    newest_ids: NDArray[np.object_]
    """Id of the newest training row."""
    release_days: NDArray[np.float64]
    """Days since 1970-01-01; NaN where unknown."""
    places: NDArray[np.int64]
    """Position in the whole catalogue."""

    def __len__(self) -> int:
        return len(self.keys)

    def only(self, chosen: NDArray[Any]) -> "Tracks":
        """The tracks at these positions, or where this is true."""
        return Tracks(**{name: values[chosen] for name, values in vars(self).items()})

    @property
    def are_neighbours(self) -> bool:
        """Whether the catalogue has no track between the first and the last of them that is not one of them."""
        return len(self) > 0 and int(self.places[-1] - self.places[0]) == len(self) - 1

    def batches(self, tracks: int, rows: int) -> Iterator["Tracks"]:
        """Consecutive parts of at most so many tracks, and so many training rows unless one track alone has more."""
        first = 0
        while first < len(self):
            within = np.searchsorted(np.cumsum(self.rows[first : first + tracks]), rows, side="right")
            past = first + max(int(within), 1)
            yield self.only(np.arange(first, past))
            first = past


@dataclass(frozen=True)
class Catalogue:
    """The tracks of a database at `as_of`."""

    tracks: Tracks
    as_of: date
    on_as_of: int
    """How many tracks have a count of that very day."""
    has_forecast: NDArray[np.bool_]
    """Shape (n,)."""

    def track(self, track_id: str) -> Tracks:
        """The one track with this id. Raises InputError if there is none."""
        found = np.flatnonzero(self.tracks.ids == track_id)
        if not len(found):
            raise InputError(
                f"There is no track {track_id} in {TRAINING.name}.",
                hint="Check the id: it is compared with cm_track_id, to the letter.",
            )
        return self.tracks.only(found)


def read_catalogue(database: Database, as_of: date | None, today: date) -> Catalogue:
    """The tracks with training rows, at `as_of` or, where none is given, the last day up to `today` with a count.

    An artist's decay rate is the newest in the table. Where `as_of` is given, rates that were written after that day
    are not read, because they may have learned from what came later.

    Raises TooFewRowsError where the training table has no counts, InputError where it has none up to `as_of`.
    """
    with database.reading() as connection:
        tracks, last_days = _tracks(database, connection, _rates(connection, as_of), as_of or today, today)
        if not len(tracks):
            raise TooFewRowsError(
                f"{TRAINING.name} in {database} has no rows yet.",
                hint="Fill it, or add --load to fill it from the project's own datasets.",
            )
        forecast = {text_of(key) for key in connection.execute(select(FORECAST.c.cm_track_id).distinct()).scalars()}
    if np.isnan(last_days).all():
        raise InputError(
            f"{TRAINING.name} in {database} has no counts up to {as_of or 'today'}.", hint="Give a later --as-of."
        )
    chosen = as_of or date_of(int(np.nanmax(last_days)))
    return Catalogue(
        tracks=tracks,
        as_of=chosen,
        on_as_of=int(np.count_nonzero(last_days == day_of(chosen))),
        has_forecast=np.fromiter((track in forecast for track in tracks.ids), np.bool_, len(tracks)),
    )


def text_of(key: Any) -> str:
    """An id as text. One kept as a float, as a column with gaps makes of whole numbers, reads as the whole number."""
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def _rates(connection: Connection, written_until: date | None) -> dict[str, float]:
    """The newest decay rate of each artist."""
    rows = select(MLDR.c.cm_artist_id, MLDR.c.mldr).where(MLDR.c.mldr.is_not(None))
    if written_until is not None:
        rows = rows.where(MLDR.c.created_at < datetime.combine(written_until + timedelta(days=1), time(), UTC))
    ordered = connection.execute(rows.order_by(MLDR.c.created_at, MLDR.c.id))
    return {text_of(artist): float(rate) for artist, rate in ordered}


def _tracks(
    database: Database, connection: Connection, rates: Mapping[str, float], until: date, today: date
) -> tuple[Tracks, NDArray[np.float64]]:
    """All tracks, in one pass over the table, and the last day up to `until` with a count of each; NaN without any."""
    track, day = TRAINING.c.cm_track_id, database.day(TRAINING.c.date)
    counted = (TRAINING.c.date < until + timedelta(days=1)) & TRAINING.c.daily_streams.is_not(None)
    listed = select(
        track,
        func.min(TRAINING.c.cm_artist_id),
        func.count(),
        func.max(TRAINING.c.id),
        func.min(day - TRAINING.c.days_from_release, type_=Float),
        func.max(case((counted, day))),
        func.max(day),
    )
    rows = connection.execute(listed.where(track.is_not(None)).group_by(track).order_by(track)).all()
    columns = zip(*rows, strict=True) if rows else [()] * len(listed.selected_columns)
    keys, artist_keys, counts, newest, releases, last_days, ends = map(_objects, columns)
    artist_ids = _objects([None if key is None else text_of(key) for key in artist_keys])
    tracks = Tracks(
        keys=keys,
        ids=_objects([text_of(key) for key in keys]),
        artist_ids=artist_ids,
        artists=_numbered(artist_ids),
        mldr=np.array([rates.get(artist, np.nan) for artist in artist_ids], dtype=np.float64),
        rows=counts.astype(np.int64),
        newest_ids=newest,
        release_days=_or_nan(releases),
        places=np.arange(len(keys)),
    )
    # A track with counts from days that have not been is bad, and does not decide what as_of is.
    return tracks, np.where(_or_nan(ends) > day_of(today), np.nan, _or_nan(last_days))


def _objects(values: Any) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _or_nan(days: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.array([np.nan if day is None else float(day) for day in days], dtype=np.float64)


def _numbered(artists: NDArray[np.object_]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    found = [NO_ARTIST if artist is None else numbers.setdefault(artist, len(numbers)) for artist in artists]
    return np.array(found, dtype=np.int64)
