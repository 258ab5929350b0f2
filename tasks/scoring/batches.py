"""A file of rows to score, batch by batch, every cell checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from features.target import Target
from models.compiled.rows import Rows
from refrain.errors import InputError
from tasks.scoring.cells import Fault, rows_of
from tasks.scoring.csv_file import CsvRows
from tasks.scoring.layout import Layout
from tasks.scoring.parquet_file import ParquetRows
from tasks.scoring.writing import PARQUET

_SIZE = 20_000
_SHOWN = 3


class RowFile(Protocol):
    """A file that holds rows of cells."""

    layout: Layout

    def tables(self, size: int) -> Iterator[tuple[Any, float]]:
        """Arrow record batches of at most `size` rows, with the columns that are read; how much of the file is done.

        Raises InputError where the file is torn or damaged.
        """

    def places(self, rows: list[int]) -> list[str]:
        """Where rows (from 0) stand in the file, as a person finds them."""


@dataclass(frozen=True)
class Batch:
    """A run of rows: the keys as they came, the features typed."""

    start: int
    """Rows before it."""
    keys: dict[str, Any]
    """Name -> Arrow array."""
    rows: Rows
    share: float
    """How much of the file is done with it, from 0 to 1."""


def opened(target: Target, path: Path) -> RowFile:
    """The file at `path`, whose header has been checked. Raises InputError, see tasks.scoring.layout."""
    return ParquetRows(target, path) if path.suffix.lower() == PARQUET else CsvRows(target, path)


def read_batches(target: Target, path: Path, file: RowFile) -> Iterator[Batch]:
    """Its rows, batch by batch: memory does not grow with the file.

    A cell of a feature that is missing stays missing (the model imputes it), unless the feature is required. Raises
    InputError, naming line and column, for a cell that is no number where one belongs, an infinity, or a missing value
    in a required column.
    """
    start = 0
    for table, share in file.tables(_SIZE):
        cells = dict(zip(table.schema.names, table.columns, strict=True))
        rows, faults = rows_of(target, cells, table.num_rows)
        if faults:
            raise _faulty(path, file, start, faults)
        yield Batch(start, {name: cells[name] for name in file.layout.keys}, rows, share)
        start += table.num_rows


def _faulty(path: Path, file: RowFile, start: int, faults: list[Fault]) -> InputError:
    places = file.places([start + fault.row for fault in faults[:_SHOWN]])
    shown = [f"{place}, column {fault.column}: {fault.what}" for place, fault in zip(places, faults, strict=False)]
    more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return InputError(f"{path}: {'; '.join(shown)}{more}.", hint="Mend these cells or leave the rows out.")
