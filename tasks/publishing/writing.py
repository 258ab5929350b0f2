"""Writing a publication: in one transaction, so that readers see the last one until the next is whole."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

import polars as pl
from sqlalchemy import Connection, MetaData, Table, delete, insert, inspect, select, text
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from tasks.publishing.destination import Destination
from tasks.publishing.faults import PublishError
from tasks.publishing.making import MadeSheet, Said
from tasks.publishing.tables import PARTS, PUBLICATION, ROW, SEARCHED, SHEETS, index_of, named, table_name, tables_of
from tasks.sheets.sheet import Sheet

_NUL = "\x00"
"""PostgreSQL's text cannot hold it."""


def write(destination: Destination, made: Sequence[MadeSheet], published_at: datetime) -> str:
    """Replace what is published by these sheets, and return the publication's id. Raises PublishError: nothing changed.

    Each row carries the id. `published_at`: in UTC.
    """
    sheets = [one.sheet for one in made]
    metadata, tables = tables_of(sheets)
    with destination.alone() as connection:
        # By itself, and before: Snowflake commits whatever is open when a table is made. Nobody sees the difference.
        _prepare(connection, metadata, sheets)
        if destination.has_indexes:
            _add_indexes(connection, sheets, tables)
    publication = uuid4().hex
    with destination.alone() as connection:
        _clear(connection, tables)
        for one in made:
            _insert(connection, tables[one.sheet.name], _rows(one, publication), destination.rows_at_once)
        parts, described = _part_rows(made, publication), _sheet_rows(made, publication, published_at)
        _insert(connection, PARTS, parts, destination.rows_at_once)
        _insert(connection, SHEETS, described, destination.rows_at_once)
    return publication


def _prepare(connection: Connection, metadata: MetaData, sheets: Sequence[Sheet]) -> None:
    """Make the tables that are not there, and the columns that the others lack. Raises PublishError."""
    found = inspect(connection)
    there = set(found.get_table_names())
    before = _columns_before(connection) if SHEETS.name in there else {}
    for sheet in sheets:
        _check_kinds(sheet, before.get(sheet.name, {}))
    for table in metadata.sorted_tables:
        if table.name not in there:
            connection.execute(CreateTable(table, if_not_exists=True))
            continue
        present = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                written = CreateColumn(column).compile(dialect=connection.dialect)
                name = connection.dialect.identifier_preparer.format_table(table)
                connection.execute(text(f"ALTER TABLE {name} ADD COLUMN {written}"))


def _add_indexes(connection: Connection, sheets: Sequence[Sheet], tables: Mapping[str, Table]) -> None:
    for sheet in sheets:
        index = index_of(sheet, tables[sheet.name])
        if index is not None:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _columns_before(connection: Connection) -> dict[str, dict[str, str]]:
    """Sheet -> column -> its kind, of what is published now."""
    rows = connection.execute(select(SHEETS.c.sheet, SHEETS.c["columns"])).all()
    return {sheet: {column["name"]: column["kind"] for column in json.loads(columns)} for sheet, columns in rows}


def _check_kinds(sheet: Sheet, before: Mapping[str, str]) -> None:
    for column in sheet.columns:
        was = before.get(column.name, column.kind)
        if was != column.kind:
            raise PublishError(
                f"The table {table_name(sheet.name)} holds {column.name} as {was}, and it is {column.kind} now.",
                hint=f"Drop {table_name(sheet.name)} and {SHEETS.name}, then publish again.",
            )


def _clear(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Delete the last publication, of sheets that there are no more, too."""
    last = connection.execute(select(SHEETS.c.sheet)).scalars().all()
    connection.execute(delete(SHEETS))
    connection.execute(delete(PARTS))
    gone = {table_name(sheet) for sheet in last if sheet not in tables} & set(inspect(connection).get_table_names())
    for name in sorted(gone):
        connection.execute(delete(Table(named(name), MetaData())))
    for _, table in sorted(tables.items()):
        connection.execute(delete(table))


def _rows(one: MadeSheet, publication: str) -> Iterator[dict[str, Any]]:
    texts = pl.selectors.string()
    rows = pl.read_parquet(one.file).with_columns(texts.str.replace_all(_NUL, "\ufffd", literal=True))
    rows = rows.with_row_index(ROW).with_columns(pl.lit(publication).alias(PUBLICATION))
    if one.sheet.search:
        # A word has no line's end in it: it is found here where, and only where, one of the columns contains it.
        found = pl.concat_str(one.sheet.search, separator="\n", ignore_nulls=True).str.to_lowercase()
        rows = rows.with_columns(found.alias(SEARCHED))
    return rows.iter_rows(named=True)


def _part_rows(made: Iterable[MadeSheet], publication: str) -> Iterator[dict[str, Any]]:
    for one in made:
        for part, said in one.parts.items():
            yield {"publication": publication, "sheet": one.sheet.name, "part": part, **_beside(said)}


def _sheet_rows(made: Iterable[MadeSheet], publication: str, published_at: datetime) -> Iterator[dict[str, Any]]:
    for one in made:
        about = {"publication": publication, "published_at": published_at, "total": one.rows}
        yield {**about, **_described(one.sheet), **_beside(one.whole)}


def _described(sheet: Sheet) -> dict[str, str]:
    columns = [
        {"name": column.name, "kind": str(column.kind), "meaning": column.meaning, "unit": column.unit}
        for column in sheet.columns
    ]
    return {
        "sheet": sheet.name,
        "title": sheet.title,
        "columns": _json(columns),
        "searched": _json(sheet.search),
        "required": _json(sheet.parted_by),
        "ordered_by": sheet.order,
    }


def _beside(said: Said) -> dict[str, str]:
    return {"notes": _json(said.notes), "models": _json(said.models), "missing": said.missing}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _insert(connection: Connection, table: Table, rows: Iterator[dict[str, Any]], at_once: int) -> None:
    while some := list(islice(rows, at_once)):
        connection.execute(insert(table), some)
