"""Typed rows on their way to a canonical CSV: kept on disk, then written in order without holding them all."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from refrain.datasets import ColumnType, Dataset
from refrain.files import replacing

_PART_ROWS = 250_000
_SLICE_ROWS = 500_000
_SAMPLE_EVERY = 1_000


class Spool:
    """Collects typed rows in Parquet parts inside `folder`, and writes them sorted, repeated rows once.

    Memory stays bounded by a few hundred thousand rows, however many are added and in whatever order.
    """

    def __init__(self, dataset: Dataset, folder: Path, carried: Sequence[str] = ()) -> None:
        """`carried` columns are kept beside the dataset's until the rows are written."""
        self._dataset = dataset
        self._carried = list(carried)
        self._columns: list[str] = []
        self._order: list[str] = []
        self._folder = folder
        self._pending: list[pl.DataFrame] = []
        self._waiting = 0
        self._parts: list[Path] = []
        self._samples: list[pl.Series] = []
        self.rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take in the rows of `frame`, which has the same columns each time.

        Columns that are neither the dataset's nor carried are left out.
        """
        self._columns = [column.name for column in self._dataset.columns if column.name in frame.columns]
        self._order = [*row_order(self._dataset, self._columns), *self._carried]
        self._pending.append(frame.select(*self._columns, *self._carried))
        self._waiting += frame.height
        self.rows += frame.height
        if self._waiting >= _PART_ROWS:
            self._flush()

    def write(
        self,
        path: Path,
        same: Sequence[str] | None = None,
        revise: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    ) -> int:
        """Write the canonical CSV to `path`, sorted by `row_order`, and return the number of rows written.

        Rows equal in all columns are written once; with `same`, rows equal in those columns (the first in order stays,
        one with a missing value after one without). `revise` is given the rows in runs that hold every row of an entity
        (a value of the first sort column), sorted and with the carried columns; what it gives back is written.
        """
        self._flush()
        subset = [name for name in same if name in self._columns] if same is not None else self._columns
        written = 0
        with replacing(path) as beside, beside.open("wb") as stream:
            for number, piece in enumerate(self._slices()):
                rows = piece.sort(self._order, nulls_last=True).unique(subset=subset, keep="first", maintain_order=True)
                rows = self._written(revise(rows) if revise else rows)
                rows.write_csv(
                    stream,
                    include_header=number == 0,
                    date_format="%Y-%m-%d",
                    datetime_format="%Y-%m-%dT%H:%M:%SZ",
                    line_terminator="\n",
                )
                written += rows.height
        return written

    def _written(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.select(column.name for column in self._dataset.columns if column.name in rows.columns)

    def _flush(self) -> None:
        if not self._pending:
            return
        part = pl.concat(self._pending).sort(self._order[0])
        path = self._folder / f"{len(self._parts)}.parquet"
        part.write_parquet(path, compression="zstd", row_group_size=50_000)
        self._samples.append(part[self._order[0]].gather_every(_SAMPLE_EVERY))
        self._parts.append(path)
        self._pending, self._waiting = [], 0

    def _slices(self) -> Iterator[pl.DataFrame]:
        """The rows in ranges of the first sort column, lowest first; equal values always fall into one range."""
        cuts, value = self._cuts(), pl.col(self._order[0])
        for low, high in zip([None, *cuts], [*cuts, None], strict=True):
            rows = pl.scan_parquet(self._parts)
            rows = rows if low is None else rows.filter(value >= low)
            rows = rows if high is None else rows.filter(value < high)
            yield rows.collect(engine="streaming")

    def _cuts(self) -> list[Any]:
        """Values of the first sort column between which lie about `_SLICE_ROWS` rows each."""
        sample = pl.concat(self._samples).sort()
        step = _SLICE_ROWS // _SAMPLE_EVERY
        return sample.gather_every(step, offset=step).unique(maintain_order=True).to_list()


def row_order(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    """The columns by which a dataset's rows are sorted: its key, times first, then every other column.

    Scrobbles thus stand oldest first, everything else by id; text is ordered by its UTF-8 bytes, missing values last.
    """
    key = [name for name in dataset.key if name in columns]
    times = [name for name in key if dataset.column(name).type is ColumnType.TIMESTAMP]
    return list(dict.fromkeys([*times, *key, *columns]))
