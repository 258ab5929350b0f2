"""The database that is published to: REFRAIN_TABLES, or the one that a command names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from refrain.errors import UsageError
from tasks.publishing.faults import PublishError

ENVIRONMENT = "REFRAIN_TABLES"
_SHAPES = "postgresql://USER:PASSWORD@HOST/NAME, sqlite:///FILE or snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA"
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
_NEEDED = {
    "postgresql": ("psycopg", "Run `uv sync --extra postgres` in the project's folder."),
    "snowflake": ("snowflake.sqlalchemy", "Install snowflake-sqlalchemy beside Refrain."),
}
_LOCK = 7_236_924_602
"""Number of the advisory lock that a publication holds: any number nobody else uses."""
_SECONDS_TO_WAIT = 60


@dataclass(frozen=True)
class Destination:
    """A database. What is shown of it holds no secret; `url` does, and is not shown."""

    url: URL = field(repr=False)

    def __str__(self) -> str:
        if self.kind == "sqlite":
            return f"the SQLite database {self.url.database}"
        name = {"postgresql": "PostgreSQL", "snowflake": "Snowflake"}[self.kind]
        return f"the {name} database {self.url.database or '(unnamed)'} on {self.url.host or 'this machine'}"

    @property
    def kind(self) -> str:
        """postgresql, sqlite or snowflake."""
        return self.url.get_backend_name()

    @property
    def has_indexes(self) -> bool:
        """Whether its tables may have indexes. Snowflake's dialect refuses a table that does."""
        return self.kind != "snowflake"

    @property
    def rows_at_once(self) -> int:
        """How many rows to insert together. Snowflake's driver writes them into one statement, of at most 1 MB."""
        return 500 if self.kind == "snowflake" else 5_000

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine. Making it opens nothing."""
        given = {"timeout": _SECONDS_TO_WAIT} if self.kind == "sqlite" else {}
        engine = create_engine(self.url, connect_args=given, poolclass=NullPool, hide_parameters=True)
        if self.kind == "sqlite":
            event.listen(engine, "connect", _let_readers_read)
            event.listen(engine, "begin", _begin_alone)
        return engine

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction that no other publication runs beside: committed at the end, undone on an error or a kill.

        Raises PublishError.
        """
        with self.faults(), self.engine.begin() as connection:
            if self.kind == "postgresql":
                # Held to the end of the transaction, and let go of by the server if this process is killed.
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what the drivers raise into a PublishError that shows no secret."""
        try:
            yield
        except DBAPIError as error:
            first = next((line.strip() for line in str(error.orig).splitlines() if line.strip()), "no reason given")
            reason, name = self._without_secrets(first).rstrip("."), str(self)
            # To SQLite, nearly everything is an operational error.
            unreachable = isinstance(error, OperationalError) and (self.kind != "sqlite" or "unable to open" in first)
            does = "does not answer" if unreachable else "refuses"
            raise PublishError(
                f"{name[0].upper()}{name[1:]} {does}: {reason}.",
                hint=f"Check {ENVIRONMENT}, and that the database is there and lets you in." if unreachable else "",
            ) from None

    def _without_secrets(self, said: str) -> str:
        shown = said.replace(self.url.render_as_string(hide_password=False), "***")
        return shown.replace(str(self.url.password), "***") if self.url.password else shown


def destination_of(given: str | None, folder: Path) -> Destination:
    """The database at the address `given`, or at the one in REFRAIN_TABLES. A file is looked for from `folder` on.

    Raises UsageError, without repeating the address, if there is none, if it is no such address, or where the driver is
    not installed.
    """
    address = (given or os.environ.get(ENVIRONMENT, "")).strip()
    if not address:
        raise UsageError("It is not said where to publish.", hint=f"Set {ENVIRONMENT}, or write --to: {_SHAPES}.")
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # Without the cause: it repeats the text, password and all.
        raise UsageError("That is not the address of a database.", hint=f"Write {_SHAPES}.") from None
    kind = url.drivername.partition("+")[0]
    if kind not in (*_DRIVERS, "snowflake"):
        raise UsageError(f"Refrain does not publish to a {kind} database.", hint=f"Write {_SHAPES}.")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise UsageError("The address names no file of SQLite's.", hint="Write sqlite:///FILE.")
    _check_driver("postgresql" if kind == "postgres" else kind)
    if kind == "sqlite":
        url = url.set(database=str(folder / str(url.database)))
    return Destination(url.set(drivername=_DRIVERS.get(kind, url.drivername)))


def _check_driver(kind: str) -> None:
    name, hint = _NEEDED.get(kind, ("", ""))
    try:
        missing = bool(name) and find_spec(name) is None
    except ModuleNotFoundError:
        missing = True
    if missing:
        raise UsageError(f"Publishing there needs {name}, not installed here.", hint=hint)


def _let_readers_read(connection: Any, _record: object) -> None:
    # Python's driver would begin transactions by itself, and only with the first change.
    connection.isolation_level = None
    # Readers see the last publication, and wait for nothing, while the next one is written.
    connection.execute("PRAGMA journal_mode = WAL")


def _begin_alone(connection: Connection) -> None:
    connection.execute(text("BEGIN IMMEDIATE"))
