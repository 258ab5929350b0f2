"""Many scrobbles, quickly: heavy tails in artists and tracks, tastes that move on, tens of thousands of plays each."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

_START, _DAYS = 1_609_459_200, 1096  # 2021-01-01, three years
_PLAYS_EACH = 20_000
_SLICE = 2_000_000


def write_scrobbles(path: Path, rows: int, seed: int = 1) -> None:
    """Write `rows` scrobbles in the order they were played, one slice of time after another."""
    random = np.random.default_rng(seed)
    slices = max(1, rows // _SLICE)
    listeners = max(2, rows // _PLAYS_EACH)
    seconds = _DAYS * 86_400 // slices
    writer = None
    for number in range(slices):
        count = rows // slices + (rows % slices if number == 0 else 0)
        moments = _START + number * seconds + random.integers(0, seconds, count)
        table = _slice(moments, listeners, random).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _slice(moments: np.ndarray, listeners: int, random: np.random.Generator) -> pl.DataFrame:
    count = len(moments)
    listener = random.integers(0, listeners, count)
    rank = np.minimum(random.zipf(1.35, count), 400) - 1
    # A listener's favourites are their own, and each of them gives way to another after some weeks.
    weeks = (moments - _START) // (86_400 * 7)
    artist = (listener * 7919 + rank * 104_729 + weeks // (3 + rank % 17) * 31) % 60_000
    return (
        pl.DataFrame({"second": moments, "artist": artist, "listener": listener})
        .with_columns(track=pl.Series(np.minimum(random.zipf(1.3, count), 60)))
        .sort("second")
        .select(
            played_at=pl.from_epoch("second").cast(pl.Datetime("us")),
            artist=pl.format("Artist number {}", "artist"),
            track=pl.format("Song {} of {}", "track", "artist"),
            listener=pl.format("listener-{}", "listener"),
        )
    )
