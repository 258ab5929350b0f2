"""Scrambling the future of a raw dataset: every row later than a day gets other values, goes, or is joined by more."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from scramble_audience import scramble_events, scramble_hourly_users, scramble_shows, scramble_users

Row = dict[str, Any]


def scramble_scrobbles(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other plays after the day, for every listener who has any.

    That a listener plays on at all is kept (one play stands, in its place): without it their last month before the day
    would no longer be known to be complete, and would rightly be no row. Nobody else gets a play, for the same reason.
    """
    chance = random.Random(seed)
    past = [row for row in rows if row["played_at"].date() <= after]
    future = [row for row in rows if row["played_at"].date() > after]
    standing = {row["listener"]: row for row in future}
    lately = sorted(past, key=lambda row: row["played_at"])[-100:]
    loved = {listener: [row["artist"] for row in lately if row["listener"] == listener][-8:] for listener in standing}
    drawn = []
    for _ in range(2 * len(future)):
        listener = chance.choice(list(standing))
        second = chance.randrange(chance.choice((80, 500)) * 86400)
        drawn.append(
            {
                "played_at": datetime(after.year, after.month, after.day) + timedelta(days=1, seconds=second),
                "artist": chance.choice([*loved[listener], "someone new"]),
                "track": f"song {chance.randrange(20)}",
                "listener": listener,
            }
        )
    return shuffled([*past, *standing.values(), *drawn], chance)


def scramble_tracks(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other tracks after the day, and other popularities everywhere: each is a reading taken after all releases."""
    chance = random.Random(seed)
    past = [row for row in rows if row["release_date"] <= after]
    future = [row for row in rows if row["release_date"] > after]
    drawn = [
        {
            **{name: chance.choice(rows)[name] for name in rows[0]},
            "track_id": f"new {number}",
            "release_date": after + timedelta(days=chance.randrange(1, 400)),
            "release_precision": "day",
        }
        for number in range(2 * len(future))
    ]
    kept = [row | {"title": "another title"} for row in future if chance.random() < 0.5]
    every = [row | {"popularity": float(chance.randrange(101))} for row in (*past, *kept, *drawn)]
    return shuffled(every, chance)


def scramble_daily_streams(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other counts after the day, other lowest counts, tracks that go, and tracks that nobody knew."""
    chance = random.Random(seed)
    past = [row for row in rows if row["date"] <= after]
    future = [row for row in rows if row["date"] > after]
    kept = [
        row | {"streams": chance.randrange(100_000), "cutoff": chance.randrange(1, 50)}
        for row in future
        if chance.random() < 0.95
    ]
    drawn = [row | {"track_id": f"new {row['track_id']}"} for row in future]
    return shuffled([*past, *kept, *drawn], chance)


def scramble_socials(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other readings after the day, some of them gone."""
    chance = random.Random(seed)
    past = [row for row in rows if row["date"] <= after]
    future = [row | {"value": float(chance.randrange(10**6))} for row in rows if row["date"] > after]
    return shuffled([*past, *chance.sample(future, len(future) // 2)], chance)


def scramble_artist_listeners(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other listeners after the day, some readings gone."""
    chance = random.Random(seed)
    past = [row for row in rows if row["date"] <= after]
    future = [row | {"monthly_listeners": chance.randrange(10**7)} for row in rows if row["date"] > after]
    return shuffled([*past, *chance.sample(future, len(future) // 2)], chance)


def shuffled(rows: list[Row], chance: random.Random) -> list[Row]:
    """`rows` in another order: that of a file must not matter either."""
    return chance.sample(rows, len(rows))


SCRAMBLERS: dict[str, Callable[[list[Row], date, int], list[Row]]] = {
    "scrobbles": scramble_scrobbles,
    "tracks": scramble_tracks,
    "daily_streams": scramble_daily_streams,
    "socials": scramble_socials,
    "artist_listeners": scramble_artist_listeners,
    "users": scramble_users,
    "shows": scramble_shows,
    "events": scramble_events,
    "hourly_users": scramble_hourly_users,
}
"""Dataset -> its scrambler. A target on another dataset needs an entry here."""
