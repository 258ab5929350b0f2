"""What a catalogue's other files tell of its tracks: when they were released, whose they are, how the artist fares."""

from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from features.catalogue import CatalogueSettings
from features.listener_decay import listener_decay
from features.lives import releases_of
from features.origins import AS_OF_DAY, ORIGIN_MONTH, WHOLE_MONTH
from refrain.errors import InputError
from refrain.track_months import MLDR
from tasks.forecasting.histories import NO_ARTIST, Histories, date_of, histories

Numbers = NDArray[np.float64]
_TRACKS = ("track_id", "artist_id", "release_date")
_LISTENERS = ("artist_id", "date", "monthly_listeners")
_TO_EPOCH = -719_163
"""From ordinals (features/calendar.py) to days since 1970-01-01."""


class TrackFacts:
    """Release day, artist and MLDR of tracks by their ids, as far as they were known at as_of.

    A track's release, and with it whose the track is, is known from its release date on (features/lives.py).
    """

    def __init__(
        self, tracks: Path | None, artist_listeners: Path | None, as_of: int, settings: CatalogueSettings
    ) -> None:
        """`tracks`, `artist_listeners`: files of these datasets, .csv or .parquet, where there are any.

        Raises InputError if one cannot be read as that.
        """
        known = _releases(tracks, as_of) if tracks else _NO_RELEASES
        self._ids = np.array(known["track_id"].to_list(), dtype=object)
        self._places = pd.Index(self._ids, dtype=object)
        self._released = known["latest"].to_numpy().astype(np.float64) + _TO_EPOCH
        artists, codes = np.unique(known["artist_id"].to_numpy().astype(str), return_inverse=True)
        self._artists = codes.astype(np.int64)
        rates = _rates(artist_listeners, as_of, settings) if artist_listeners else {}
        self._mldr = np.array([rates.get(artist, np.nan) for artist in artists], dtype=np.float64)[codes]
        self._asked = np.zeros(len(self._ids), dtype=np.bool_)
        self._new = self._released > as_of - settings.new_days

    def of(self, track_ids: NDArray[np.object_]) -> tuple[Numbers, NDArray[np.int64], Numbers]:
        """(release days, artists, MLDR) of tracks, each of shape (n,), as Histories has them."""
        place = self._places.get_indexer(pd.Index(track_ids, dtype=object))
        found = place >= 0
        self._asked[place[found]] = True
        released, mldr = np.full(len(place), np.nan), np.full(len(place), np.nan)
        artists = np.full(len(place), NO_ARTIST, dtype=np.int64)
        released[found] = self._released[place[found]]
        artists[found] = self._artists[place[found]]
        mldr[found] = self._mldr[place[found]]
        return released, artists, mldr

    def uncounted(self) -> Histories:
        """The tracks that were released in the last `new_days` and never asked for: new ones without any count."""
        new = self._new & ~self._asked
        return histories(
            self._ids[new],
            np.zeros(int(new.sum()) + 1, dtype=np.int64),
            np.zeros(0, dtype=np.int32),
            np.zeros(0, dtype=np.int64),
            release_days=self._released[new],
            mldr=self._mldr[new],
            artists=self._artists[new],
        )


_NO_RELEASES = pl.DataFrame(schema={"track_id": pl.String, "artist_id": pl.String, "latest": pl.Int64})


def _releases(path: Path, as_of: int) -> pl.DataFrame:
    """track_id, artist_id, latest: the tracks that are out at `as_of`, once each, ordered by their ids."""
    releases = releases_of(nw.from_native(_rows(path, _TRACKS, ("release_precision",)))).to_native()
    out = releases.filter(pl.col("written") <= as_of - _TO_EPOCH, pl.col("artist_id").is_not_null())
    return out.unique("track_id", keep="any").sort("track_id").collect(engine="streaming")


def _rates(path: Path, as_of: int, settings: CatalogueSettings) -> dict[str, float]:
    """Artist -> MLDR."""
    day, tomorrow = date_of(as_of), date_of(as_of + 1)
    listeners = _rows(path, _LISTENERS).filter(pl.col("date") <= day).drop_nulls()
    # As features.origins.origins_of has it.
    origin = {
        AS_OF_DAY: as_of - _TO_EPOCH,
        ORIGIN_MONTH: day.year * 12 + day.month - 1,
        WHOLE_MONTH: tomorrow.year * 12 + tomorrow.month - 2,
    }
    origins = pl.LazyFrame(origin, schema=dict.fromkeys(origin, pl.Int64))
    rates = listener_decay(nw.from_native(listeners), nw.from_native(origins), settings.listener_months)
    found = rates.to_native().collect()
    return dict(zip(found["artist_id"], found[MLDR], strict=True))


def _rows(path: Path, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> pl.LazyFrame:
    """The columns `names` of a dataset's file, and those of `optional` that it has; null for a cell that is no date."""
    try:
        rows = pl.scan_csv(path, infer_schema=False) if path.suffix.lower() == ".csv" else pl.scan_parquet(path)
        there = rows.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from None
    for name in names:
        if name not in there:
            raise InputError(f"{path} has no column {name!r}.", hint=f"It is to have {', '.join(names)}.")
    types: dict[str, type[pl.DataType]] = {"monthly_listeners": pl.Int64}
    typed = [
        pl.col(name).str.to_date("%Y-%m-%d", strict=False)
        if name in ("date", "release_date") and there[name] == pl.String
        else pl.col(name).cast(
            pl.Date if name in ("date", "release_date") else types.get(name, pl.String), strict=False
        )
        for name in (*names, *(name for name in optional if name in there))
    ]
    return rows.select(typed)
