"""Asking for some rows of a sheet: which ones, in which order, how many."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from tasks.sheets.faults import AskedWrongError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Column, Kind, Made, Sheet

MOST_ROWS = 10_000
"""In one answer."""
USUAL_ROWS = 1_000
_MOST_KEPT = 64


@dataclass(frozen=True)
class Asked:
    """Which rows of a sheet are wanted."""

    where: Mapping[str, str] = field(default_factory=dict)
    """Column -> the value that it has, as text: true or false for a flag, ISO for a date or moment."""
    search: str = ""
    """What one of the sheet's searched columns contains, whatever its case."""
    order: str = ""
    """A column, with a minus in front for the largest first; empty for the sheet's own order."""
    limit: int = USUAL_ROWS
    offset: int = 0


@dataclass(frozen=True)
class Found:
    """Some rows of a sheet."""

    sheet: Sheet
    made: Made
    """Of which `rows` are the ones that were asked for."""
    total: int
    """How many there are without limit and offset."""


class Sheets:
    """Makes sheets and keeps the last ones until what they rest on changes. Belongs to one thread."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()

    def find(self, sheet: Sheet, asked: Asked) -> Found:
        """The rows that are asked for. Raises AskedWrongError, or RefrainError where the sheet cannot be made."""
        missing = [name for name in sheet.parted_by if name not in asked.where]
        if missing:
            raise AskedWrongError(f"{missing[0]}: has to be given.", hint=f"Add {missing[0]}=, as the sheet names it.")
        self.material.shelf.refresh()
        part = {name: asked.where[name] for name in sheet.parted_by}
        made = self._made(sheet, part)
        rows = _in_order(sheet, _searched(sheet, _where(sheet, made.rows, asked.where), asked.search), asked.order)
        some = rows.slice(asked.offset, asked.limit)
        return Found(sheet, Made(some, made.notes, made.models, made.missing), len(rows))

    def whole(self, sheet: Sheet) -> Made:
        """All rows of all parts. Raises RefrainError where the sheet cannot be made."""
        self.material.shelf.refresh()
        parts = [made for _, made in sheet.every_part(self.material)]
        filled = [made for made in parts if not made.missing] or parts[:1]
        return Made(pl.concat([made.rows for made in parts]), filled[0].notes, filled[0].models, filled[0].missing)

    def _made(self, sheet: Sheet, part: Mapping[str, str]) -> Made:
        if not sheet.kept:
            return sheet.part(self.material, part)
        return self._remembered(
            (sheet.name, *sorted(part.items()), self.material.state(sheet)), lambda: sheet.part(self.material, part)
        )

    def _remembered(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def checked(sheet: Sheet, asked: Asked) -> Asked:
    """The same, once every name and value in it is known to be understood. Raises AskedWrongError."""
    for name, text in asked.where.items():
        _value(sheet, name, text)
    if asked.search and not sheet.search:
        raise AskedWrongError("search: this sheet has nothing to search.", hint="Leave it out.")
    if asked.order:
        _column(sheet, asked.order.removeprefix("-"), "order")
    return asked


def _where(sheet: Sheet, rows: pl.DataFrame, where: Mapping[str, str]) -> pl.DataFrame:
    for name, text in where.items():
        rows = rows.filter(pl.col(name) == pl.lit(_value(sheet, name, text)))
    return rows


def _searched(sheet: Sheet, rows: pl.DataFrame, words: str) -> pl.DataFrame:
    """Rows of which every word is somewhere in the searched columns."""
    for word in words.lower().split():
        rows = rows.filter(
            pl.any_horizontal(
                pl.col(name).str.to_lowercase().str.contains(word, literal=True).fill_null(False)
                for name in sheet.search
            )
        )
    return rows


def _in_order(sheet: Sheet, rows: pl.DataFrame, order: str) -> pl.DataFrame:
    wanted = order or sheet.order
    if not wanted:
        return rows
    name = wanted.removeprefix("-")
    return rows.sort(name, descending=wanted.startswith("-"), nulls_last=True, maintain_order=True)


def _value(sheet: Sheet, name: str, text: str) -> str | float | int | bool | date | datetime:
    kind = _column(sheet, name, name).kind
    try:
        match kind:
            case Kind.NUMBER:
                return float(text)
            case Kind.WHOLE:
                return int(text)
            case Kind.FLAG:
                return {"true": True, "false": False}[text]
            case Kind.DATE:
                return date.fromisoformat(text)
            case Kind.MOMENT:
                return _moment(text)
            case _:
                return text
    except (ValueError, KeyError):
        raise AskedWrongError(f"{name}: is no {_WRITTEN[kind]}.", hint=f"Write {_EXAMPLES[kind]}.") from None


_WRITTEN = {
    Kind.NUMBER: "number",
    Kind.WHOLE: "whole number",
    Kind.FLAG: "truth value",
    Kind.DATE: "date",
    Kind.MOMENT: "moment",
}
_EXAMPLES = {
    Kind.NUMBER: "one as 0.5",
    Kind.WHOLE: "one as 12",
    Kind.FLAG: "true or false",
    Kind.DATE: "it as 2026-11-21",
    Kind.MOMENT: "it as 2026-11-21T10:00:00Z",
}


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _column(sheet: Sheet, name: str, parameter: str) -> Column:
    try:
        return sheet.column(name)
    except KeyError:
        raise AskedWrongError(
            f"{parameter}: the sheet has no such column.", hint=f"There are {', '.join(sheet.names)}."
        ) from None
