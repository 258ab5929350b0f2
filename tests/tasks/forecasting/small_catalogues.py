"""Small catalogues of every kind for the tests of forecasting, and a model whose answers can be told by heart."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from tasks.forecasting.histories import date_of, day_of, histories, starts_of

FIRST, LAST = day_of(date(2021, 11, 20)), day_of(date(2024, 4, 10))
ARTISTS = 6


def daily(seed: int, tracks: int = 30, gaps: float = 0.0) -> pl.DataFrame:
    """Daily counts of tracks that come and go at different times; `gaps`: share of the days that are not there."""
    random = np.random.default_rng(seed)
    return _table(random, tracks, 1, gaps)


def weekly_chart(seed: int, tracks: int = 40) -> pl.DataFrame:
    """Weekly counts of a chart: tracks drop out of it and come back, and each week says how low it lists."""
    random = np.random.default_rng(seed)
    counts = _table(random, tracks, 7, 0.1)
    cutoffs = 20 + pl.col("date").dt.ordinal_day() % 17
    return counts.with_columns(days=pl.lit(7), cutoff=cutoffs).with_columns(
        streams=pl.col("streams") + pl.col("cutoff")
    )


def _table(random: np.random.Generator, tracks: int, step: int, gaps: float) -> pl.DataFrame:
    parts = []
    for number in range(tracks):
        begin = FIRST + step * int(random.integers(0, (LAST - FIRST) // step - 5))
        end = LAST if random.random() < 0.6 else int(random.integers(begin, LAST + 1))
        days = np.arange(begin, end + 1, step)
        days = days[random.random(len(days)) >= (gaps if number % 3 else 0.0)]
        level = random.lognormal(4, 1.5) * step
        counts = np.rint(level * np.exp(-0.001 * (days - begin) + 0.3 * random.standard_normal(len(days))))
        parts.append(
            pl.DataFrame(
                {
                    "track_id": [f"T{number:04d}"] * len(days),
                    "date": pl.Series(days.astype(np.int32)).cast(pl.Date),
                    "streams": counts.astype(np.int64),
                }
            )
        )
    return pl.concat(parts)


def known_tracks(counts: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Release dates before, on, and (which cannot be) after the first count, some known by the year or month alone;
    new tracks without any count; a track of nobody; one without a date.
    """
    random = np.random.default_rng(seed)
    firsts = counts.group_by("track_id").agg(pl.col("date").min()).sort("track_id")
    shift = random.choice([0, 0, -1, -40, -400, 12], len(firsts))
    shift[:2] = 500  # counted long before they are said to be out
    released = [day_of(day) + int(moved) for day, moved in zip(firsts["date"], shift, strict=True)]
    ids = firsts["track_id"].to_list() + [f"N{number:02d}" for number in range(12)]
    released += [int(day) for day in random.integers(LAST - 150, LAST + 20, 12)]
    precision = random.choice(["day", "day", "day", "month", "year"], len(ids)).tolist()
    dates = [_rounded(date_of(day), how) for day, how in zip(released, precision, strict=True)]
    artists = [f"A{number % ARTISTS}" for number in range(len(ids))]
    return pl.DataFrame(
        {"track_id": ids, "artist_id": artists, "release_date": dates, "release_precision": precision}
    ).with_columns(release_date=pl.when(pl.col("track_id") == "T0007").then(None).otherwise("release_date"))


def _rounded(day: date, precision: str) -> date:
    return day.replace(day=1, month=1) if precision == "year" else day.replace(day=1) if precision == "month" else day


def listeners(seed: int) -> pl.DataFrame:
    """Monthly listeners of most artists, falling at different rates."""
    random = np.random.default_rng(seed)
    days = np.arange(FIRST, LAST + 1)
    parts = [
        pl.DataFrame(
            {
                "artist_id": [f"A{artist}"] * len(days),
                "date": pl.Series(days.astype(np.int32)).cast(pl.Date),
                "monthly_listeners": np.rint(
                    1e5 * np.exp(-0.002 * artist * (days - FIRST) / 3 + 0.05 * random.standard_normal(len(days)))
                ).astype(np.int64),
            }
        )
        for artist in range(ARTISTS - 1)
    ]
    return pl.concat(parts)


def written(folder: Path, **tables: pl.DataFrame) -> Path:
    """The tables as Parquet files of their names in `folder`, in row groups that end within tracks."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", row_group_size=333)
    return folder


def of_arrays(**tracks: list[tuple[int, float]]):
    """Histories of tracks given as lists of (day, count)."""
    lengths = np.array([len(rows) for rows in tracks.values()], dtype=np.int64)
    rows = [row for each in tracks.values() for row in each]
    counts = np.array([row[1] for row in rows])
    return histories(
        np.array(list(tracks), dtype=object),
        starts_of(lengths),
        np.array([row[0] for row in rows], dtype=np.int32),
        counts if counts.dtype.kind == "f" else counts.astype(np.int64),
    )


class LastMonth:
    """Says of every month that it will be as the last one, within bounds that are shares of it."""

    estimator = None
    shares = np.array([1.0, 0.8, 1.2, 0.5, 1.5])

    def curves(self, tracks, months):
        level = np.nan_to_num(tracks["s30"].to_numpy())
        return level[:, None, None] * np.ones((1, months, 1)) * self.shares

    def totals(self, tracks, months, curves=None):
        return (self.curves(tracks, months) if curves is None else curves).sum(axis=1)
