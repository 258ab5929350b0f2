"""Batches of rows put together to chunks that hold every row of their tracks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.forecasting.histories import starts_of
from tasks.forecasting.row_batches import NotPlainError, RowBatch

CHUNK_ROWS = 2_000_000
"""Rows from which a chunk is full: some thousands of tracks, whose arrays stay near the processor."""


@dataclass(frozen=True)
class TrackRows:
    """All rows of n tracks, the days of each ascending; shapes as in tasks.forecasting.histories.Histories."""

    track_ids: NDArray[np.object_]
    starts: NDArray[np.int64]
    days: NDArray[np.int32]
    counts: NDArray[np.int64] | NDArray[np.float64]
    covered: NDArray[np.int32] | None
    cutoffs: NDArray[np.float64] | None


def whole_tracks(batches: Iterable[RowBatch], chunk_rows: int = CHUNK_ROWS) -> Iterator[TrackRows]:
    """Chunks of about `chunk_rows` rows or more, in the order of the file.

    Raises NotPlainError (perhaps after some chunks) if the rows of a track lie apart.
    """
    seen: set[str] = set()
    for waiting in _filled(batches, chunk_rows):
        chunk = _sorted(_put_together(waiting))
        before = len(seen)
        seen.update(chunk.track_ids)
        if len(seen) < before + len(chunk.track_ids):
            raise NotPlainError("the rows of a track lie apart")
        yield chunk


def _filled(batches: Iterable[RowBatch], chunk_rows: int) -> Iterator[list[RowBatch]]:
    """The batches in lists, cut where a track ends."""
    waiting: list[RowBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += len(batch.days)
        if rows >= chunk_rows and len(batch.starts) > 1:
            # The last track may go on in the next batch.
            whole, rest = _cut(batch, len(batch.starts) - 1)
            yield [*waiting[:-1], whole]
            waiting, rows = [rest], len(rest.days)
    if waiting:
        yield waiting


def _cut(batch: RowBatch, run: int) -> tuple[RowBatch, RowBatch]:
    """The runs before `run`, and those from it on."""
    row = int(batch.starts[run])

    def part(runs: slice, rows: slice) -> RowBatch:
        return RowBatch(
            track_ids=batch.track_ids[runs],
            starts=batch.starts[runs] - (rows.start or 0),
            days=batch.days[rows],
            counts=batch.counts[rows],
            covered=None if batch.covered is None else batch.covered[rows],
            cutoffs=None if batch.cutoffs is None else batch.cutoffs[rows],
        )

    return part(slice(None, run), slice(None, row)), part(slice(run, None), slice(row, None))


def _put_together(batches: list[RowBatch]) -> TrackRows:
    ids = np.concatenate([batch.track_ids for batch in batches])
    sizes = [np.diff(np.append(batch.starts, len(batch.days))) for batch in batches]
    lengths = np.concatenate(sizes).astype(np.int64)
    # A track that went on from one batch to the next is two runs of one id.
    begins = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    return TrackRows(
        track_ids=ids[begins],
        starts=starts_of(np.add.reduceat(lengths, begins)),
        days=_joined([batch.days for batch in batches]),
        counts=_joined([batch.counts for batch in batches]),
        covered=_joined([batch.covered for batch in batches]),
        cutoffs=_joined([batch.cutoffs for batch in batches]),
    )


def _joined(parts: list[Any]) -> Any:
    """One array of several; None where there is none in any batch of the file."""
    return None if parts[0] is None else parts[0] if len(parts) == 1 else np.concatenate(parts)


def _sorted(rows: TrackRows) -> TrackRows:
    """The rows with the days of each track ascending: many a file has the newest first."""
    falls = rows.days[1:] < rows.days[:-1]
    falls[rows.starts[1:-1] - 1] = False
    if not falls.any():
        return rows
    order = np.lexsort((rows.days, np.repeat(np.arange(len(rows.track_ids)), np.diff(rows.starts))))
    return TrackRows(
        track_ids=rows.track_ids,
        starts=rows.starts,
        days=rows.days[order],
        counts=rows.counts[order],
        covered=None if rows.covered is None else rows.covered[order],
        cutoffs=None if rows.cutoffs is None else rows.cutoffs[order],
    )
