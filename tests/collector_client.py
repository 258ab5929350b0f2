"""A collector within the test's process, and bodies that it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from starlette.testclient import TestClient

from refrain.settings import CollectorSettings
from serving.app import collector_app
from serving.collector.collector import Collector
from tasks.collected import tables
from tasks.collected.store import EventStore

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@contextmanager
def collecting(store: EventStore, *, email_key: bytes | None = None, **settings: Any) -> Iterator[TestClient]:
    """A client of a collector that believes it is NOW."""
    chosen = CollectorSettings(**settings)
    app = collector_app(Collector(store, chosen, clock=lambda: NOW, email_key=email_key))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def event(**changes: Any) -> dict[str, Any]:
    return {
        "user_id": "u1",
        "login_time": "2026-05-01T10:00:00Z",
        "content_watched": ["s1", "s2"],
        "genres_watched": ["drama"],
        "total_watch_time": 42.5,
        "num_pauses": 2,
        "buffer_events": 0,
        "was_recommended": True,
        **changes,
    }


def user(name: str = "u1", **changes: Any) -> dict[str, Any]:
    return {
        "user_id": name,
        "email": f"{name}.person@mail.example",
        "age": 33,
        "country": "NO",
        "registration_date": "2026-01-15",
        "preferred_genre": "drama",
        "subscription_type": "basic",
        **changes,
    }


def count(store: EventStore, table: Any = tables.EVENTS) -> int:
    with store.snapshot() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)


def rows(store: EventStore, table: Any = tables.EVENTS) -> list[dict[str, Any]]:
    with store.snapshot() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.seq))]


def faults(response: Any) -> list[tuple[Any, ...]]:
    """The refusals of an answer: (field,) or (line, field)."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    return [(one["line"], one["field"]) if "line" in one else (one["field"],) for one in body["errors"]]
