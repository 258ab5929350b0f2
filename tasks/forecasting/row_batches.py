"""Rows of daily_streams as they lie in a file, decoded a batch at a time: Parquet and CSV, with bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv, parquet

from refrain.datasets import DAILY_STREAMS
from refrain.errors import InputError

_ROWS = 1 << 20
_BLOCK_BYTES = 1 << 24
_TYPES = {"date": pa.date32(), "streams": pa.int64(), "days": pa.int64(), "cutoff": pa.int64()}
_NO_DAY = 0
NAMES = tuple(column.name for column in DAILY_STREAMS.columns)


class NotPlainError(Exception):
    """A file's cells are not all of the types of daily_streams, or its rows not in order: read it the careful way."""


@dataclass(frozen=True)
class RowBatch:
    """Consecutive rows of a file: r runs of rows of one track, m rows in all."""

    track_ids: NDArray[np.object_]
    """Shape (r,): the track of each run, "" where the file names none."""
    starts: NDArray[np.int64]
    """Shape (r,): where each run starts."""
    days: NDArray[np.int32]
    """Shape (m,): days since 1970-01-01."""
    counts: NDArray[np.int64] | NDArray[np.float64]
    """Shape (m,); NaN where a count or a date is missing."""
    covered: NDArray[np.int32] | None
    cutoffs: NDArray[np.float64] | None


def row_batches(path: Path) -> Iterator[RowBatch]:
    """The rows of a Parquet or CSV file with the columns of daily_streams, in the order in which they lie.

    Raises InputError if the file cannot be read as that, NotPlainError (perhaps after some batches) if single cells
    cannot.
    """
    batches = _from_csv(path) if path.suffix.lower() == ".csv" else _from_parquet(path)
    for batch in batches:
        if len(batch):
            yield _decoded(batch)


def column_names(path: Path) -> list[str]:
    """Which columns of daily_streams the file has. Raises InputError if it lacks one that it must have."""
    try:
        if path.suffix.lower() == ".csv":
            with csv.open_csv(path, read_options=csv.ReadOptions(block_size=_BLOCK_BYTES)) as reader:
                there = reader.schema.names
        else:
            there = parquet.read_schema(path).names
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="It is to be a .csv or a .parquet file.") from None
    for name in DAILY_STREAMS.required:
        if name not in there:
            raise InputError(
                f"{path} has no column {name!r}.", hint=f"daily_streams has {', '.join(DAILY_STREAMS.required)}."
            )
    return [name for name in NAMES if name in there]


def _from_parquet(path: Path) -> Iterator[Any]:
    names = column_names(path)
    try:
        # Buffered ahead, what was read of the file is held until its end.
        with parquet.ParquetFile(path, read_dictionary=["track_id"], pre_buffer=False) as file:
            yield from file.iter_batches(batch_size=_ROWS, columns=names)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path} is damaged: {error}.") from None


def _from_csv(path: Path) -> Iterator[Any]:
    names = column_names(path)
    options = csv.ConvertOptions(
        column_types={"track_id": pa.string()} | {name: _TYPES[name] for name in names if name in _TYPES},
        include_columns=names,
        null_values=[""],
        strings_can_be_null=True,
    )
    try:
        with csv.open_csv(
            path, read_options=csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False), convert_options=options
        ) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        raise NotPlainError(str(error)) from None


def _decoded(batch: Any) -> RowBatch:
    names = batch.schema.names
    track_ids, starts = _runs(batch.column("track_id"))
    dates = _cast(batch.column("date"), pa.date32())
    counts = _numbers(batch.column("streams"))
    if dates.null_count:
        counts = np.where(dates.is_null().to_numpy(zero_copy_only=False), np.nan, counts)
        dates = dates.fill_null(_date(_NO_DAY))
    covered = _cast(batch.column("days"), pa.int32()).fill_null(1).to_numpy() if "days" in names else None
    return RowBatch(
        track_ids=track_ids,
        starts=starts,
        days=dates.view(pa.int32()).to_numpy(),
        counts=counts,
        covered=covered,
        cutoffs=_numbers(batch.column("cutoff")).astype(np.float64) if "cutoff" in names else None,
    )


def _date(day: int) -> Any:
    return pa.scalar(day, pa.int32()).cast(pa.date32())


def _runs(column: Any) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Ids of the runs of equal ids, and where each starts."""
    if pa.types.is_dictionary(column.type):
        codes = (column.indices.fill_null(-1) if column.null_count else column.indices).to_numpy()
        changes = codes[1:] != codes[:-1]
    else:
        column = column.fill_null("")
        changes = pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    starts = np.append(0, np.flatnonzero(changes) + 1)
    ids = column.take(pa.array(starts)).cast(pa.string()).fill_null("")
    return np.array(ids.to_pylist(), dtype=object), starts


def _numbers(column: Any) -> NDArray[np.int64] | NDArray[np.float64]:
    whole = pa.types.is_integer(column.type)
    return _cast(column, pa.int64() if whole else pa.float64()).to_numpy(zero_copy_only=False)


def _cast(column: Any, into: Any) -> Any:
    try:
        return column if column.type == into else column.cast(into)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise NotPlainError(str(error)) from None
