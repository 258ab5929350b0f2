"""What a contract is: the one shape that every dataset's file in contracts/ fills in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from refrain.datasets import Dataset
from refrain.errors import RefrainError

ROW = "row"
"""Number of a row in the file, from 0; beside the cells of the dataset."""


class UncheckedError(RefrainError):
    """A contract could not be checked. That is a fault of the program, and says nothing about the data."""


class Table(StrEnum):
    """What an expectation is judged on."""

    HEADER = "header"
    """The names of the file's columns."""
    TOTALS = "totals"
    """One row of numbers about the whole file."""
    ROWS = "rows"
    """Every row of the file."""


@dataclass(frozen=True, eq=False)
class Clause:
    """One Great Expectations expectation of a suite, written so that nothing is imported until it is run.

    `arguments` are the expectation's own. Where they name a `column`, `evidence` computes that column from the file's
    text cells (and from ROW): floats for what has an order, because Great Expectations compares only these without a
    Python loop, and text elsewhere. Most evidence of a breach is a column that must be null.
    """

    name: str
    """Names the clause in its suite: "popularity.range"."""
    says: str
    """What must hold, as a sentence for a person."""
    expectation: str
    """Great Expectations' name of the expectation, in snake case."""
    arguments: Mapping[str, Any]
    table: Table = Table.ROWS
    evidence: pl.Expr | None = None
    shows: tuple[str, ...] = ()
    """Columns of the dataset that the clause reads, shown of a failing row. It is left out where one is absent."""
    secret: bool = False
    """Whether what stands there is not shown after all."""


@dataclass(frozen=True)
class Reference:
    """Every value of `column` must be found in the column `key` of the dataset called `dataset`."""

    column: str
    dataset: str
    key: str


@dataclass(frozen=True)
class Period:
    """Rows of one `entity` cover `days` days each, `last` being the last of them; no two may cover the same day."""

    entity: str
    last: str
    days: str


@dataclass(frozen=True)
class Contract:
    """What a dataset must be.

    What follows from refrain.datasets and from the dataset's settings (columns, types, cells that must not be empty,
    finite numbers, a unique key, row counts, freshness, no future dates) is in every suite without being said here.
    """

    dataset: Dataset
    moment: str | None
    """The column that dates a row: by it a row can be in the future, and the dataset too old. None where neither is a
    fault: shows may be announced, and old."""
    moments: tuple[str, ...] = ()
    """Other columns by which a row can be in the future."""
    clauses: tuple[Clause, ...] = ()
    """What else a cell must be: ranges and allowed values."""
    references: tuple[Reference, ...] = ()
    """References that hold where the dataset's settings ask for them."""
    one_name: tuple[tuple[str, str], ...] = ()
    """Pairs (id, name): rows that share an id must share the name. Case, width and spacing make no other name."""
    period: Period | None = None
    """What a row covers, where that can be more than its own day."""
