"""Cells of text turned into a dataset's types, each refusal with its reason."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import polars as pl
from pydantic import AfterValidator

from refrain.datasets import Column, ColumnType, Dataset
from sources.rejects import Reject
from sources.tabular import Batch, Row

Parse = Callable[[pl.Series], pl.Series]
"""Trimmed text (null where missing) -> typed values, null where the text does not parse."""

_KINDS = {
    ColumnType.TEXT: "text",
    ColumnType.DATE: "a date (YYYY-MM-DD)",
    ColumnType.TIMESTAMP: "a time",
    ColumnType.INTEGER: "a whole number",
    ColumnType.NUMBER: "a number",
}


@dataclass(frozen=True)
class CellReader:
    """How one column is read: where it stands in the file, what it is called there, and how its cells parse."""

    name: str
    label: str
    position: int
    required: bool
    parse: Parse
    kind: str
    absent: str = ""
    """Reason for refusing a row without this cell, where "<label> is empty" does not say it."""
    stands_for_missing: Callable[[pl.Series], pl.Series] | None = None
    """Which typed values mean that there is none."""
    counts: bool = False
    """Whether its numbers count something, and so are never negative."""

    @property
    def not_parsed(self) -> str:
        """Reason for refusing a cell that does not parse."""
        return f"{self.label} is not {self.kind}"

    @property
    def negative(self) -> str:
        """Reason for refusing a count below zero."""
        return f"{self.label} is negative"

    @property
    def not_there(self) -> str:
        """Reason for refusing a row in which a required cell is empty."""
        return self.absent or f"{self.label} is empty"


def cell_readers(
    dataset: Dataset, labels: Mapping[str, str], positions: Mapping[str, int], parsers: Mapping[str, Parse]
) -> list[CellReader]:
    """A reader for each of the dataset's columns in `positions`, in the dataset's order.

    `labels` gives the file's names; `parsers` those columns that are read in a way of their own.
    """
    return [
        CellReader(
            name=column.name,
            label=labels[column.name],
            position=positions[column.name],
            required=column.required,
            parse=parsers.get(column.name, default_parse(column)),
            kind=_KINDS[column.type],
        )
        for column in dataset.columns
        if column.name in positions
    ]


def default_parse(column: Column) -> Parse:
    """How a column's cells parse where nothing else is said: as in a canonical file, with spellings that are safe."""
    parsers: dict[ColumnType, Parse] = {
        ColumnType.TEXT: lambda text: text,
        ColumnType.DATE: iso_dates,
        ColumnType.TIMESTAMP: lambda text: text.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False),
        ColumnType.INTEGER: whole_numbers,
        ColumnType.NUMBER: lambda text: text.cast(pl.Float64, strict=False),
    }
    return parsers[column.type]


def iso_dates(text: pl.Series) -> pl.Series:
    """YYYY-MM-DD as dates; anything else, or a day that no calendar has, as null."""
    return dates(text.set(~text.str.contains(r"^\d{4}-\d{2}-\d{2}$").fill_null(False), None), "%Y-%m-%d")


def dates(text: pl.Series, pattern: str) -> pl.Series:
    """Text in strftime's `pattern` as dates, null where it is none or its year does not have four digits."""
    found = text.str.to_date(pattern, strict=False)
    return found.set(~found.dt.year().is_between(1000, 9999).fill_null(False), None)


def _one_mark(text: str) -> str:
    if text not in _MARKS and text != ".":
        raise ValueError("thousands are set apart by one of . , ' or a space")
    return text


Thousands = Annotated[str, AfterValidator(_one_mark)]
"""What stands between the thousands of a number."""
_MARKS = (",", "'", "’", " ", "\u00a0", "\u202f")


def whole_numbers(text: pl.Series, thousands: str | None = None) -> pl.Series:
    """Whole numbers, null where the text is none.

    1,234,567 is one, and so with a space or an apostrophe. A point is not read like that unless `thousands` says so:
    1.234 may also be a fraction.
    """
    marks = _MARKS if thousands is None else (thousands,)
    groups = "|".join(rf"(?:{re.escape(mark)}\d{{3}})+" for mark in marks)
    grouped = text.str.contains(rf"^[+-]?\d{{1,3}}(?:{groups})(?:\.0*)?$").fill_null(False)
    if grouped.any():
        text = text.str.replace_all("|".join(map(re.escape, marks)), "").zip_with(grouped, text)
    # pandas writes whole numbers as 7.0 as soon as one of them is missing.
    return text.str.replace(r"^([+-]?\d+)\.0*$", "$1").cast(pl.Int64, strict=False)


@dataclass(frozen=True)
class Typed:
    """The rows of a batch whose cells all parse, typed, with the `line` each began on; and the rows that do not."""

    frame: pl.DataFrame
    rejects: list[Reject]


def read_cells(batch: Batch, readers: Sequence[CellReader], missing: Sequence[str] = ()) -> Typed:
    """Type a batch's cells. A cell is trimmed, and missing where it is then empty or one of `missing`.

    A row is refused for its first fault, in the order of the readers.
    """
    columns: dict[str, pl.Series] = {"line": pl.Series([row.line for row in batch.rows], dtype=pl.Int64)}
    reason = pl.Series([None] * len(batch.rows), dtype=pl.String)
    for reader in readers:
        raw = pl.Series([row.cells[reader.position] for row in batch.rows], dtype=pl.String)
        text = _trimmed(raw, missing)
        typed = reader.parse(text)
        reason = _first(reason, raw.str.contains("\0", literal=True), f"{reader.label} holds a NUL byte")
        if reader.stands_for_missing is not None:
            text = text.set(reader.stands_for_missing(typed).fill_null(False), None)
        if reader.required:
            reason = _first(reason, text.is_null(), reader.not_there)
        reason = _first(reason, text.is_not_null() & typed.is_null(), reader.not_parsed)
        if reader.counts:
            reason = _first(reason, (typed < 0).fill_null(False), reader.negative)
        columns[reader.name] = typed
    frame = pl.DataFrame(columns)
    refused = reason.is_not_null()
    faults = [_reject(row) for row in batch.torn]
    if refused.any():
        indices = refused.arg_true().to_list()
        reasons = reason.filter(refused).to_list()
        faults += [
            Reject(batch.rows[index].line, why, batch.rows[index].cells)
            for index, why in zip(indices, reasons, strict=True)
        ]
        frame = frame.filter(~refused)
    return Typed(frame, faults)


def _trimmed(raw: pl.Series, missing: Sequence[str]) -> pl.Series:
    text = raw.str.strip_chars()
    return text.set(text.is_in(["", *missing]), None)


def _first(reason: pl.Series, applies: pl.Series, phrase: str) -> pl.Series:
    return reason.set(applies & reason.is_null(), phrase) if applies.any() else reason


def _reject(row: Row) -> Reject:
    return Reject(row.line, row.fault or "", row.cells)
