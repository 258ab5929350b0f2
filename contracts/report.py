"""What checking a contract found out: the record, and how it is said to a person."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from refrain.settings import Frozen

LISTED = 20
"""Failing rows that a record lists a clause; all of them are counted."""
_SAID = 5


class FailingRow(Frozen):
    """Where a clause is broken: the line of the file (the header is line 1), and what stands there."""

    line: int
    value: str


class Outcome(Frozen):
    """One clause of the suite, judged."""

    clause: str
    says: str
    """What must hold, as a sentence."""
    expectation: str
    """Great Expectations' name of the expectation."""
    arguments: Mapping[str, Any]
    passed: bool
    checked: int
    """Rows judged: all of them, for a clause about rows."""
    failing: int
    """Rows that break the clause; 1 where the file as a whole does."""
    found: str = ""
    """For a clause about the whole file: what it has instead."""
    rows: tuple[FailingRow, ...] = ()
    """The first failing rows."""

    def sentence(self) -> str:
        """What must hold and what does not, in one line."""
        if self.found or not self.rows:
            return f"{self.says}: {self.found}" if self.found else self.says
        listed = "; ".join(f"line {row.line} has {row.value}" for row in self.rows[:_SAID])
        more = "" if self.failing <= _SAID else " ..."
        count = f"{self.failing:,} of {self.checked:,} rows {'is' if self.failing == 1 else 'are'} not so"
        return f"{self.says}: {count}: {listed}{more}"


class ValidationReport(Frozen):
    """A dataset's file held against its contract. The same for the same file and settings: no clock, no run id."""

    dataset: str
    md5: str
    """Of the CSV that was checked."""
    rows: int
    received_on: date
    """Stands in for the clock."""
    absent: tuple[str, ...]
    """Optional columns that the file does not have, and that nothing was asked of."""
    references: Mapping[str, str]
    """Dataset referred to -> MD5 of its CSV."""
    expectations: tuple[Outcome, ...]

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """The clauses that do not hold."""
        return tuple(outcome for outcome in self.expectations if not outcome.passed)

    @property
    def passed(self) -> bool:
        """Whether the contract holds. A report without expectations shows nothing and does not pass."""
        return bool(self.expectations) and not self.broken
