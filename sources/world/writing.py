"""Writing frames to one CSV or Parquet file, one batch after the other."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from refrain.files import replacing

_ROW_GROUP = 500_000
_TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"


@contextmanager
def csv_writer(path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield a function that appends a frame to the CSV at `path`, which is written whole or not at all."""
    with replacing(path) as beside, beside.open("wb") as stream:

        def append(frame: pl.DataFrame) -> None:
            frame.write_csv(stream, include_header=stream.tell() == 0, datetime_format=_TIMESTAMP)

        yield append


def write_parquet(batches: Iterable[pl.DataFrame], path: Path) -> int:
    """Write the batches as one Parquet file, whole or not at all; the number of rows.

    Batches are joined into row groups of about half a million rows: a reader works on a group at a time.
    """
    rows = 0
    writer: pq.ParquetWriter | None = None
    with replacing(path) as beside:
        try:
            for group in _groups(batches):
                table = group.to_arrow()
                writer = writer or pq.ParquetWriter(beside, table.schema)
                writer.write_table(table)
                rows += len(group)
        finally:
            if writer is not None:
                writer.close()
    return rows


def _groups(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    waiting: list[pl.DataFrame] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _ROW_GROUP:
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)
