"""Writing forecasts: a batch of tracks in one transaction, so that each track has all of its months or none."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Text, cast, delete, select
from sqlalchemy.types import Integer, TypeEngine

from refrain.track_months import AGE
from tasks.database.catalogue import Tracks, text_of
from tasks.database.database import Database
from tasks.database.tables import FORECAST
from tasks.forecasting.forecaster import Forecasts

_DAYS_IN_A_MONTH = 30
_BOUNDS = ("low_80", "high_80", "low_95", "high_95")


@dataclass(frozen=True)
class Signature:
    """What a forecast says about where it came from."""

    model: str
    version: int | None


class ForecastTable:
    """The forecast table of a database."""

    def __init__(self, database: Database, signature: Signature) -> None:
        """Asks which types the table's columns have. Raises DatabaseError."""
        self.database = database
        self.signature = signature
        with database.reading() as connection:
            self._types = database.column_types(connection, FORECAST.name)

    def write(self, forecasts: Forecasts, tracks: Tracks, *, replace: bool) -> int:
        """Write the forecasts of a batch in one transaction, and return of how many tracks they were.

        A track that has a forecast by now (another run may have come first) is left alone, or its forecast replaced.
        `tracks`: among them all that were forecast. Raises DatabaseError; nothing is then written.
        """
        place = {track: number for number, track in enumerate(tracks.ids)}
        batch = tracks.only(np.array([place[track] for track in forecasts.track_ids], dtype=np.int64))
        if not len(batch):
            return 0
        with self.database.writing() as connection:
            wanted = np.ones(len(batch), dtype=np.bool_)
            if replace:
                connection.execute(delete(FORECAST).where(self._is_one_of(batch.ids)))
            else:
                has_forecast = self._with_forecast(connection, batch.ids)
                wanted = np.array([track not in has_forecast for track in batch.ids], dtype=np.bool_)
            if wanted.any():
                self.database.append(connection, FORECAST.name, self._rows(forecasts, batch, wanted))
        return int(wanted.sum())

    def _with_forecast(self, connection: Connection, ids: NDArray[np.object_]) -> set[str]:
        key = FORECAST.c.cm_track_id
        return {
            text_of(found) for found in connection.execute(select(key).distinct().where(self._is_one_of(ids))).scalars()
        }

    def _is_one_of(self, ids: NDArray[np.object_]) -> ColumnElement[bool]:
        key = FORECAST.c.cm_track_id
        kind = self._types[key.name]
        if isinstance(kind, Integer):
            return cast(key, kind).in_([int(track) for track in ids])
        return cast(key, Text).in_(list(ids))

    def _rows(self, forecasts: Forecasts, tracks: Tracks, wanted: NDArray[np.bool_]) -> pl.DataFrame:
        months, count = forecasts.months, int(wanted.sum())
        values = forecasts.values[wanted].reshape(count * months, -1)
        ahead = np.tile(np.arange(1, months + 1), count)
        age = np.repeat(forecasts.columns[AGE].to_numpy()[wanted], months)
        segments = None if forecasts.segments is None else forecasts.segments[wanted].ravel()
        written_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"

        def each(of_tracks: NDArray[Any]) -> list[Any]:
            return [value for value in of_tracks[wanted] for _ in range(months)]

        return pl.DataFrame(
            {
                "month": ahead,
                "forecasted_value": self._as_stored("forecasted_value", values[:, 0]),
                "segment_used": pl.Series([None] * len(ahead) if segments is None else segments, dtype=pl.Int8),
                "time_used": pl.Series(age // _DAYS_IN_A_MONTH + ahead, nan_to_null=True).cast(pl.Int64),
                "cm_track_id": each(tracks.ids),
                "cm_artist_id": pl.Series(each(tracks.artist_ids), dtype=pl.String),
                "training_data_id": each(tracks.newest_ids),
                "created_at": [written_at] * len(ahead),
                **{name: self._as_stored(name, values[:, 1 + number]) for number, name in enumerate(_BOUNDS)},
                "model": [self.signature.model] * len(ahead),
                "model_version": pl.Series([self.signature.version] * len(ahead), dtype=pl.Int64),
                "as_of": [forecasts.as_of.isoformat()] * len(ahead),
            }
        )

    def _as_stored(self, column: str, amounts: NDArray[np.float64]) -> NDArray[Any]:
        """Whole streams where the column holds whole numbers."""
        kind: TypeEngine[Any] = self._types[column]
        return np.rint(amounts).astype(np.int64) if isinstance(kind, Integer) else amounts
