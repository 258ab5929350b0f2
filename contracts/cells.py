"""Text cells of a file as values that can be judged."""

import polars as pl

from refrain.datasets import Column, ColumnType

_DATE = "%Y-%m-%d"
_DATE_LENGTH = len("2024-01-31")
_TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"
_TIMESTAMP_LENGTH = len("2024-01-31T23:59:59Z")
_SECONDS_A_DAY = 86_400


def value(column: Column) -> pl.Expr:
    """The cell as text (null where blank) or as a finite float (null where it is not one).

    Dates become days since 1970-01-01, timestamps days since then with their fraction, exact to the second.
    """
    cell = pl.col(column.name)
    match column.type:
        case ColumnType.TEXT:
            return pl.when(cell.str.strip_chars() != "").then(cell)
        case ColumnType.DATE:
            day = cell.str.to_date(_DATE, strict=False)
            return pl.when(cell.str.len_bytes() == _DATE_LENGTH).then(day.cast(pl.Int32).cast(pl.Float64))
        case ColumnType.TIMESTAMP:
            moment = cell.str.to_datetime(_TIMESTAMP, time_unit="ms", strict=False)
            days = moment.dt.epoch("s").cast(pl.Float64) / _SECONDS_A_DAY
            return pl.when(cell.str.len_bytes() == _TIMESTAMP_LENGTH).then(days)
        case ColumnType.INTEGER:
            return cell.cast(pl.Int64, strict=False).cast(pl.Float64)
        case ColumnType.NUMBER:
            number = cell.cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)


def unreadable(column: Column) -> pl.Expr:
    """The cell where it is there but is not of the column's type, else null. NaN and infinities are numbers here."""
    cell = pl.col(column.name)
    read = cell.cast(pl.Float64, strict=False) if column.type is ColumnType.NUMBER else value(column)
    return pl.when(read.is_null()).then(cell)


def not_finite(column: Column) -> pl.Expr:
    """The cell where it says NaN or infinity, else null."""
    cell = pl.col(column.name)
    return pl.when(~cell.cast(pl.Float64, strict=False).is_finite()).then(cell)
