"""The file that predictions are kept in: SQLite, which several processes may write to and others read meanwhile."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from refrain.errors import InputError
from tasks.prediction_log.entries import COLUMNS

SECONDS_TO_WAIT = 5.0
"""For the turn to write, where several processes do."""
_FORM = 1
"""Of the table; a later form has another number."""
_TABLE = """
CREATE TABLE IF NOT EXISTS predictions (
  id INTEGER PRIMARY KEY,
  logged_at TEXT NOT NULL,
  request_id TEXT NOT NULL,
  record INTEGER NOT NULL,
  target TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT NOT NULL,
  version INTEGER NOT NULL,
  is_baseline INTEGER NOT NULL,
  learned_until TEXT,
  keys TEXT NOT NULL,
  features TEXT NOT NULL,
  answers TEXT NOT NULL
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS predictions_of_a_target ON predictions (target, logged_at)"
_INSERT = f"INSERT INTO predictions ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_ANOTHER = "Name a file that does not exist yet, or one that was written as a prediction log."


def opened(path: Path) -> sqlite3.Connection:
    """A connection to a log, which is created first where it is new.

    Raises InputError for a file that holds something else, sqlite3.Error where it cannot be opened or written.
    """
    connection = sqlite3.connect(path, timeout=SECONDS_TO_WAIT, isolation_level=None)
    try:
        _set_up(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check(path: Path) -> None:
    """Open a log and close it again. Raises InputError, in a sentence, where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(opened(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except (OSError, sqlite3.Error) as error:
        raise InputError(f"{path} cannot be written as a prediction log: {error}.", hint=_ANOTHER) from None


def append(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Store all of the rows or none of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_INSERT, rows)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _set_up(path: Path, connection: sqlite3.Connection) -> None:
    form = connection.execute("PRAGMA user_version").fetchone()[0]
    if form == 0:
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name <> 'predictions'").fetchone()[0]:
            raise InputError(f"{path} is a database with other tables.", hint=_ANOTHER)
        _create(connection)
    elif form != _FORM:
        raise InputError(f"{path} is a database of another kind, or of a later version.", hint=_ANOTHER)
    # A commit waits for no disk: a kill of the process loses nothing of it, and a power cut some seconds at most.
    connection.execute("PRAGMA synchronous = NORMAL")


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLE)
    connection.execute(_INDEX)
    connection.execute(f"PRAGMA user_version = {_FORM}")
    connection.execute("COMMIT")
