"""PostgreSQL: rows through psycopg, columns in bulk through ADBC (out) and COPY (in)."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import polars as pl
import pyarrow as pa
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    cast,
    create_engine,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import Date, Double, Integer, TypeEngine

from refrain.errors import UsageError
from tasks.database.address import Address
from tasks.database.database import Database

_LOCK = 7_236_924_601
"""Number of the advisory lock that Refrain's writing transactions hold: any number nobody else uses."""
_SECONDS_TO_CONNECT = 10
_DRIVERS = ("psycopg", "adbc_driver_postgresql")
_INSTALL = "Run `uv sync --extra postgres` in the project's folder."


class PostgresDatabase(Database):
    """A database of a PostgreSQL server."""

    def __init__(self, address: Address) -> None:
        """Raises UsageError where the drivers, which are optional dependencies, are not installed."""
        super().__init__(address)
        missing = [name for name in _DRIVERS if find_spec(name) is None]
        if missing:
            raise UsageError(f"PostgreSQL needs {' and '.join(missing)}, not installed here.", hint=_INSTALL)

    def _engine(self) -> Engine:
        url = self.address.url
        given = {} if "connect_timeout" in url.query else {"connect_timeout": _SECONDS_TO_CONNECT}
        return create_engine(url, connect_args=given)

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            # Held to the end of the transaction, and let go of by the server if this process is killed.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            # Times are written as UTC, whichever kind of timestamp a table has.
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
            yield connection

    def day(self, column: Column[Any]) -> ColumnElement[int]:  # noqa: D102 - as in the base class
        return type_coerce(cast(column, Date) - literal_column("DATE '1970-01-01'"), Integer)

    def number(self, column: Column[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:  # noqa: D102
        if isinstance(kind, Integer):
            return column
        return cast(column, Double)

    def columns(self, statement: Select[Any]) -> pa.Table:  # noqa: D102
        from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]  # noqa: PLC0415 - optional

        # `named` parameters: the other styles double every % within a literal.
        dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        query = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        with self.faults(), dbapi.connect(self.address.libpq) as connection, connection.cursor() as cursor:
            cursor.execute("SET standard_conforming_strings = on")
            cursor.execute(query)
            return cursor.fetch_arrow_table()

    def append(self, connection: Connection, table: str, rows: pl.DataFrame) -> None:  # noqa: D102
        from psycopg import sql  # noqa: PLC0415

        copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows.columns))
        )
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(copy) as stream:
            stream.write(rows.write_csv(include_header=False))

    @contextmanager
    def faults(self) -> Iterator[None]:  # noqa: D102
        from adbc_driver_manager import Error, OperationalError  # noqa: PLC0415 - an optional dependency
        from psycopg import Error as RowsError  # noqa: PLC0415

        with super().faults():
            try:
                yield
            except Error as error:
                self._explain(str(error), unreachable=isinstance(error, OperationalError))
            except RowsError as error:
                self._explain(str(error), unreachable=False)
