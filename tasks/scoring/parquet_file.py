"""Rows to score out of a Parquet file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from features.target import Target
from refrain.errors import InputError
from tasks.scoring.layout import Layout, lay_out, no_rows

_BUFFER = 1 << 20
"""Of each column this much of a row group is at hand: one row group may be the whole file."""


class ParquetRows:
    """See tasks.scoring.batches.RowFile."""

    def __init__(self, target: Target, path: Path) -> None:
        """Raises InputError where it is no Parquet file, has no rows, or not the columns that the target needs."""
        self._path = path
        try:
            self._file = ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from None
        self.layout: Layout = lay_out(target, path, self._file.schema_arrow.names)
        self._rows = self._file.metadata.num_rows
        if self._rows == 0:
            raise no_rows(path)

    def tables(self, size: int) -> Iterator[tuple[Any, float]]:  # noqa: D102 - as in the protocol
        done = 0
        try:
            for batch in self._file.iter_batches(size, columns=list(self.layout.read)):
                done += batch.num_rows
                yield batch, done / self._rows
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(self._path, error) from None

    def places(self, rows: list[int]) -> list[str]:  # noqa: D102
        return [f"row {row + 1}" for row in rows]


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is not a readable Parquet file: {error}.", hint="Write it again.")
