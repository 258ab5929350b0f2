"""Many daily counts, quickly: tracks that come out over the years, decay, and miss a day now and then."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

_START, _DAYS = 18_628, 1096  # 2021-01-01, three years
_TRACKS = 2_000  # written at a time


def write_daily_streams(path: Path, rows: int, seed: int = 1) -> int:
    """Write about `rows` daily counts, track by track and day by day, as Parquet; the number written."""
    random = np.random.default_rng(seed)
    written, track, writer = 0, 0, None
    while written < rows:
        frame = _tracks(track, random).head(rows - written)
        table = frame.to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
        written, track = written + frame.height, track + _TRACKS
    assert writer is not None
    writer.close()
    return written


def _tracks(first: int, random: np.random.Generator) -> pl.DataFrame:
    day = np.arange(_DAYS)
    out = np.where(random.random(_TRACKS) < 0.4, 0, random.integers(0, _DAYS - 30, _TRACKS))
    level = 10 ** random.uniform(1, 5, _TRACKS)
    age = np.maximum(day[None, :] - out[:, None], 0)
    mean = level[:, None] * (0.3 + 0.7 * np.exp(-age / random.uniform(10, 400, _TRACKS)[:, None]))
    streams = random.poisson(mean * (1 + 0.15 * ((day + 4) % 7 == 4)))
    there = (day[None, :] >= out[:, None]) & (random.random(streams.shape) > 0.01)
    track, date = np.nonzero(there)
    return pl.DataFrame(
        {"track": track + first, "date": (date + _START).astype(np.int32), "streams": streams[there]}
    ).select(
        track_id=pl.format("T{}", pl.col("track").cast(pl.String).str.zfill(10)),
        date=pl.col("date").cast(pl.Date),
        streams=pl.col("streams").cast(pl.Int64),
    )
