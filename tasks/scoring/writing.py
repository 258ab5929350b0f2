"""Scored rows out to a file, as they come."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetWriter

CSV, PARQUET = ".csv", ".parquet"
SUFFIXES = (CSV, PARQUET)
_ROWS_TOGETHER = 100_000
"""Rows of a row group."""
_NEEDS_QUOTES = '[",\r\n]'


class Writer(Protocol):
    """A file that is written table by table, all of them with the same columns."""

    def write(self, columns: Mapping[str, Any]) -> None:
        """Add rows: column -> Arrow array."""

    def close(self) -> None:
        """Write what is left."""


@contextmanager
def writer(path: Path, suffix: str) -> Iterator[Writer]:
    """What writes to `path` in the form that `suffix` (one of SUFFIXES) stands for."""
    if suffix == PARQUET:
        rows = _Parquet(path)
        try:
            yield rows
        finally:
            rows.close()
    else:
        with path.open("wb") as stream:
            yield _Csv(stream)


def constant(value: str | int | bool, count: int) -> Any:
    """An Arrow array of one value."""
    return pa.repeat(value, count)


def array(values: Any) -> Any:
    """NumPy numbers or words as an Arrow array."""
    return pa.array(values, from_pandas=False)


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._waiting: list[Any] = []

    def write(self, columns: Mapping[str, Any]) -> None:
        batch = pa.RecordBatch.from_pydict(dict(columns))
        if self._writer is None:
            # Numbers that are all different gain nothing from a dictionary, and building one takes most of the time.
            words = [field.name for field in batch.schema if not pa.types.is_floating(field.type)]
            self._writer = ParquetWriter(self._path, batch.schema, use_dictionary=words)
        self._waiting.append(batch)
        if sum(len(one) for one in self._waiting) >= _ROWS_TOGETHER:
            self._flush()

    def close(self) -> None:
        if self._writer is not None:
            self._flush()
            self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting), row_group_size=2 * _ROWS_TOGETHER)
            self._waiting.clear()


class _Csv:
    """Commas, Unix line ends, quotes where a cell needs them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._begun = False

    def write(self, columns: Mapping[str, Any]) -> None:
        if not self._begun:
            self._begun = True
            self._stream.write((",".join(_texts(pa.array(list(columns))).to_pylist()) + "\n").encode())
        lines = pc.binary_join_element_wise(*(_texts(cells) for cells in columns.values()), ",")
        ended = pc.binary_join_element_wise(lines, pa.scalar("\n", lines.type), "")
        _, offsets, text = ended.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)[ended.offset : ended.offset + len(ended) + 1]
        self._stream.write(memoryview(text)[ends[0] : ends[-1]])

    def close(self) -> None:
        """All is written already."""


def _texts(cells: Any) -> Any:
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_boolean(cells.type):
        return pc.if_else(cells, "True", "False").fill_null("")
    texts = cells.cast(pa.string()).fill_null("")
    quoted = pc.match_substring_regex(texts, _NEEDS_QUOTES)
    if not pc.any(quoted).as_py():
        return texts
    inside = pc.replace_substring(texts, '"', '""')
    return pc.if_else(quoted, pc.binary_join_element_wise('"', inside, '"', ""), texts)
