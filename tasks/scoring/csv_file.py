"""Rows to score out of a CSV file: read by Arrow as long as all is plain, and carefully from where it is not."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from features.target import Target
from refrain.errors import InputError
from sources.containers import open_bytes
from sources.tabular import FileOptions, Row, read_rows, trimmed_header
from tasks.scoring.cells import MISSING, sure_numbers
from tasks.scoring.layout import Layout, lay_out, no_rows
from tasks.scoring.plain_lines import OutOfTheOrdinaryError, plain_lines

_FORM = "csv"


class CsvRows:
    """See tasks.scoring.batches.RowFile. Cells of features that are numbers may come as numbers, all others as text."""

    def __init__(self, target: Target, path: Path) -> None:
        """Raises InputError where it is missing, empty, no text, or has not the columns that the target needs."""
        self._path, self._target = path, target
        rows = self._read()
        first = list(islice(rows, 2))
        self.layout: Layout = lay_out(target, path, trimmed_header(path, first[:1]))
        if len(first) < 2:
            raise no_rows(path)
        # Where blank lines come first, Arrow and we might take different lines for the header.
        self._plain = first[0].line == 1
        self._whole = False

    def tables(self, size: int) -> Iterator[tuple[Any, float]]:  # noqa: D102 - as in the protocol
        done = 0
        for batch, share in self._quickly() if self._plain else ():
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size), share
            done += batch.num_rows
        if not self._whole:
            yield from self._carefully(done, size)

    def places(self, rows: list[int]) -> list[str]:  # noqa: D102
        wanted = set(rows)
        lines = {number: row.line for number, row in enumerate(islice(self._read(), 1, None)) if number in wanted}
        return [f"line {lines[row]}" for row in rows]

    def _quickly(self) -> Iterator[tuple[Any, float]]:
        """Batches up to the end of the file, or to where anything is out of the ordinary.

        What that is, and whether it is a fault, is for the careful reader to say, which then begins with that batch.
        """
        numbers = [name for name in self._target.numeric if name in self.layout.features]
        parse, size = _Parser(self.layout, numbers), max(1, self._path.stat().st_size)
        try:
            with open_bytes(self._path) as stream:
                runs = plain_lines(stream)
                done = len(next(runs))
                for lines in runs:
                    done += len(lines)
                    for batch in parse(lines):
                        if not self._is_sure(batch, numbers):
                            return
                        yield batch, min(1.0, done / size)
            self._whole = True
        except (pa.ArrowException, InputError, OutOfTheOrdinaryError):
            return

    def _is_sure(self, batch: Any, numbers: list[str]) -> bool:
        return all(sure_numbers(batch.column(name), name in self._target.required) is not None for name in numbers)

    def _carefully(self, done: int, size: int) -> Iterator[tuple[Any, float]]:
        """Batches of text of the rows after the first `done`."""
        rows = islice(self._read(), 1 + done, None)
        while taken := list(islice(rows, size)):
            for row in taken:
                if row.fault or len(row.cells) != len(self.layout.header):
                    fault = row.fault or f"{len(row.cells)} cells where the header has {len(self.layout.header)}"
                    raise InputError(
                        f"{self._path}, line {row.line}: {fault}.", hint="Mend that line or export it again."
                    )
            columns = dict(zip(self.layout.header, zip(*(row.cells for row in taken), strict=True), strict=True))
            cells = {name: pa.array(columns[name], pa.string()) for name in self.layout.read}
            yield pa.RecordBatch.from_pydict(cells), 0.0

    def _read(self) -> Iterator[Row]:
        try:
            yield from read_rows(self._path, FileOptions(), _FORM)
        except InputError as error:
            raise InputError(error.message, hint="Export it again, as UTF-8 text with commas.") from None


class _Parser:
    """Whole lines -> Arrow record batches, at most one."""

    def __init__(self, layout: Layout, numbers: list[str]) -> None:
        spelt = [spelling for word in MISSING for spelling in {word, word.upper(), word.capitalize()}]
        kinds = {name: pa.float64() if name in numbers else pa.string() for name in layout.read}
        self._header = list(layout.header)
        self._convert = pyarrow.csv.ConvertOptions(
            column_types=kinds, include_columns=list(layout.read), null_values=[*spelt, "NaN"]
        )

    def __call__(self, lines: bytes) -> list[Any]:
        # In one block and in this thread: Arrow's own must not be at work when a process ends.
        reading = pyarrow.csv.ReadOptions(use_threads=False, block_size=len(lines) + 1, column_names=self._header)
        table = pyarrow.csv.read_csv(pa.BufferReader(lines), reading, convert_options=self._convert)
        return list(table.combine_chunks().to_batches())
