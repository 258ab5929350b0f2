"""A user's database, as the steps here see it: reading, writing alone, bulk columns in and out, faults as sentences."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa
from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, inspect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.types import TypeEngine

from refrain.errors import RefrainError
from tasks.database.address import ENVIRONMENT, Address


class DatabaseError(RefrainError):
    """A database cannot be reached, or does not do what is asked of it."""


class Database(ABC):
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
    def reading(self) -> Iterator[Connection]:
        """A connection to read with. Raises DatabaseError."""
        with self.faults(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other of Refrain's runs beside: committed at the end, undone on an error or a kill.

        Whoever comes second waits for the first, so that what is read within it holds until it ends.
        """
        with self.faults(), self._alone() as connection:
            yield connection

    def column_types(self, connection: Connection, table: str) -> dict[str, TypeEngine[Any]]:
        """The columns that a table really has, and their types."""
        return {column["name"]: column["type"] for column in inspect(connection).get_columns(table)}

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what the drivers raise into a DatabaseError that shows no secret."""
        try:
            yield
        except DBAPIError as error:
            self._explain(str(error.orig), unreachable=self._is_unreachable(error))

    def _is_unreachable(self, error: DBAPIError) -> bool:
        return isinstance(error, OperationalError)

    def _explain(self, said: str, *, unreachable: bool) -> None:
        """Raise the DatabaseError that says it. Called within an `except`, whose error is not shown beside it."""
        first = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
        reason = self.address.without_secrets(first).rstrip(".")
        name = str(self.address)
        if unreachable:
            raise DatabaseError(
                f"{name[0].upper()}{name[1:]} does not answer: {reason}.",
                hint=f"Check {ENVIRONMENT}, and that the database is there and lets you in.",
            ) from None
        raise DatabaseError(f"{name[0].upper()}{name[1:]} refuses: {reason}.") from None

    @abstractmethod
    def _engine(self) -> Engine: ...

    @abstractmethod
    def _alone(self) -> Any:
        """A context with a connection in a transaction that excludes other ones opened by this method."""

    @abstractmethod
    def day(self, column: Column[Any]) -> ColumnElement[int]:
        """A column of dates as days since 1970-01-01."""

    @abstractmethod
    def number(self, column: Column[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
        """A column of numbers, whole ones as integers; null where what is stored is no number."""

    @abstractmethod
    def columns(self, statement: Select[Any]) -> pa.Table:
        """Everything a statement selects, as columns: the bulk read."""

    @abstractmethod
    def append(self, connection: Connection, table: str, rows: pl.DataFrame) -> None:
        """Add rows to a table within the transaction of `connection`: the bulk write."""
