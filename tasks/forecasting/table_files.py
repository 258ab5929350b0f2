"""Tables written piece by piece, whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from pyarrow import csv, parquet

from refrain.errors import InputError
from refrain.files import replacing

SUFFIXES = (".parquet", ".csv")


class TableFile(Protocol):
    """A file that is being written."""

    def write(self, table: pa.Table) -> None:
        """Add rows; all tables of a file have the same columns."""


@contextmanager
def table_file(path: Path) -> Iterator[TableFile]:
    """A .parquet or .csv file to write tables to, which takes the place of `path` at the end of the block.

    On an error `path` stays as it was. Raises InputError for another kind of file.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"Forecasts cannot be written as {path.name}.", hint=f"Name it {' or '.join(SUFFIXES)}.")
    with replacing(path) as beside:
        file = _ParquetFile(beside) if suffix == ".parquet" else _CsvFile(beside)
        try:
            yield file
        finally:
            file.close()


class _ParquetFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            # Forecasts hardly compress, and rows are not looked for by any number: neither is worth the time.
            repeated = [name for name in table.schema.names if not pa.types.is_floating(table.schema.field(name).type)]
            self._writer = parquet.ParquetWriter(
                self._path, table.schema, compression="none", use_dictionary=repeated, write_statistics=False
            )
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is None:
            parquet.write_table(pa.table({}), self._path)
        else:
            self._writer.close()


class _CsvFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, table: pa.Table) -> None:
        plain = pa.table(
            {
                name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
                for name, column in zip(table.schema.names, table.columns, strict=True)
            }
        )
        if self._writer is None:
            self._writer = csv.CSVWriter(
                self._path, plain.schema, write_options=csv.WriteOptions(quoting_style="needed")
            )
        self._writer.write(plain)

    def close(self) -> None:
        if self._writer is None:
            self._path.touch()
        else:
            self._writer.close()
