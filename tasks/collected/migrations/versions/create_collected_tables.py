"""The four tables of the collector."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, Text, UniqueConstraint

revision = "0001"
down_revision = None

_SEQ = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Create them; that one of them is there already, made by somebody else, is an error."""
    op.create_table(
        "collected_users",
        _seq(),
        Column("user_id", Text, nullable=False, unique=True),
        Column("registered_at", BigInteger, nullable=False),
        Column("age", Integer),
        Column("country", Text, nullable=False),
        Column("preferred_genre", Text),
        Column("subscription", Text, nullable=False),
        Column("email_hash", Text),
        _received_at(),
    )
    op.create_table(
        "collected_cancellations",
        _seq(),
        Column("user_id", Text, nullable=False, unique=True),
        Column("cancelled_at", BigInteger, nullable=False),
        Column("reason", Text),
        _received_at(),
    )
    op.create_table(
        "collected_shows",
        _seq(),
        Column("show_id", Text, nullable=False, unique=True),
        Column("title", Text, nullable=False),
        Column("genre", Text),
        Column("duration_min", Double),
        Column("released_at", Date),
        Column("rating", Double),
        _received_at(),
    )
    op.create_table(
        "collected_events",
        _seq(),
        Column("event_id", Text, unique=True),
        Column("user_id", Text, nullable=False),
        Column("login_time", BigInteger, nullable=False),
        Column("content_watched", Text, nullable=False),
        Column("genres_watched", Text),
        Column("total_watch_time", Double, nullable=False),
        Column("num_pauses", Integer),
        Column("buffer_events", Integer),
        Column("was_recommended", Boolean),
        Column("session_digest", BigInteger, nullable=False),
        _received_at(),
        UniqueConstraint("login_time", "session_digest", name="collected_events_session"),
    )


def _seq() -> Column[Any]:
    return Column("seq", _SEQ, primary_key=True)


def _received_at() -> Column[Any]:
    return Column("received_at", BigInteger, nullable=False)
