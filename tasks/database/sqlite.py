"""SQLite: a file, for whoever has no server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import pyarrow as pa
from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, case, cast, create_engine, event, func, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import Integer, TypeEngine

from tasks.database.database import Database

_JULIAN_DAY_OF_1970 = 2440587.5
_SECONDS_TO_WAIT = 60
_ALONE = "refrain_alone"


class SqliteDatabase(Database):
    """A database in a file."""

    def _engine(self) -> Engine:
        engine = create_engine(self.address.url, connect_args={"timeout": _SECONDS_TO_WAIT})
        event.listen(engine, "connect", _leave_transactions_alone)
        event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**{_ALONE: True}) as connection, connection.begin():
            yield connection

    def _is_unreachable(self, error: DBAPIError) -> bool:
        # To SQLite, a misspelt name is an operational error too.
        return "unable to open" in str(error.orig)

    def day(self, column: Column[Any]) -> ColumnElement[int]:  # noqa: D102 - as in the base class
        # A file holds dates as text, with or without a time of day.
        return cast(func.julianday(func.date(column)) - _JULIAN_DAY_OF_1970, Integer)

    def number(self, column: Column[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:  # noqa: D102
        # Any column of a file may hold text.
        return case((func.typeof(column).in_(("integer", "real")), column))

    def columns(self, statement: Select[Any]) -> pa.Table:  # noqa: D102
        with self.reading() as connection:
            result = connection.execute(statement)
            names = list(result.keys())
            found = result.fetchall()
        values = zip(*found, strict=True) if found else ([] for _ in names)
        return pa.table(dict(zip(names, map(_array, values), strict=True)))

    def append(self, connection: Connection, table: str, rows: pl.DataFrame) -> None:  # noqa: D102
        names = ", ".join(f'"{name}"' for name in rows.columns)
        holes = ", ".join("?" for _ in rows.columns)
        connection.exec_driver_sql(f'INSERT INTO "{table}" ({names}) VALUES ({holes})', rows.rows())  # noqa: S608


def _array(values: Any) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # whole numbers among others
        return pa.array([None if value is None else float(value) for value in values])


def _leave_transactions_alone(connection: Any, _record: object) -> None:
    # Python's driver would begin them by itself, and only with the first change.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    alone = connection.get_execution_options().get(_ALONE, False)
    connection.execute(text("BEGIN IMMEDIATE" if alone else "BEGIN"))
