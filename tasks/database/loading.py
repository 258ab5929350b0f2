"""Filling a database from datasets, for whoever has no streams there yet."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Text, cast, select

from features.catalogue import CatalogueSettings
from refrain.datasets import ARTIST_LISTENERS, DAILY_STREAMS, TRACKS
from refrain.errors import InputError
from refrain.settings import Frozen
from tasks.database.catalogue import text_of
from tasks.database.database import Database
from tasks.database.tables import MLDR, TRAINING
from tasks.forecasting.histories import day_of
from tasks.forecasting.track_facts import TrackFacts


class Loaded(Frozen):
    """What was written."""

    rows: int
    """Training rows added."""
    there: int
    """Training rows of the datasets that the table had already; they stay as they are."""
    tracks: int
    """Tracks in the datasets."""
    rates: int
    """Artists' decay rates added."""


def load_datasets(database: Database, files: Mapping[str, Path], settings: CatalogueSettings) -> Loaded:
    """Add what the table of training rows lacks of daily_streams, and decay rates that are new, in one transaction.

    `files`: dataset -> its canonical CSV; tracks and artist_listeners may be absent. `settings`: how long an artist's
    listeners are looked at. A count of several days is shared out evenly over them, whole streams to each. Raises
    InputError where there are no daily_streams, DatabaseError.
    """
    counted = _streams(files[DAILY_STREAMS.name])
    tracks = _tracks(files, counted, settings)
    streams, rates = _training_rows(counted, tracks), _rates(tracks)
    written_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    with database.writing() as connection:
        track, day = cast(TRAINING.c.cm_track_id, Text), database.day(TRAINING.c.date)
        known = pl.from_arrow(database.columns(select(track.label("cm_track_id"), day.label("day"))))
        assert isinstance(known, pl.DataFrame)
        new = streams.join(
            known.select(pl.col("cm_track_id").cast(pl.String), pl.col("day").cast(pl.Int32)),
            on=["cm_track_id", "day"],
            how="anti",
            maintain_order="left",
        )
        told = connection.execute(select(MLDR.c.cm_artist_id, MLDR.c.mldr).order_by(MLDR.c.created_at, MLDR.c.id))
        newest = {text_of(artist): rate for artist, rate in told}
        differ = [newest.get(artist) != rate for artist, rate in rates.iter_rows()]
        new_rates = rates.filter(pl.Series(differ, dtype=pl.Boolean))
        for table, rows in ((TRAINING, new.drop("day")), (MLDR, new_rates)):
            if len(rows):
                database.append(connection, table.name, rows.with_columns(pl.lit(written_at).alias("created_at")))
    return Loaded(
        rows=len(new), there=len(streams) - len(new), tracks=streams["cm_track_id"].n_unique(), rates=len(new_rates)
    )


def _streams(path: Path) -> pl.DataFrame:
    """track_id, date, streams: a row a day."""
    if not path.is_file():
        raise InputError(
            f"There are no daily streams to load ({path}).",
            hint="Fill that dataset with `refrain import` or `refrain simulate` first.",
        )
    dtypes = {"track_id": pl.String, "date": pl.Date, "streams": pl.Int64, "days": pl.Int64}
    streams = pl.read_csv(path, schema_overrides=dtypes)
    return _daily(streams) if "days" in streams.columns else streams.select("track_id", "date", "streams")


def _tracks(files: Mapping[str, Path], streams: pl.DataFrame, settings: CatalogueSettings) -> pl.DataFrame:
    """track_id, artist_id, released (days since 1970-01-01), mldr: as known on the last day with streams."""
    ids = streams["track_id"].unique().sort()
    path = files.get(TRACKS.name)
    last = streams["date"].max()
    assert isinstance(last, date)
    if path is None or not path.is_file():
        unknown = (("artist_id", pl.String), ("released", pl.Int32), ("mldr", pl.Float64))
        return pl.DataFrame(ids).with_columns(pl.lit(None, dtype).alias(name) for name, dtype in unknown)
    listeners = files.get(ARTIST_LISTENERS.name)
    there = listeners if listeners is not None and listeners.is_file() else None
    released, _, mldr = TrackFacts(path, there, day_of(last), settings).of(ids.to_numpy())
    artists = pl.read_csv(path, columns=["track_id", "artist_id"], infer_schema=False).unique("track_id", keep="first")
    facts = pl.DataFrame({"track_id": ids, "released": released, "mldr": mldr}).fill_nan(None)
    return facts.with_columns(pl.col("released").cast(pl.Int32)).join(artists, on="track_id", how="left")


def _training_rows(streams: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """cm_track_id, cm_artist_id, date (text), daily_streams, days_from_release, and the day since 1970-01-01."""
    day = pl.col("date").cast(pl.Int32)
    return streams.join(tracks, on="track_id", how="left", maintain_order="left").select(
        pl.col("track_id").alias("cm_track_id"),
        pl.col("artist_id").alias("cm_artist_id"),
        pl.col("date").cast(pl.String),
        pl.col("streams").alias("daily_streams"),
        (day - pl.col("released")).alias("days_from_release"),
        day.alias("day"),
    )


def _rates(tracks: pl.DataFrame) -> pl.DataFrame:
    """cm_artist_id, mldr of the artists with a rate."""
    rates = tracks.select(pl.col("artist_id").alias("cm_artist_id"), "mldr").drop_nulls()
    return rates.unique("cm_artist_id", keep="first").sort("cm_artist_id")


def _daily(streams: pl.DataFrame) -> pl.DataFrame:
    """A row a day: the counts of the days that one row covers add up to its count."""
    days = pl.col("days").fill_null(1)
    back = pl.col("back")
    return (
        streams.with_columns(pl.int_ranges(days).alias("back"), days.alias("days"))
        .explode("back")
        .select(
            "track_id",
            (pl.col("date") - pl.duration(days=back)).alias("date"),
            (pl.col("streams") // pl.col("days") + (back < pl.col("streams") % pl.col("days"))).alias("streams"),
        )
    )
