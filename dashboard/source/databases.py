"""The databases that published tables are read from: any of SQLAlchemy's, or Snowflake from within."""

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from dashboard.source.source import OutOfReachError, RefusedError
from dashboard.source.statements import Statement

_log = logging.getLogger("refrain.dashboard")
_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "snowflake": "Snowflake"}
_SECONDS_TO_CONNECT = 5
_NO_SUCH_TABLE = 2003
"""Snowflake's number of it."""


class NotPublishedError(Exception):
    """The tables are not there."""


class Database(Protocol):
    """Answers statements. Any thread may ask."""

    name: str
    """For a person, without secrets."""

    def rows(self, statement: Statement) -> Sequence[tuple[Any, ...]]:
        """What it selects. Raises NotPublishedError, OutOfReachError or RefusedError."""


class SqlDatabase:
    """A database that SQLAlchemy reaches: PostgreSQL, a file of SQLite's, Snowflake from without."""

    name = "a database"

    def __init__(self, address: str) -> None:
        """Opens nothing. Where `address` is none, whoever asks is told so; it is not repeated."""
        self._fault = ""
        try:
            self._url, self._engine = _opened(address)
        except RefusedError as error:
            self._fault = str(error)
            return
        kind = self._url.get_backend_name()
        # Of a file the name alone: whoever looks at the pages need not know where it lies.
        self.name = f"the {_KINDS.get(kind, kind)} database {Path(self._url.database or '').name}"

    def rows(self, statement: Statement) -> Sequence[tuple[Any, ...]]:  # noqa: D102 - as in the protocol
        from sqlalchemy.exc import DBAPIError, OperationalError  # noqa: PLC0415

        if self._fault:
            raise RefusedError(self._fault)
        if self._url.get_backend_name() == "sqlite" and not Path(self._url.database or "").is_file():
            raise NotPublishedError  # SQLite would make the file
        try:
            return self._selected(statement)
        except DBAPIError as error:
            if not self._has_tables():
                raise NotPublishedError from None
            if isinstance(error, OperationalError):
                raise self._out_of_reach() from None
            raise RefusedError("The database does not understand the question.") from None

    def _selected(self, statement: Statement) -> Sequence[tuple[Any, ...]]:
        from sqlalchemy import bindparam, text  # noqa: PLC0415

        first, *others = statement.sql.split("?")
        sql = first + "".join(f":value_{place}{after}" for place, after in enumerate(others))
        bound = [bindparam(f"value_{place}", one, _type(one)) for place, one in enumerate(statement.values)]
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql).bindparams(*bound)).all()]

    def _has_tables(self) -> bool:
        from sqlalchemy import inspect  # noqa: PLC0415
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

        try:
            return bool(inspect(self._engine).has_table("refrain_sheets"))
        except DBAPIError:
            raise self._out_of_reach() from None

    def _out_of_reach(self) -> OutOfReachError:
        return OutOfReachError(f"{self.name[0].upper()}{self.name[1:]} does not answer.")


class SnowflakeDatabase:
    """Snowflake as an application within it sees it: through Streamlit's own connection."""

    name = "Snowflake"

    def __init__(self, connection: Any = None) -> None:
        """`connection`: st.connection("snowflake") where not given."""
        self._given = connection

    def rows(self, statement: Statement) -> Sequence[tuple[Any, ...]]:  # noqa: D102 - as in the protocol
        connection = None
        try:
            connection = self._connection()
            cursor = connection.cursor()
            cursor.execute(statement.sql, statement.values)
            return [tuple(row) for row in cursor.fetchall()]
        except Exception as error:  # which kinds there are is known only where Snowflake's libraries are
            number = getattr(error, "errno", None)
            if number == _NO_SUCH_TABLE:
                raise NotPublishedError from None
            _log.warning("Snowflake: %s, number %s", type(error).__name__, number)
            if connection is not None:
                connection.reset()  # one that has expired is made anew
            raise OutOfReachError("Snowflake does not answer.") from None

    def _connection(self) -> Any:
        if self._given is not None:
            return self._given
        import streamlit as st  # noqa: PLC0415 - the pages' own; tests of this module need none of it

        return st.connection("snowflake")


def plain(value: Any) -> Any:
    """A value as JSON would have it: dates and moments in ISO, moments in UTC."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _opened(address: str) -> tuple[Any, Any]:
    """SQLAlchemy's address and engine, which opens nothing yet. Raises RefusedError."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - not there within Snowflake
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        url = make_url(address)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        given = {"connect_timeout": _SECONDS_TO_CONNECT} if url.get_backend_name() == "postgresql" else {}
        return url, create_engine(url, connect_args=given, pool_pre_ping=True, hide_parameters=True)
    except (SQLAlchemyError, ValueError):
        raise RefusedError("REFRAIN_TABLES is not the address of a database.") from None
    except ModuleNotFoundError as error:
        raise RefusedError(f"{error.name} is not installed here, which that database needs.") from None


def _type(value: Any) -> Any:
    """The type that a value has in the tables, for the database's driver to write it as they have it."""
    from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Text  # noqa: PLC0415

    kinds = {bool: Boolean(), int: BigInteger(), float: Double(), str: Text(), date: Date()}
    return kinds[type(value)] if type(value) in kinds else DateTime(timezone=True)
