"""Reading a dataset's canonical file as typed, lazy columns."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from refrain.datasets import Column, ColumnType, Dataset
from refrain.errors import InputError

_DATE_FORMAT = "%Y-%m-%d"
_TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

TYPES: dict[ColumnType, pl.DataType] = {
    ColumnType.TEXT: pl.String(),
    ColumnType.DATE: pl.Date(),
    ColumnType.TIMESTAMP: pl.Datetime("us"),
    ColumnType.INTEGER: pl.Int64(),
    ColumnType.NUMBER: pl.Float64(),
}
"""How each type of column is held. Timestamps are naive and mean UTC: the canonical form knows no other zone, and
naive ones are the same on every engine, whatever its session time zone is."""


def scan_dataset(dataset: Dataset, path: Path) -> pl.LazyFrame:
    """The rows of a canonical CSV (or of a Parquet file with the same columns), typed as TYPES says, unread as yet.

    Columns stand in the dataset's order; optional columns that the file does not have stay absent, and columns that
    the dataset does not have are left out. An empty cell is null. The plan streams: nothing is held that the query does
    not hold.

    Raises InputError where the file is missing or empty, lacks a required column or has one twice. A cell that is not
    of its type raises when the plan is collected; collect inside `naming` to have that as an InputError too.
    """
    present = _columns(dataset, path)
    if path.suffix == ".parquet":
        return pl.scan_parquet(path).select(pl.col(column.name).cast(TYPES[column.type]) for column in present)
    # Every cell is read as text first: what polars would guess depends on the rows it happens to look at.
    raw = pl.scan_csv(path, infer_schema=False, encoding="utf8")
    return raw.select(_typed(column) for column in present)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what polars raises inside the block (a cell of the wrong type, a torn line) into an InputError on `path`."""
    try:
        yield
    except PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{path} is not the canonical file it should be: {reason}.", hint="Import the dataset again."
        ) from None


def _columns(dataset: Dataset, path: Path) -> list[Column]:
    names = _names(path)
    missing = [name for name in dataset.required if name not in names]
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}, which {dataset.name} needs; it has {', '.join(names)}.",
            hint="Import the dataset again.",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path} has the column {', '.join(twice)} more than once.", hint="Import the dataset again.")
    return [column for column in dataset.columns if column.name in names]


def _names(path: Path) -> list[str]:
    try:
        if path.suffix == ".parquet":
            return list(pl.read_parquet_schema(path))
        with path.open(encoding="utf-8", newline="") as stream:
            names = next(csv.reader(stream), [])
    except FileNotFoundError:
        raise InputError(f"There is no {path}.", hint="Import the dataset first.") from None
    except (PolarsError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not readable: {error}.", hint="Import the dataset again.") from None
    if not names:
        raise InputError(f"{path} is empty, without even a header line.", hint="Import the dataset again.")
    return names


def _typed(column: Column) -> pl.Expr:
    cell = pl.col(column.name)
    match column.type:
        case ColumnType.TEXT:
            return cell
        case ColumnType.DATE:
            return cell.str.to_date(_DATE_FORMAT)
        case ColumnType.TIMESTAMP:
            return cell.str.to_datetime(_TIMESTAMP_FORMAT, time_unit="us")
        case _:
            return cell.cast(TYPES[column.type])
