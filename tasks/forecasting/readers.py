"""A catalogue's files as chunks of whole tracks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.forecasting.histories import Histories
from tasks.forecasting.row_batches import RowBatch, row_batches
from tasks.forecasting.track_facts import TrackFacts
from tasks.forecasting.whole_tracks import CHUNK_ROWS, whole_tracks


@dataclass(frozen=True)
class CatalogueFiles:
    """Where a catalogue lies: files of the datasets of these names, .csv or .parquet."""

    daily_streams: Path
    tracks: Path | None = None
    artist_listeners: Path | None = None


def read_histories(
    daily_streams: Iterable[Path], facts: TrackFacts, chunk_rows: int = CHUNK_ROWS
) -> Iterator[Histories]:
    """Every track of the files in chunks of about `chunk_rows` counts, in the order in which the tracks lie there.

    New tracks of which only `facts` knows come last. The rows of a track are to lie together (as `made_plain` leaves
    them), in whatever order. Raises NotPlainError (perhaps after some chunks) if they do not, or if cells are no
    numbers or dates, and InputError if a file is none of daily_streams.
    """
    for rows in whole_tracks(_all_batches(daily_streams), chunk_rows):
        released, artists, mldr = facts.of(rows.track_ids)
        yield Histories(
            track_ids=rows.track_ids,
            starts=rows.starts,
            days=rows.days,
            counts=rows.counts,
            release_days=released,
            mldr=mldr,
            artists=artists,
            covered=rows.covered,
            cutoffs=rows.cutoffs,
        )
    uncounted = facts.uncounted()
    if len(uncounted):
        yield uncounted


def _all_batches(paths: Iterable[Path]) -> Iterator[RowBatch]:
    for path in paths:
        yield from row_batches(path)
