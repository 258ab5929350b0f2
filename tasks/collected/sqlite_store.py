"""The store in a file of SQLite's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from tasks.collected.store import EventStore

_ALONE = "collected_alone"
_ATTEMPTS, _SECONDS_BETWEEN = 50, 0.1
_SETTINGS = (
    # In WAL mode the default is to sync now and then: a commit could be lost with the power.
    "synchronous = FULL",
    "cache_size = -65536",  # 64 MB: the indexes of some million events
    "temp_store = MEMORY",  # what a statement would undo is kept at hand, not in a file
    "wal_autocheckpoint = 8000",  # 32 MB: pages that change again and again are copied into the file less often
)


class SqliteStore(EventStore):
    """A store in a file. Readers neither wait for the writer nor keep it waiting."""

    placeholder = "?"
    seconds_to_wait = 10.0
    """For the turn to write."""

    def _engine(self) -> Engine:
        engine = create_engine(self.address.url, connect_args={"timeout": self.seconds_to_wait}, hide_parameters=True)
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**{_ALONE: True}) as connection, connection.begin():
            yield connection


def _set_up(connection: Any, _record: object) -> None:
    # Python's driver would begin transactions by itself, and only with the first change.
    connection.isolation_level = None
    _use_wal(connection)
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def _use_wal(connection: Any) -> None:
    """Of several that open a new file at once, one may do this; SQLite tells the others so without waiting."""
    for _ in range(_ATTEMPTS):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
            return
        sleep(_SECONDS_BETWEEN)
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    alone = connection.get_execution_options().get(_ALONE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")
