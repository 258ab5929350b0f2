"""The tables that sheets are published in, with the names and types that dashboard/source reads them by."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Index, MetaData, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from tasks.sheets.sheet import Kind, Sheet

PREFIX = "refrain_"
ROW, SEARCHED = "refrain_row", "refrain_searched"
PUBLICATION = "refrain_publication"
"""Columns of every table of a sheet: the row's place in the sheet as it was made, the searched columns' text in lower
case, and the publication that the row is of."""


def _text() -> TypeEngine[Any]:
    # Sorted as the sheets sort, by code point, whatever the language of the server is.
    return Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: _text(),
    Kind.NUMBER: Double(),
    Kind.WHOLE: BigInteger(),
    Kind.FLAG: Boolean(),
    Kind.DATE: Date(),
    Kind.MOMENT: DateTime(timezone=True),
}


def named(name: str) -> quoted_name:
    """A name written in quotes, so that it is the same in each database, and may be a word of SQL's own."""
    return quoted_name(name, quote=True)


def table_name(sheet: str) -> str:
    """The table of a sheet."""
    return f"{PREFIX}{sheet}"


def _described(metadata: MetaData, name: str, *columns: tuple[str, TypeEngine[Any]]) -> Table:
    return Table(named(name), metadata, *(Column(named(each), kind, nullable=False) for each, kind in columns))


_metadata = MetaData()
_BESIDE = (("notes", _text()), ("models", _text()), ("missing", _text()))
SHEETS = _described(
    _metadata,
    f"{PREFIX}sheets",
    ("publication", _text()),
    ("published_at", DateTime(timezone=True)),
    ("sheet", _text()),
    ("title", _text()),
    ("columns", _text()),
    ("searched", _text()),
    ("required", _text()),
    ("ordered_by", _text()),
    *_BESIDE,
    ("total", BigInteger()),
)
"""What is published: a row for each sheet. Lists are JSON."""
PARTS = _described(
    _metadata, f"{PREFIX}parts", ("publication", _text()), ("sheet", _text()), ("part", _text()), *_BESIDE
)
"""What is said beside each part of a sheet that is made in parts; `part` is JSON: column -> value."""


def table_of(sheet: Sheet, metadata: MetaData) -> Table:
    """The table of a sheet's rows."""
    return Table(
        named(table_name(sheet.name)),
        metadata,
        Column(named(PUBLICATION), _text(), nullable=False),
        Column(named(ROW), BigInteger(), nullable=False),
        *([Column(named(SEARCHED), _text())] if sheet.search else []),
        *(Column(named(column.name), _TYPES[column.kind]) for column in sheet.columns),
    )


def index_of(sheet: Sheet, table: Table) -> Index | None:
    """What finds a part in the sheet's table; none where it has no parts."""
    if not sheet.parted_by:
        return None
    return Index(named(f"{table.name}_parts"), *(table.c[name] for name in sheet.parted_by))


def tables_of(sheets: Iterable[Sheet]) -> tuple[MetaData, dict[str, Table]]:
    """All of the tables, and those of the sheets by the sheets' names."""
    metadata = MetaData()
    for table in (SHEETS, PARTS):
        table.to_metadata(metadata)
    return metadata, {sheet.name: table_of(sheet, metadata) for sheet in sheets}
