"""Filling a database from datasets, for whoever has no streams there yet."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
from sqlalchemy import Text, cast, select

from features.listener_decay import listener_decay
from features.origins import AS_OF_DAY, ORIGIN_MONTH
from refrain.datasets import ARTIST_LISTENERS, DAILY_STREAMS, TRACKS
from refrain.errors import InputError
from refrain.settings import Frozen
from refrain.track_months import MLDR as RATE
from tasks.database.catalogue import text_of
from tasks.database.database import Database
from tasks.database.tables import MLDR, TRAINING

_MONTHS_OF_LISTENERS = 24
_EPOCH = pl.date(1970, 1, 1)


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


def load_datasets(database: Database, files: Mapping[str, Path]) -> Loaded:
    """Add what the table of training rows lacks of daily_streams, and decay rates that are new, in one transaction.

    `files`: dataset -> its canonical CSV; tracks and artist_listeners may be absent. A count of several days is shared
    out evenly over them, whole streams to each. Raises InputError where there are no daily_streams, DatabaseError.
    """
    streams = _training_rows(files)
    rates = _rates(files, streams["date"].max())
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


def _training_rows(files: Mapping[str, Path]) -> pl.DataFrame:
    """cm_track_id, cm_artist_id, date (text), daily_streams, days_from_release, and the day since 1970-01-01."""
    path = files[DAILY_STREAMS.name]
    if not path.is_file():
        raise InputError(
            f"There are no daily streams to load ({path}).",
            hint="Fill that dataset with `refrain import` or `refrain simulate` first.",
        )
    dtypes = {"track_id": pl.String, "date": pl.Date, "streams": pl.Int64, "days": pl.Int64}
    streams = pl.read_csv(path, schema_overrides=dtypes)
    counted = _daily(streams) if "days" in streams.columns else streams
    columns: dict[str, Any] = {"artist_id": pl.String, "release_date": pl.Date}
    tracks = files.get(TRACKS.name)
    if tracks is not None and tracks.is_file():
        facts = pl.read_csv(tracks, columns=["track_id", *columns], schema_overrides=columns | {"track_id": pl.String})
    else:
        facts = pl.DataFrame(schema={"track_id": pl.String, **columns})
    joined = counted.join(facts.unique("track_id", keep="first"), on="track_id", how="left", maintain_order="left")
    return joined.select(
        pl.col("track_id").alias("cm_track_id"),
        pl.col("artist_id").alias("cm_artist_id"),
        pl.col("date").cast(pl.String),
        pl.col("streams").alias("daily_streams"),
        (pl.col("date") - pl.col("release_date")).dt.total_days().alias("days_from_release"),
        (pl.col("date") - _EPOCH).dt.total_days().cast(pl.Int32).alias("day"),
    )


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


def _rates(files: Mapping[str, Path], last: Any) -> pl.DataFrame:
    """cm_artist_id, mldr: as it is known on the last day with streams."""
    path = files.get(ARTIST_LISTENERS.name)
    if path is None or not path.is_file():
        return pl.DataFrame(schema={"cm_artist_id": pl.String, "mldr": pl.Float64})
    as_of = date.fromisoformat(last)
    listeners = pl.scan_csv(path, schema_overrides={"artist_id": pl.String, "date": pl.Date})
    origin = pl.LazyFrame({AS_OF_DAY: [as_of.toordinal()], ORIGIN_MONTH: [as_of.year * 12 + as_of.month - 1]})
    rates = listener_decay(
        nw.from_native(listeners.filter(pl.col("date") <= as_of)), nw.from_native(origin), _MONTHS_OF_LISTENERS
    )
    found: pl.DataFrame = rates.to_native().collect()
    return found.select(pl.col("artist_id").alias("cm_artist_id"), pl.col(RATE).alias("mldr")).sort("cm_artist_id")
