"""Small random datasets for tests, with the edges that real ones have: ties, month ends, gaps, missing cells."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl

from refrain.datasets import AUDIO_FEATURES, DATASETS
from sources.canonical import TYPES

Row = dict[str, Any]


def random_scrobbles(seed: int, rows: int = 1500, listeners: int = 3, months: int = 16) -> list[Row]:
    """Plays of a few listeners, each with a drifting taste, some of them within a second of a month's start or end."""
    chance = random.Random(seed)
    start = datetime(2023, 7, 5)
    plays = []
    for _ in range(rows):
        listener = chance.randrange(listeners)
        moment = start + timedelta(seconds=chance.randrange(months * 30 * 86400))
        if chance.random() < 0.05:
            moment = moment.replace(day=1, hour=0, minute=0, second=0) - timedelta(seconds=chance.randrange(2))
        taste = moment.month + moment.year * 12 + chance.randrange(4) ** 2
        artist = f"artist {taste % 23} {listener if chance.random() < 0.5 else ''}".strip()
        plays.append(
            {
                "played_at": moment,
                "artist": artist,
                "track": f"song {min(chance.randrange(1, 9), chance.randrange(1, 9))}",
                "listener": f"listener {listener}",
            }
        )
    return plays


def random_tracks(seed: int, rows: int = 250, artists: int = 12) -> list[Row]:
    """Tracks of a few artists, many on the same days, some dated to the month or year alone, some cells missing."""
    chance = random.Random(seed)
    tracks = []
    for number in range(rows):
        precision = chance.choices(("day", "month", "year"), (8, 1, 2))[0]
        released = date(2015, 1, 1) + timedelta(days=chance.randrange(40) * 53 + chance.choice((0, 0, 0, 1)))
        released = released.replace(
            month=1 if precision == "year" else released.month, day=released.day if precision == "day" else 1
        )
        artist = chance.randrange(artists)
        ending = chance.choice(("", "", "", " - Remix", " (feat. Someone)", " [Live]", " - 2011 Remaster"))
        tracks.append(
            {
                "track_id": f"t{number:04}",
                "artist_id": f"a{artist}",
                "title": f"Song {chance.randrange(30)}{ending}",
                "artist": f"The {artist}",
                "release_date": released,
                "release_precision": precision,
                "popularity": None if chance.random() < 0.05 else float(chance.randrange(101)),
                **{name: _audio(name, chance) for name in AUDIO_FEATURES},
                "genre": chance.choice(("pop", "rock", "latin", None)),
            }
        )
    return tracks


def _audio(name: str, chance: random.Random) -> float | int | None:
    if name in ("liveness", "duration_ms") and chance.random() < 0.3:
        return None
    if name in ("key", "mode", "duration_ms"):
        return chance.randrange(12 if name == "key" else 2 if name == "mode" else 400_000)
    return round(chance.uniform(-20, 0) if name == "loudness" else chance.random(), 4)


RANDOM_ROWS = {"scrobbles": random_scrobbles, "tracks": random_tracks}
"""Dataset -> its random rows for a seed. A target on another dataset needs an entry here."""


def frame(dataset: str, rows: list[Row]) -> pl.DataFrame:
    """`rows` typed as the dataset's canonical columns are."""
    names = [column.name for column in DATASETS[dataset].columns if any(column.name in row for row in rows)]
    schema = {name: TYPES[DATASETS[dataset].column(name).type] for name in names}
    return pl.DataFrame([{name: row.get(name) for name in names} for row in rows], schema=schema)


def lazy(dataset: str, rows: list[Row]) -> "nw.LazyFrame[Any]":
    """`rows` as the lazy frame that a target's `rows` takes."""
    return nw.from_native(frame(dataset, rows).lazy())


def canonical_csv(rows: pl.DataFrame) -> str:
    """`rows` as the text of the canonical CSV."""
    return rows.with_columns(
        pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%SZ"), pl.col(pl.Date).dt.strftime("%Y-%m-%d")
    ).write_csv()


def utc(text: str) -> datetime:
    """The naive UTC moment that an ISO text names."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).replace(tzinfo=None)
