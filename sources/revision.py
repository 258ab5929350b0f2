"""A second look at rows once they stand in order: what no row tells by itself."""

from collections.abc import Sequence
from typing import Protocol

import polars as pl

from sources.rejects import Reject

LINE = "line"
"""Number of the line that a row began on, carried beside the dataset's columns."""


class Revision(Protocol):
    """Sees every row that is fit to keep, and decides what becomes of it."""

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of whole entities, sorted by the dataset's key and with LINE -> those to keep.

        Called for one range of entities after the other; gives the same columns each time.
        """
        ...

    def finish(self) -> Sequence[Reject]:
        """The rows that were not kept, once all have been seen.

        Raises InputError where the file as a whole is not what it says it is.
        """
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know about the rows."""
        ...
