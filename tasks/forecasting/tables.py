"""Forecasts as tables: a row for each month of each track, or a row for each track."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.intervals import ANSWER
from tasks.forecasting.forecaster import Forecasts

TRACK_ID = "track_id"
MONTH = "month"
SEGMENT = "segment"
TOTAL = "total"


def long_table(forecasts: Forecasts) -> pa.Table:
    """A row for each track and month: track_id, month (1, 2, ...), ANSWER, and the segment where the model knows it.

    Streams are written with the seven digits of single precision: more than any forecast has.
    """
    tracks, months = len(forecasts), forecasts.months
    columns: dict[str, Any] = {
        TRACK_ID: pa.DictionaryArray.from_arrays(
            np.repeat(np.arange(tracks, dtype=np.int32), months), pa.array(forecasts.track_ids, pa.string())
        ),
        MONTH: np.tile(np.arange(1, months + 1, dtype=np.int16), tracks),
    }
    for number, name in enumerate(ANSWER):
        columns[name] = _single(forecasts.values[:, :, number]).ravel()
    if forecasts.segments is not None:
        columns[SEGMENT] = forecasts.segments.ravel()
    return _table(columns)


def totals_table(forecasts: Forecasts) -> pa.Table:
    """A row for each track: track_id, months, and ANSWER of the sum of all months."""
    columns: dict[str, Any] = {
        TRACK_ID: pa.array(forecasts.track_ids, pa.string()),
        "months": np.full(len(forecasts), forecasts.months, dtype=np.int16),
    }
    return _table(columns | {name: _single(forecasts.totals[:, number]) for number, name in enumerate(ANSWER)})


def wide_table(forecasts: Forecasts) -> pa.Table:
    """A row for each track: track_id, total with its bounds (total_low_80, ...), and month_1, month_2, ..."""
    columns: dict[str, Any] = {TRACK_ID: pa.array(forecasts.track_ids, pa.string())}
    for number, name in enumerate(ANSWER):
        columns[TOTAL if number == 0 else f"{TOTAL}_{name}"] = _single(forecasts.totals[:, number])
    for month in range(1, forecasts.months + 1):
        columns[f"{MONTH}_{month}"] = _single(forecasts.values[:, month - 1, 0])
    return _table(columns)


def _table(columns: dict[str, Any]) -> pa.Table:
    """A table of columns without missing values, which is said: looking for them is much of the time of writing."""
    arrays = [pa.array(column) for column in columns.values()]
    fields = [pa.field(name, array.type, nullable=False) for name, array in zip(columns, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, dtype=np.float32)
