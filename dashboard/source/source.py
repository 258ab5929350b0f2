"""What the pages ask of a source, whichever it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

MOST_ROWS = 10_000
"""That a source gives at once."""


class OutOfReachError(Exception):
    """The source does not answer now. The page says so, and goes on by itself once it does."""


class NotReadyError(OutOfReachError):
    """It answers, but has not what was asked for yet."""


class RefusedError(Exception):
    """What was asked is not accepted: `str()` says why, for a person."""

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)
        """Each as "field: what is wrong. What to do"."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet."""

    name: str
    kind: str
    """text, number, whole, flag, date or moment."""
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Rows:
    """Some rows of a sheet (tasks/sheets says which sheets there are)."""

    frame: pd.DataFrame
    """Dates and moments are datetime64, moments in UTC; flags are boolean, whole numbers Int64, both with NA."""
    total: int
    """Rows without the limit."""
    title: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    models: tuple[Mapping[str, Any], ...] = ()
    """Who said it: target, name, family, version, is_baseline, learned_until."""
    missing: str = ""
    """Where there is nothing to show yet: why, and what to run."""

    def __len__(self) -> int:
        return len(self.frame)


class Source(Protocol):
    """Gives the pages what they show."""

    name: str
    """Said in the side bar: the API at an address, or tables, and as of when."""
    predicts: bool
    """Whether it can be asked for predictions of what somebody enters, and told of events."""

    def sheet(
        self,
        name: str,
        where: Mapping[str, str] | None = None,
        *,
        search: str = "",
        order: str = "",
        limit: int = MOST_ROWS,
    ) -> Rows:
        """Rows of a sheet. Raises OutOfReachError or RefusedError.

        `where`: column -> value as text. `order`: a column, with a minus in front for the largest first.
        """

    def ask(self, path: str, body: Any = None, **query: str) -> Any:
        """What the API answers: GET without a body, otherwise POST. Raises OutOfReachError or RefusedError.

        Raises RefusedError, too, where it does not predict.
        """

    def is_there(self) -> bool:
        """Whether it answers now. Raises nothing."""


_DTYPES: Mapping[str, Any] = {"number": "float64", "whole": "Int64", "flag": "boolean", "text": "object"}


def typed(rows: Sequence[Mapping[str, Any]] | pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Rows with the columns' types, as Rows.frame says; a column that no row has is empty."""
    # As objects: pandas would make floats of whole numbers that stand beside an empty cell.
    frame = pd.DataFrame(rows, columns=[one.name for one in columns], dtype=object)
    for one in columns:
        values = frame[one.name]
        if one.kind == "date":
            frame[one.name] = pd.to_datetime(values)
        elif one.kind == "moment":
            frame[one.name] = pd.to_datetime(values, utc=True, format="ISO8601")
        else:
            frame[one.name] = values.astype(_DTYPES[one.kind])
    return frame
