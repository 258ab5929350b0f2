"""The activity figures of the store as it is now."""

from datetime import UTC, datetime

from features.figures.activity import Activity, activity, read_since
from tasks.collected.reading import seconds, sessions_begun, show_titles
from tasks.collected.store import EventStore


def stored_activity(store: EventStore, at: datetime, timezone: str, top: int) -> Activity:
    """The figures at the moment `at` of everything stored until now, held sessions left out.

    `at` knows its offset. Raises EventStoreError, and UsageError as features.figures.activity does.
    """
    moment = at.astimezone(UTC).replace(tzinfo=None)
    with store.snapshot() as connection:
        sessions = sessions_begun(connection, seconds(read_since(moment)), seconds(moment))
        found = activity(sessions.lazy(), at, timezone=timezone, top=top)
        return found.titled(show_titles(connection, [show.show_id for show in found.top_shows]))
