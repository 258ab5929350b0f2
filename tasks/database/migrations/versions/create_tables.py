"""The three tables, where they are not there yet."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Integer, Text, func
from sqlalchemy.schema import SchemaItem

from tasks.database.migrations.found import has_table

revision = "0001"
down_revision = None

_KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Create what is missing; a table that is there must have the columns that are read and written."""
    _create(
        "backtest_track_daily_training_data",
        Column("id", _KEY, primary_key=True),
        Column("cm_track_id", Text, nullable=False),
        Column("cm_artist_id", Text),
        Column("date", Date, nullable=False),
        Column("daily_streams", BigInteger, nullable=False),
        Column("days_from_release", Integer),
        _created_at(),
    )
    _create(
        "backtest_artist_mldr",
        Column("id", _KEY, primary_key=True),
        Column("cm_artist_id", Text, nullable=False),
        Column("mldr", Double),
        _created_at(),
        Column("backtest_artist_daily_training_data_id", BigInteger),
    )
    _create(
        "backtest_track_streams_forecast",
        Column("id", _KEY, primary_key=True),
        Column("month", Integer, nullable=False),
        Column("forecasted_value", Double, nullable=False),
        Column("segment_used", Integer),
        Column("time_used", Integer),
        Column("cm_track_id", Text, nullable=False),
        Column("cm_artist_id", Text),
        Column("training_data_id", BigInteger),
        _created_at(),
    )


def _create(name: str, *columns: Column[Any]) -> None:
    if not has_table(name, [column.name for column in columns]):
        items: tuple[SchemaItem, ...] = columns
        op.create_table(name, *items)


def _created_at() -> Column[Any]:
    return Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False)
