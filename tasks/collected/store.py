"""The collector's store: one transaction writes at a time, and a commit has reached the disk."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import NoReturn

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.exc import DBAPIError

from refrain.errors import RefrainError
from tasks.database.address import ENVIRONMENT, Address


class EventStoreError(RefrainError):
    """The store does not do what is asked of it: it is away, full or locked, or its tables are others."""


class EventStore(ABC):
    """One database. May be used by several threads at once, each with its own connections."""

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

    @abstractmethod
    def insert_new(self, table: Table) -> Insert:
        """An insert that passes over rows that meet a unique column's value once more."""
