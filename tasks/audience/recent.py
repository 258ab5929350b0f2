"""How active the audience has lately been: what the store says where it holds sessions, otherwise the datasets."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, func, select

from features.figures.activity import DAYS, Activity, activity, last_known_moment, read_since
from features.figures.activity_days import DayActivity, activity_days
from refrain.datasets import EVENTS as EVENTS_DATASET
from refrain.datasets import SHOWS as SHOWS_DATASET
from sources.canonical import naming, scan_dataset
from tasks.audience.faults import NoAudienceError
from tasks.collected.reading import seconds, sessions_begun, show_titles, span_of_sessions
from tasks.collected.store import EventStore
from tasks.collected.tables import EVENTS, SHOWS, USERS

_WEEK = timedelta(days=DAYS)


@dataclass(frozen=True)
class Recent:
    """The figures of the seven days up to the last moment that is known."""

    week: Activity
    before: Activity | None
    """The same seven days earlier; None where the record does not reach back that far."""
    days: tuple[DayActivity, ...]
    begins: datetime
    """When the first session on record began (UTC)."""
    newest: datetime
    """When the last one began (UTC)."""


def state_of_store(store: EventStore) -> Hashable | None:
    """Changes with what is stored; None where there is no session of a registered user. Raises EventStoreError."""
    with store.snapshot() as connection:
        if span_of_sessions(connection) is None:
            return None
        newest = (select(func.max(table.c.seq)) for table in (EVENTS, USERS, SHOWS))
        return tuple(connection.execute(statement).scalar() for statement in newest)


def recent_in_store(store: EventStore, at: datetime, timezone: str, top: int) -> Recent:
    """Up to `at`, which knows its offset, of everything stored until now. Raises EventStoreError, NoAudienceError."""
    moment = at.astimezone(UTC).replace(tzinfo=None)
    with store.snapshot() as connection:
        span = span_of_sessions(connection)
        if span is None:
            raise NoAudienceError("The store has no session of a registered user.", hint="Log sessions and users.")
        sessions = sessions_begun(connection, seconds(read_since(moment - _WEEK)), seconds(moment))
        found = _recent(sessions, at, timezone, top, span)
        return _titled(found, _titles_in_store(connection, found.week))


def recent_in_datasets(events: Path, shows: Path, timezone: str, top: int) -> Recent:
    """Up to the end of the last session of the dataset. Raises NoAudienceError where it has none."""
    with naming(events):
        every = scan_dataset(EVENTS_DATASET, events)
        at = last_known_moment(every)
        if at is None:
            raise NoAudienceError("There is no session.", hint="Import some, or log them.")
        login = every.select(first=pl.col("login_time").min(), last=pl.col("login_time").max()).collect().row(0)
        moment = at.replace(tzinfo=None)
        near = every.filter(pl.col("login_time").is_between(read_since(moment - _WEEK), moment)).collect()
        found = _recent(near, at, timezone, top, login)
    return _titled(found, _titles_in_dataset(shows))


def _recent(sessions: pl.DataFrame, at: datetime, timezone: str, top: int, span: tuple[datetime, datetime]) -> Recent:
    begins, newest = (moment.replace(tzinfo=UTC) for moment in span)
    reaches_back = begins <= at - 2 * _WEEK
    return Recent(
        week=activity(sessions.lazy(), at, timezone=timezone, top=top),
        before=activity(sessions.lazy(), at - _WEEK, timezone=timezone, top=0) if reaches_back else None,
        days=activity_days(sessions.lazy(), at),
        begins=begins,
        newest=newest,
    )


def _titled(found: Recent, titles: dict[str, str]) -> Recent:
    return Recent(found.week.titled(titles), found.before, found.days, found.begins, found.newest)


def _titles_in_store(connection: Connection, week: Activity) -> dict[str, str]:
    return show_titles(connection, [show.show_id for show in week.top_shows])


def _titles_in_dataset(shows: Path) -> dict[str, str]:
    if not shows.is_file():
        return {}
    with naming(shows):
        frame = scan_dataset(SHOWS_DATASET, shows).select("show_id", "title").drop_nulls().collect()
    return dict(frame.iter_rows())
