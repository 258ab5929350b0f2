"""What is listed twice: the same again is one row already; what says something else is refused."""

from collections.abc import Callable, Collection, Mapping, Sequence

import polars as pl

from sources.rejects import Reject
from sources.revision import LINE

LINES_A_FILE = 10**10
"""By which the lines of one file are set apart from those of the next, where a dataset is read from several."""
Reread = Callable[[Collection[int]], Mapping[int, Sequence[str]]]
"""Line numbers -> the cells of the rows that begin there."""


class OncePerKey:
    """A sources.revision.Revision that keeps the first row, in the dataset's order, of those that share a key."""

    def __init__(self, key: str, reason: str, reread: Reread) -> None:
        self._key, self._reason, self._reread = key, reason, reread
        self._refused: list[int] = []

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """See Revision."""
        first = rows[self._key].is_first_distinct()
        self._refused += rows.filter(~first)[LINE].to_list()
        return rows.filter(first)

    def finish(self) -> Sequence[Reject]:
        """See Revision."""
        cells = self._reread(set(self._refused)) if self._refused else {}
        return [Reject(line % LINES_A_FILE, self._reason, cells[line]) for line in self._refused]

    @property
    def notes(self) -> Sequence[str]:
        """See Revision."""
        return ()
