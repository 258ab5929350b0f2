"""Random rows of a store, and what the datasets must be that are made of them, the slow way."""

import csv
import io
import random
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from tasks.collected.store import EventStore
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

START = int(datetime(2024, 1, 30, tzinfo=UTC).timestamp())
Row = dict[str, Any]
Told = list[tuple[Any, Row]]
"""(table, row) in the order in which the store is told."""
_NAMES = ["ana", "Ana", "Zoë", 'b"c', "d,e", "ß", "éclair", "中文", "😀", "user 9", "z\nz"]


def random_rows(seed: int, events: int = 300, with_shows: bool = False) -> Told:
    """Users (two of the names never register), cancellations, sessions of four months, perhaps shows; in any order."""
    chance = random.Random(seed)
    told: Told = [(USERS, user(name, age=chance.choice([None, 5, 44]))) for name in _NAMES[2:]]
    told += [(CANCELLATIONS, cancellation(name)) for name in _NAMES[1:5]]
    if with_shows:
        told += [(SHOWS, show(f"show {number}")) for number in range(5)]
    seen = set()
    while len(seen) < events:
        row = event(
            chance.choice(_NAMES),
            START + chance.randrange(120) * 86_400 + chance.choice([0, 1, 43_200, 86_399]),
            content_watched="|".join(f"show {chance.randrange(6)}" for _ in range(chance.randrange(3))),
            genres_watched=chance.choice([None, "", "drama|sport"]),
            total_watch_time=chance.choice([0.0, 0.1, 12.5, 100 / 3, 1440.0]),
            num_pauses=chance.choice([None, 0, 3]),
            was_recommended=chance.choice([None, True, False]),
        )
        key = (row["user_id"], row["login_time"], row["content_watched"])
        if key not in seen:
            seen.add(key)
            told.append((EVENTS, row))
    chance.shuffle(told)
    return told


def user(name: str, **more: Any) -> Row:
    given = {"country": "DE", "preferred_genre": None, "subscription": "basic", "email_hash": f"secret of {name}"}
    return {"user_id": name, "registered_at": START - 5, "age": None, "received_at": START, **given, **more}


def cancellation(name: str, **more: Any) -> Row:
    return {"user_id": name, "cancelled_at": START + 5, "reason": "price", "received_at": START + 6, **more}


def show(name: str, **more: Any) -> Row:
    given = {"genre": None, "duration_min": 1.5, "released_at": datetime(2023, 5, 6).date(), "rating": None}
    return {"show_id": name, "title": name.upper(), "received_at": START, **given, **more}


def event(name: str, login: int = START, **more: Any) -> Row:
    row = {
        "event_id": None,
        "user_id": name,
        "login_time": login,
        "content_watched": "show 1",
        "genres_watched": None,
        "total_watch_time": 1.0,
        "num_pauses": None,
        "buffer_events": 2,
        "was_recommended": None,
        "received_at": login + 60,
        **more,
    }
    return {**row, "session_digest": hash((row["user_id"], row["content_watched"])) // 2}


def tell(store: EventStore, told: Told) -> None:
    """Each row in its place in the order."""
    with store.writing() as connection:
        for table, row in told:
            connection.execute(insert(table), row)


def slow_datasets(told: Told) -> dict[str, str]:
    """Dataset -> the CSV that the parts must be, put together without their headers but the first."""
    users = {row["user_id"]: row for table, row in told if table is USERS}
    left = {row["user_id"]: row for table, row in told if table is CANCELLATIONS}
    events = [row for table, row in told if table is EVENTS and row["user_id"] in users]
    shows = [row for table, row in told if table is SHOWS]
    if not shows:
        watched = {name for row in events for name in row["content_watched"].split("|") if name}
        shows = [{"show_id": name, "title": name} for name in watched]
    return {
        "users": _csv(
            "user_id registered_at age country preferred_genre subscription cancelled_at churn_reason",
            sorted((_with_cancellation(row, left) for row in users.values()), key=lambda row: _bytes(row["user_id"])),
        ),
        "shows": _csv("show_id title genre duration_min released_at rating", sorted(shows, key=lambda r: r["show_id"])),
        "events": _csv(
            "user_id login_time content_watched genres_watched total_watch_time num_pauses buffer_events"
            " was_recommended",
            sorted(events, key=_session_order),
        ),
    }


def _session_order(row: Row) -> Any:
    watched = row["content_watched"]
    return row["login_time"], _bytes(row["user_id"]), not watched, _bytes(watched)


def _bytes(text: str) -> bytes:
    return text.encode()


def _with_cancellation(row: Row, left: dict[str, Row]) -> Row:
    found = left.get(row["user_id"], {})
    return {**row, "cancelled_at": found.get("cancelled_at"), "churn_reason": found.get("reason")}


def _csv(columns: str, rows: list[Row]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns.split())
    writer.writerows([_cell(name, row.get(name)) for name in columns.split()] for row in rows)
    return written.getvalue()


def _cell(name: str, value: Any) -> Any:
    if name in ("login_time", "registered_at", "cancelled_at") and value is not None:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return int(value) if isinstance(value, bool) else value
