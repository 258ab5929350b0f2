"""Small random datasets for tests, with the edges that real ones have: ties, month ends, gaps, missing cells."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
from raw_audience import random_events, random_hourly_users, random_shows, random_users

from features.target import Target
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


def random_daily_streams(seed: int, tracks: int = 14, days: int = 190) -> list[Row]:
    """Daily counts over a new year and a leap day: some days missing, some tracks late or gone early, some unheard of.

    With an odd seed a chart's: no zeros, and the lowest count of each date beside it.
    """
    chance = random.Random(seed)
    start, censored = date(2019, 11, 20), bool(seed % 2)
    counts = []
    for number in range(tracks):
        level = 10 ** chance.uniform(1, 4)
        first = chance.choice((0, 0, chance.randrange(days)))
        last = chance.choice((days, days, chance.randrange(first, days) + 1))
        for day in range(first, last):
            level *= chance.uniform(0.9, 1.1)
            if chance.random() < 0.04:
                continue
            count = round(level * (1.3 if (start + timedelta(days=day)).weekday() == 4 else 1))
            count = 0 if not censored and chance.random() < 0.02 else count + censored
            track = f"t{number:04}" if number % 5 else f"elsewhere {number}"
            counts.append(
                {
                    "track_id": track,
                    "date": start + timedelta(days=day),
                    "streams": count,
                    "days": chance.choice((1, None)),
                }
            )
    lowest: dict[date, int] = {}
    for row in counts:
        lowest[row["date"]] = min(row["streams"], lowest.get(row["date"], row["streams"]))
    return [row | {"cutoff": lowest[row["date"]] if censored else None} for row in counts]


def random_socials(seed: int, tracks: int = 10, days: int = 190) -> list[Row]:
    """Readings on two platforms, about one a week and some series with a gap; one metric that nobody reads."""
    chance = random.Random(seed)
    start = date(2019, 11, 20)
    readings = []
    for number in range(tracks):
        for platform in ("one", "two"):
            for metric in ("followers", "listeners", "Views", "posts", "popularity", "likes"):
                if chance.random() < 0.3:
                    continue
                seen = [day for day in range(days) if chance.random() < 0.15 and not 60 <= day < 60 + 5 * number]
                readings += [
                    {
                        "track_id": f"t{number:04}",
                        "date": start + timedelta(days=day),
                        "platform": platform,
                        "metric": metric,
                        "value": round(chance.uniform(0, 100 if metric == "popularity" else 5000), 1),
                    }
                    for day in seen
                ]
    return readings


def random_artist_listeners(seed: int, artists: int = 12, days: int = 500) -> list[Row]:
    """Readings of monthly listeners, most of a day, some weekly, with months without any and some far from the rest."""
    chance = random.Random(seed)
    start = date(2019, 1, 9)
    readings = []
    for artist in range(artists):
        level, drift = 10 ** chance.uniform(2, 6), chance.uniform(0.995, 1.002)
        odd, empty = chance.sample(range(17), 2)
        for day in range(chance.choice((0, 0, 320)), days, chance.choice((1, 7))):
            level *= drift * chance.uniform(0.97, 1.03)
            if day // 30 != empty and chance.random() < 0.9:
                count = round(level * (4 if day // 30 == odd else 1))
                moment = start + timedelta(days=day)
                readings.append({"artist_id": f"a{artist}", "date": moment, "monthly_listeners": count})
    return readings


RANDOM_ROWS = {
    "scrobbles": random_scrobbles,
    "tracks": random_tracks,
    "daily_streams": random_daily_streams,
    "socials": random_socials,
    "artist_listeners": random_artist_listeners,
    "users": random_users,
    "shows": random_shows,
    "events": random_events,
    "hourly_users": random_hourly_users,
}
"""Dataset -> its random rows for a seed. A target on another dataset needs an entry here."""


def datasets_of(target: Target) -> tuple[str, ...]:
    """The datasets that a target reads, those that a project may lack among them."""
    return (*target.datasets, *target.optional)


def readings(targets: Iterable[Target]) -> list[tuple[str, tuple[str, ...]]]:
    """The name of each target with the datasets it reads, once more with those it can read instead."""
    found = []
    for target in targets:
        found.append((target.name, datasets_of(target)))
        if target.instead:
            found.append((target.name, target.reads({*target.instead.values(), *target.optional})))
    return found


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
