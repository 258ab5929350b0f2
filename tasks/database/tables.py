"""The tables of a forecast database, as the migrations leave them.

A database may have had them before, with other types (ids that are integers, forecasts rounded to whole streams): what
is read and written then follows the types that are there.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Integer, MetaData, Table, Text, func

metadata = MetaData()

# SQLite numbers rows by itself only where the key is called INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")


def _created_at() -> Column[Any]:
    return Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False)


TRAINING = Table(
    "backtest_track_daily_training_data",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("cm_track_id", Text, nullable=False),
    Column("cm_artist_id", Text),
    Column("date", Date, nullable=False),
    Column("daily_streams", BigInteger, nullable=False),
    Column("days_from_release", Integer),
    _created_at(),
)
"""Streams of a track on a day."""

MLDR = Table(
    "backtest_artist_mldr",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("cm_artist_id", Text, nullable=False),
    Column("mldr", Double),
    _created_at(),
    Column("backtest_artist_daily_training_data_id", BigInteger),
)
"""Monthly-listener decay rates of artists: the newest row of an artist counts."""

FORECAST = Table(
    "backtest_track_streams_forecast",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("month", Integer, nullable=False),
    Column("forecasted_value", Double, nullable=False),
    Column("segment_used", Integer),
    Column("time_used", Integer),
    Column("cm_track_id", Text, nullable=False),
    Column("cm_artist_id", Text),
    Column("training_data_id", BigInteger),
    _created_at(),
    # From here on what the second migration adds.
    Column("low_80", Double),
    Column("high_80", Double),
    Column("low_95", Double),
    Column("high_95", Double),
    Column("model", Text),
    Column("model_version", Integer),
    Column("as_of", Date),
)
"""Streams expected of a track in each month after `as_of`: month 1 begins on the day after it.

`segment_used`: the segment of its life that the track is in, as the model numbers them; `time_used`: its age in that
month, in 30-day months; `training_data_id`: the newest training row that was there.
"""
