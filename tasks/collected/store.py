"""The collector's store: one transaction writes at a time, and a commit has reached the disk."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, ClassVar, NoReturn

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from refrain.errors import RefrainError
from tasks.database.address import ENVIRONMENT, Address

Row = tuple[Any, ...]
_ROWS_IN_A_STATEMENT = 2_500
"""Both databases take statements of 32,000 values."""


class EventStoreError(RefrainError):
    """The store does not do what is asked of it: it is away, full or locked, or its tables are others."""


class EventStore(ABC):
    """One database. May be used by several threads at once, each with its own connections."""

    placeholder: ClassVar[str]
    """What stands for a value in the driver's statements."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def __str__(self) -> str:
        return str(self.address)

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine. Making it opens nothing."""
        return self._engine()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose reads all see the store as it is at the first of them. Raises EventStoreError."""
        with self.faults(), self._snapshot() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction beside which no other one writes: committed to the disk at the end, or undone whole.

        Writers of all processes take turns, so that `seq` grows in the order of commits. Raises EventStoreError, also
        where the turn does not come in time.
        """
        with self.faults(), self._alone() as connection:
            yield connection

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what the drivers raise into a EventStoreError that shows no secret and no row."""
        try:
            yield
        except DBAPIError as error:
            self._explain(str(error.orig))

    def append_new(self, connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> int:
        """Add rows, values in the order of `columns`, except those that meet a unique value again; how many were added.

        A statement holds many rows: a driver lets other threads run at each statement, and must then wait for its turn.
        """
        added = 0
        for start in range(0, len(rows), _ROWS_IN_A_STATEMENT):
            some = rows[start : start + _ROWS_IN_A_STATEMENT]
            statement = _insert(table.name, tuple(columns), len(some), self.placeholder)
            added += connection.exec_driver_sql(statement, tuple(chain.from_iterable(some))).rowcount
        return added

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def _explain(self, said: str) -> NoReturn:
        first = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
        reason = self.address.without_secrets(first).rstrip(".")
        name = str(self)
        raise EventStoreError(
            f"{name[0].upper()}{name[1:]} does not do it: {reason}.",
            hint=f"Check {ENVIRONMENT}, that the database is there and lets you in, and that its disk is not full.",
        ) from None

    @abstractmethod
    def _engine(self) -> Engine: ...

    @abstractmethod
    def _snapshot(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _alone(self) -> AbstractContextManager[Connection]: ...


@lru_cache(maxsize=256)
def _insert(table: str, columns: tuple[str, ...], rows: int, placeholder: str) -> str:
    row = f"({', '.join([placeholder] * len(columns))})"
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([row] * rows)} ON CONFLICT DO NOTHING"  # noqa: S608
