"""What a sheet is: a table with a name, whose columns say what they mean."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

from tasks.champions.loaded import ServedModel
from tasks.sheets.faults import NotYetError

if TYPE_CHECKING:
    from tasks.sheets.material import Material

Part = Mapping[str, str]
"""Column -> the value that all rows have: what a sheet is asked one part at a time for."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"
    """In UTC."""


TYPES: Mapping[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.NUMBER: pl.Float64(),
    Kind.WHOLE: pl.Int64(),
    Kind.FLAG: pl.Boolean(),
    Kind.DATE: pl.Date(),
    Kind.MOMENT: pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class Column:
    """A column. Any cell may be empty."""

    name: str
    kind: Kind
    meaning: str
    """For a person: what it says."""
    unit: str = ""
    """As streams, days, probability; empty where there is none."""


@dataclass(frozen=True)
class Made:
    """The rows of a sheet, or of a part of it."""

    rows: pl.DataFrame
    notes: tuple[str, ...] = ()
    """Sentences that belong beside the figures: whose they are, from when, what they do not say."""
    models: tuple[ServedModel, ...] = ()
    """Who said it."""
    missing: str = ""
    """Where there is nothing to show yet: why, and what to run."""


@dataclass(frozen=True)
class Sheet:
    """A table and how it is made."""

    name: str
    title: str
    """What a row is."""
    columns: tuple[Column, ...]
    make: Callable[["Material", Part], Made]
    """Its rows have the columns by name, or a subset (the others are empty); RefrainError where nothing can be shown.

    A NotYetError is not a fault: the sheet is empty, and says what to run.
    """
    datasets: tuple[str, ...] = ()
    """Datasets that it reads: it is made anew where one of them changes."""
    targets: tuple[str, ...] = ()
    """Targets whose champions, snapshots, records or predictions it reads: the same."""
    search: tuple[str, ...] = ()
    """Text columns that a search looks through."""
    order: str = ""
    """Column that it is sorted by where nobody says otherwise, with a minus for the largest first; as made if empty."""
    parted_by: tuple[str, ...] = ()
    """Columns whose values have to be given, because the whole would be too much to make at once."""
    parts: Callable[["Material"], Iterable[Part]] | None = None
    """All of the parts, for whoever wants the whole; where it is `parted_by` something, this or `together` is needed.
    """
    together: Callable[["Material"], Iterable[tuple[Part, Made]]] | None = None
    """All of the parts with their rows, where making them at once is quicker than one by one."""
    kept: bool = True
    """Whether it may be shown again while data and champions are the same. False of what else changes."""
    state: Callable[["Material"], Hashable] | None = None
    """Tells, besides data and champions, whether it may be shown again: where it is the same, it may."""

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    def empty(self, missing: str) -> Made:
        """No rows, and why."""
        return Made(pl.DataFrame(schema=self.schema), missing=missing)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column -> its type."""
        return {column.name: TYPES[column.kind] for column in self.columns}

    def part(self, material: "Material", part: Part) -> Made:
        """The rows of a part, or of all where it is not parted; none, and why, where there is nothing yet.

        Raises RefrainError where it cannot be made.
        """
        try:
            return self.shaped(self.make(material, part))
        except NotYetError as error:
            return self.empty(str(error))

    def every_part(self, material: "Material") -> Iterator[tuple[Part, Made]]:
        """Each part with its rows; one without a name where it is made whole, or where nothing is there yet.

        Raises RefrainError where one cannot be made.
        """
        try:
            if self.together is not None:
                yield from self._some(((part, self.shaped(made)) for part, made in self.together(material)))
            elif self.parts is not None:
                yield from self._some((part, self.part(material, part)) for part in self.parts(material))
            else:
                yield {}, self.part(material, {})
        except NotYetError as error:
            yield {}, self.empty(str(error))

    def _some(self, parts: Iterator[tuple[Part, Made]]) -> Iterator[tuple[Part, Made]]:
        first = next(parts, None)
        yield ({}, self.empty("There is nothing to show.")) if first is None else first
        yield from parts

    def shaped(self, made: Made) -> Made:
        """The same rows with exactly the sheet's columns, in their order and types; no NaN or infinity among them."""
        # Of a frame without columns, what is missing would make a row.
        rows = made.rows if made.rows.width else pl.DataFrame(schema=self.schema)
        found = [
            pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, dtype=kind).alias(name)
            for name, kind in self.schema.items()
        ]
        finite = [
            pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
            for name, kind in self.schema.items()
            if kind == pl.Float64
        ]
        return Made(rows.select(found).with_columns(finite), made.notes, made.models, made.missing)


def columns(*described: tuple[str, Kind, str] | tuple[str, Kind, str, str]) -> tuple[Column, ...]:
    """Columns from (name, kind, meaning) or (name, kind, meaning, unit)."""
    return tuple(Column(*one) for one in described)


def names_of(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """The sheets' names."""
    return tuple(sheet.name for sheet in sheets)
