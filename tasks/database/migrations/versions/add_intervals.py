"""A place for the intervals of a forecast and what made it, and indexes to find a track by."""

from alembic import op
from sqlalchemy import Column, Date, Double, Integer, Text, text

from tasks.database.migrations.found import column_names, connection, has_index_on

revision = "0002"
down_revision = "0001"

_FORECAST = "backtest_track_streams_forecast"
_TRAINING = "backtest_track_daily_training_data"
_TWICE = text(f"SELECT 1 FROM {_FORECAST} GROUP BY cm_track_id, month HAVING count(*) > 1 LIMIT 1")  # noqa: S608


def upgrade() -> None:
    """Add columns that may stay empty, so that whoever wrote into the table before still can."""
    there = column_names(_FORECAST)
    for column in (
        Column("low_80", Double),
        Column("high_80", Double),
        Column("low_95", Double),
        Column("high_95", Double),
        Column("model", Text),
        Column("model_version", Integer),
        Column("as_of", Date),
    ):
        if column.name not in there:
            op.add_column(_FORECAST, column)
    # A table that was there before may hold several forecasts of a month, which are not ours to remove.
    unique = connection().execute(_TWICE).first() is None
    op.create_index("refrain_forecast_of_track", _FORECAST, ["cm_track_id", "month"], unique=unique)
    if not has_index_on(_TRAINING, "cm_track_id"):
        op.create_index("refrain_training_of_track", _TRAINING, ["cm_track_id", "date"])
