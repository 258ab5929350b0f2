"""What a catalogue's other files tell of its tracks: when they were released, whose they are, how the artist fares."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from refrain.errors import InputError
from tasks.forecasting.histories import NO_ARTIST

Numbers = NDArray[np.float64]


class TrackFacts:
    """Release day, artist and MLDR of tracks by their ids."""

    def __init__(self, tracks: Path | None, artist_listeners: Path | None, as_of: int) -> None:
        """`tracks`, `artist_listeners`: files of these datasets, .csv or .parquet, where there are any."""
        known = _read(tracks, ["track_id", "artist_id", "release_date"]) if tracks else None
        self._places: pd.Index | None = None
        if known is None:
            return
        known = known.unique("track_id", keep="first", maintain_order=True)
        self._places = pd.Index(known["track_id"].to_list(), dtype=object)
        self._released = known["release_date"].cast(pl.Int32).cast(pl.Float64).fill_null(np.nan).to_numpy()
        artists, codes = np.unique(known["artist_id"].fill_null("").to_numpy().astype(str), return_inverse=True)
        self._artists = np.where(artists[codes] == "", NO_ARTIST, codes).astype(np.int64)
        self._mldr = np.full(len(known), np.nan)

    def of(self, track_ids: NDArray[np.object_]) -> tuple[Numbers, NDArray[np.int64], Numbers]:
        """(release days, artists, MLDR) of tracks, each of shape (n,), as Histories has them."""
        unknown = np.full(len(track_ids), np.nan)
        if self._places is None:
            return unknown, np.full(len(track_ids), NO_ARTIST, dtype=np.int64), unknown
        place = self._places.get_indexer(pd.Index(track_ids, dtype=object))
        found = place >= 0
        return (
            np.where(found, self._released[place], np.nan),
            np.where(found, self._artists[place], NO_ARTIST),
            np.where(found, self._mldr[place], np.nan),
        )


def _read(path: Path, names: list[str]) -> pl.DataFrame:
    try:
        rows = pl.scan_csv(path, infer_schema=False) if path.suffix.lower() == ".csv" else pl.scan_parquet(path)
        there = rows.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from None
    for name in names:
        if name not in there:
            raise InputError(f"{path} has no column {name!r}.", hint=f"It is to have {', '.join(names)}.")
    dates = [
        pl.col(name).str.to_date("%Y-%m-%d", strict=False) if there[name] == pl.String else pl.col(name).cast(pl.Date)
        for name in names
        if name in ("date", "release_date")
    ]
    return rows.select(names).with_columns(dates).collect(engine="streaming")
