"""What the collector is told, as it is stored: values in the order of the tables' columns, without `seq`."""

from datetime import date
from hashlib import blake2b
from typing import NamedTuple


class User(NamedTuple):
    """A row of tables.USERS."""

    user_id: str
    registered_at: int
    age: int | None
    country: str
    preferred_genre: str | None
    subscription: str
    email_hash: str | None
    received_at: int


class Cancellation(NamedTuple):
    """A row of tables.CANCELLATIONS."""

    user_id: str
    cancelled_at: int
    reason: str | None
    received_at: int


class Show(NamedTuple):
    """A row of tables.SHOWS."""

    show_id: str
    title: str
    genre: str | None
    duration_min: float | None
    released_at: date | None
    rating: float | None
    received_at: int


class Event(NamedTuple):
    """A row of tables.EVENTS."""

    event_id: str | None
    user_id: str
    login_time: int
    content_watched: str
    genres_watched: str | None
    total_watch_time: float
    num_pauses: int | None
    buffer_events: int | None
    was_recommended: bool | None
    session_digest: int
    received_at: int

    @property
    def content(self) -> tuple[object, ...]:
        """All that the sender says of the session: equal where an event is sent once more."""
        return self[1:9]


def session_digest(user_id: str, content_watched: str) -> int:
    """What stands for a session among those that begin in the same second: a whole number of 64 bits."""
    digest = blake2b(f"{user_id}\0{content_watched}".encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
