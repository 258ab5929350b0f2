"""Scrambling the future of an audience. Of a session nothing is known before it ends, not even that it began."""

import random
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]


def scramble_users(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other users who register after the day, and other cancellations after it: moved, unsaid, or said by others."""
    chance = random.Random(seed)
    end = _end_of(after)
    known = [_other_leaving(row, end, chance) for row in rows if row["registered_at"] < end]
    later = [
        row
        | {
            "registered_at": end + timedelta(hours=chance.randrange(2000)),
            "age": chance.choice([None, 11, 77]),
            "country": "elsewhere",
            "preferred_genre": "opera",
            "subscription": "another",
            "cancelled_at": None,
            "churn_reason": None,
        }
        for row in rows
        if row["registered_at"] >= end and chance.random() < 0.8
    ]
    drawn = [row | {"user_id": f"new {row['user_id']}"} for row in later]
    return _shuffled([*known, *later, *drawn], chance)


def scramble_events(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other sessions that end after the day: of half of the users none, of the others and of somebody new many.

    Some of the new ones begin before the day's end.
    """
    chance = random.Random(seed)
    end = _end_of(after)
    past = [row for row in rows if _ends(row) < end]
    future = [row for row in rows if _ends(row) >= end]
    users = sorted({row["user_id"] for row in rows})
    staying = chance.sample(users, len(users) // 2)
    kept = [row | {"num_pauses": 9} for row in future if row["user_id"] in staying and chance.random() < 0.4]
    drawn = []
    for row in future:
        begun = end + timedelta(minutes=chance.choice([-1, -700, chance.randrange(60 * 24 * 60)]))
        drawn.append(
            row
            | {
                "user_id": chance.choice([*staying, "someone new"]),
                "login_time": begun,
                "content_watched": f"unheard of {len(drawn)}",
                "genres_watched": chance.choice(["opera", "drama|opera"]),
                "total_watch_time": float(chance.randrange(700, 1440)),
            }
        )
    return _shuffled([*past, *kept, *drawn], chance)


def scramble_shows(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other shows released after the day, and other ratings everywhere: nobody says when these were read."""
    chance = random.Random(seed)
    later = [row for row in rows if row["released_at"] is not None and row["released_at"] > after]
    known = [row for row in rows if row not in later]
    moved = [row | {"genre": "opera", "released_at": after + timedelta(days=chance.randrange(1, 60))} for row in later]
    drawn = [row | {"show_id": f"new {row['show_id']}", "genre": "drama"} for row in moved]
    every = [row | {"rating": round(chance.uniform(0, 10), 1)} for row in (*known, *moved, *drawn)]
    return _shuffled(every, chance)


def scramble_hourly_users(rows: list[Row], after: date, seed: int) -> list[Row]:
    """Other numbers in the hours after the day, some of them gone."""
    chance = random.Random(seed)
    end = _end_of(after)
    past = [row for row in rows if row["hour"] < end]
    future = [row | {"users": float(chance.randrange(10_000))} for row in rows if row["hour"] >= end]
    return _shuffled([*past, *(row for row in future if chance.random() < 0.9)], chance)


def _ends(session: Row) -> datetime:
    return session["login_time"] + timedelta(minutes=session["total_watch_time"] or 0)


def _other_leaving(row: Row, end: datetime, chance: random.Random) -> Row:
    """The user with another cancellation, where none was known by `end`."""
    if row["cancelled_at"] is not None and row["cancelled_at"] < end:
        return row
    if chance.random() < 0.2:
        return row | {"cancelled_at": None, "churn_reason": None}
    said = end + timedelta(minutes=chance.randrange(40 * 24 * 60))
    return row | {"cancelled_at": said, "churn_reason": chance.choice(["price", "content", "price", None])}


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def _shuffled(rows: list[Row], chance: random.Random) -> list[Row]:
    return chance.sample(rows, len(rows))
