"""The tables of the collector's store, as the migrations leave them. All their rows are only ever added.

Times are whole seconds since 1970-01-01T00:00Z, days are dates: the same number in every database and time zone.
`seq` numbers a table's rows in the order in which they were committed: a reader that has seen row n has seen, or never
will see, every row below n (tasks/collected/store.py says how). Numbers may be left out.

Whether an event is **held** is not stored. It is held as long as no row of USERS has its user_id.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

# SQLite numbers rows by itself only where the key is called INTEGER.
_Seq = BigInteger().with_variant(Integer, "sqlite")


def _seq() -> Column[Any]:
    return Column("seq", _Seq, primary_key=True)


def _received_at() -> Column[Any]:
    return Column("received_at", BigInteger, nullable=False)


USERS = Table(
    "collected_users",
    metadata,
    _seq(),
    Column("user_id", Text, nullable=False, unique=True),
    Column("registered_at", BigInteger, nullable=False),
    Column("age", Integer),
    Column("country", Text, nullable=False),
    Column("preferred_genre", Text),
    Column("subscription", Text, nullable=False),
    # HMAC-SHA256 of the e-mail address in hexadecimal, where the collector was given a key. Leaves the store never.
    Column("email_hash", Text),
    _received_at(),
)
"""Registered users, as they were on registering."""

CANCELLATIONS = Table(
    "collected_cancellations",
    metadata,
    _seq(),
    Column("user_id", Text, nullable=False, unique=True),
    Column("cancelled_at", BigInteger, nullable=False),
    Column("reason", Text),
    _received_at(),
)
"""Users who said that they leave. Held, as an event is, as long as the user is not registered."""

SHOWS = Table(
    "collected_shows",
    metadata,
    _seq(),
    Column("show_id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("genre", Text),
    Column("duration_min", Double),
    Column("released_at", Date),
    Column("rating", Double),
    _received_at(),
)
"""Registered shows. Where there are none, events may name any show."""

EVENTS = Table(
    "collected_events",
    metadata,
    _seq(),
    Column("event_id", Text, unique=True),
    Column("user_id", Text, nullable=False),
    Column("login_time", BigInteger, nullable=False),
    # Lists in one cell, as in the events dataset: refrain/sessions.py.
    Column("content_watched", Text, nullable=False),
    Column("genres_watched", Text),
    # Minutes.
    Column("total_watch_time", Double, nullable=False),
    Column("num_pauses", Integer),
    Column("buffer_events", Integer),
    Column("was_recommended", Boolean),
    # The first 8 bytes of a digest of user_id and content_watched: a session is stored once. An index over the texts
    # themselves would be larger than the table, and PostgreSQL refuses entries of more than 2,700 bytes.
    Column("session_digest", BigInteger, nullable=False),
    _received_at(),
    UniqueConstraint("login_time", "session_digest", name="collected_events_session"),
)
"""Sessions. `event_id` is null where the sender gave none. The unique index begins with login_time: a span of time is
found by it."""
