"""A catalogue's daily counts, quickly: heavy tails in size, decay with age, seasons of the week and year, some gaps."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

LAST_DAY = 20_454  # 2026-01-01, in days since 1970-01-01
_CHUNK = 10_000
_LETTERS = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
_WITH_GAPS = 0.05
"""Share of the tracks that lack some of their days."""
_TRACKS_AN_ARTIST = 12


def write_catalogue(folder: Path, tracks: int, days: int = 400, suffix: str = ".parquet", seed: int = 1) -> None:
    """Write `daily_streams` and `tracks` (as `suffix` says) to `folder`, sorted by track and date."""
    random = np.random.default_rng(seed)
    counts = _Writer(folder / f"daily_streams{suffix}")
    known = _Writer(folder / f"tracks{suffix}")
    for first in range(0, tracks, _CHUNK):
        numbers = np.arange(first, min(first + _CHUNK, tracks))
        ids = _ids(numbers, random)
        # Ages when the counts begin: a third of the tracks are seen from their release on.
        age = np.where(random.random(len(ids)) < 1 / 3, 0, random.integers(30, 2_000, len(ids)))
        counts.write(_counts(ids, age, days, random))
        released = pa.array((LAST_DAY - days + 1 - age).astype(np.int32)).cast(pa.date32())
        artists = pa.array([f"A{number // _TRACKS_AN_ARTIST:08d}" for number in numbers])
        known.write(pa.table({"track_id": ids, "artist_id": artists, "release_date": released}))
    counts.close()
    known.close()


def _ids(numbers: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.object_]:
    """22 letters and digits, as a streaming service's ids are, ascending."""
    tails = _LETTERS[random.integers(0, len(_LETTERS), (len(numbers), 14))]
    return np.array(
        [f"{number:08d}" + "".join(tail) for number, tail in zip(numbers, tails, strict=True)], dtype=object
    )


def _counts(ids: NDArray[np.object_], age: NDArray[np.int64], days: int, random: np.random.Generator) -> pa.Table:
    level = random.lognormal(5.5, 2.0, len(ids))
    rate = random.gamma(2.0, 0.0004, len(ids))
    day = np.arange(LAST_DAY - days + 1, LAST_DAY + 1)
    season = 1 + 0.15 * np.isin(day % 7, (1, 2)) + 0.05 * np.sin(2 * np.pi * day / 365.25)
    lived = age[:, None] + np.arange(days)
    # Twice as fast in the first months, as young tracks fall.
    curve = level[:, None] * np.exp(-rate[:, None] * (lived + 60 * (1 - np.exp(-lived / 60.0)))) * season
    noise = np.exp(0.15 * random.standard_normal(1 << 16, dtype=np.float32))
    curve *= noise[(random.integers(0, 1 << 16, len(ids))[:, None] + 7 * np.arange(days)) & 0xFFFF]
    streams = np.rint(curve).astype(np.int64).ravel()
    kept = np.ones((len(ids), days), dtype=np.bool_)
    gappy = np.flatnonzero(random.random(len(ids)) < _WITH_GAPS)
    kept[gappy] = random.random((len(gappy), days)) > 0.03
    rows = kept.ravel()
    track = np.repeat(np.arange(len(ids), dtype=np.int32), days)[rows]
    dated = np.tile(day.astype(np.int32), len(ids))[rows]
    return pa.table(
        {
            "track_id": pa.DictionaryArray.from_arrays(track, pa.array(ids, pa.string())),
            "date": pa.array(dated).cast(pa.date32()),
            "streams": streams[rows],
        }
    )


class _Writer:
    """Parquet or CSV, as the file's name says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | pc.CSVWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self._path.suffix == ".csv":
            table = table.set_column(0, "track_id", table["track_id"].cast(pa.string()))
        if self._writer is None:
            quiet = pc.WriteOptions(quoting_style="none")
            self._writer = (
                pc.CSVWriter(self._path, table.schema, write_options=quiet)
                if self._path.suffix == ".csv"
                else pq.ParquetWriter(self._path, table.schema, compression="snappy")
            )
        self._writer.write(table) if self._path.suffix == ".csv" else self._writer.write_table(table)

    def close(self) -> None:
        assert self._writer is not None
        self._writer.close()
