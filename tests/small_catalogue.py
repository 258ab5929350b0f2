"""A small catalogue in a database, and a model that needs no learning."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import MetaData, Table, insert, text

import refrain  # noqa: F401  (before NumPy)
from refrain.track_months import ARTIST_LEVEL, S30
from tasks.database.address import address_of
from tasks.database.database import Database
from tasks.database.forecasting import ForecastReport, Options, forecast_catalogue
from tasks.database.opening import database_at
from tasks.database.schema import prepare
from tasks.database.tables import MLDR, TRAINING
from tasks.forecasting.forecaster import Forecaster

LAST = date(2024, 2, 29)
TODAY = date(2024, 3, 2)
_WIDTHS = np.array([1.0, 0.9, 1.1, 0.8, 1.3])


class StandIn:
    """The last 30 days, falling by a thirtieth a month from the artist's level on where there is one."""

    estimator: Any = None

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def curves(self, tracks, months):
        time.sleep(self.seconds)
        level = np.nan_to_num(tracks[S30].to_numpy()) + np.nan_to_num(tracks[ARTIST_LEVEL].to_numpy()) / 100
        path = level[:, None] * np.exp(-np.arange(1, months + 1) / 30)
        return path[:, :, None] * _WIDTHS

    def totals(self, tracks, months, curves=None):
        return self.curves(tracks, months).sum(axis=1) if curves is None else curves.sum(axis=1)


def forecaster(seconds: float = 0.0) -> Forecaster:
    return Forecaster(StandIn(seconds), name="stand-in", version=7)


def opened(address: str) -> Database:
    """The database at an address, with its tables."""
    database = database_at(address_of(address))
    prepare(database)
    return database


def rows_of(
    track: str, days: int = 120, *, artist: str | None = "a1", level: int = 1000, last: date = LAST
) -> list[dict]:
    """Training rows of one track: `days` days up to `last`, since its release, going up and down with the week."""
    first = last - timedelta(days=days - 1)
    return [
        {
            "cm_track_id": track,
            "cm_artist_id": artist,
            "date": first + timedelta(days=day),
            "daily_streams": level + 10 * ((first + timedelta(days=day)).weekday() % 5),
            "days_from_release": day,
        }
        for day in range(days)
    ]


def fill(database: Database, rows: Sequence[dict], rates: dict[Any, float] | None = None) -> None:
    """Write training rows and artists' rates, in the types that the tables have."""
    written = datetime(2024, 2, 1, tzinfo=UTC)
    with database.writing() as connection:
        training, mldr = (Table(table.name, MetaData(), autoload_with=connection) for table in (TRAINING, MLDR))
        connection.execute(insert(training), [{"created_at": written, **row} for row in rows])
        for artist, rate in (rates or {}).items():
            connection.execute(insert(mldr).values(cm_artist_id=artist, mldr=rate, created_at=written))


def tracks(count: int) -> list[dict]:
    """Rows of `count` tracks t000, t001 ... of ten artists."""
    return [row for n in range(count) for row in rows_of(f"t{n:03}", artist=f"a{n % 10}", level=1000 + 7 * n)]


def run(database: Database, **options: Any) -> ForecastReport:
    return forecast_catalogue(database, forecaster(), Options(**options), TODAY)


def stored(database: Database, columns: str = "cm_track_id, month, forecasted_value, low_80, high_95") -> list[tuple]:
    """The forecast table's rows, sorted."""
    with database.reading() as connection:
        query = f"SELECT {columns} FROM backtest_track_streams_forecast"
        return sorted(tuple(row) for row in connection.execute(text(query)))


def run_with_pauses(address: str) -> None:
    """A run that can be killed on its way."""
    forecast_catalogue(opened(address), forecaster(seconds=0.05), Options(batch=3, workers=2, months=6), TODAY)
