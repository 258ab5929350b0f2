"""The store's rows as the datasets hold them: what export and the activity figures read.

Every function takes a connection of `EventStore.snapshot`, so that all that is read on it is of one moment. E-mail
hashes, `seq` and `received_at` are never among what comes out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Integer, Select, select, type_coerce

from refrain.datasets import EVENTS as EVENTS_DATASET
from refrain.datasets import SHOWS as SHOWS_DATASET
from refrain.datasets import USERS as USERS_DATASET
from refrain.datasets import Column, ColumnType
from sources.canonical import TYPES
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

_EPOCH = datetime(1970, 1, 1)
_RUN = 20_000


def seconds(moment: datetime) -> int:
    """A naive moment in UTC as the store writes it, parts of a second left out."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def moment(stored: int) -> datetime:
    """What `seconds` undoes."""
    return _EPOCH + timedelta(seconds=stored)


def events_between(connection: Connection, start: int, end: int) -> pl.DataFrame:
    """The sessions of registered users that began from `start` to just before `end` (seconds), as the events dataset.

    In the order of the dataset: by login_time, user_id, content_watched, text by its bytes.
    """
    found = connection.execute(_sessions().where(EVENTS.c.login_time >= start, EVENTS.c.login_time < end))
    return _frame(EVENTS_DATASET.columns, found.fetchall()).sort(
        "login_time", "user_id", "content_watched", nulls_last=True
    )


def sessions_before(connection: Connection, end: int, user_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """The sessions of registered users (of these alone, where given) that began before `end`, as the events dataset.

    In any order. Taken in runs, so that there are never all of them as Python's objects.
    """
    statement = _sessions().where(EVENTS.c.login_time < end)
    if user_ids is not None:
        statement = statement.where(EVENTS.c.user_id.in_(user_ids))
    result = connection.execution_options(yield_per=_RUN).execute(statement)
    columns = EVENTS_DATASET.columns
    return pl.concat([_frame(columns, []), *(_frame(columns, run) for run in result.partitions())])


def span_of_sessions(connection: Connection) -> tuple[datetime, datetime] | None:
    """When the first and the last session of a registered user began (naive, UTC); None where there is none."""
    login = EVENTS.c.login_time
    first, last = (
        connection.execute(select(login).where(known_user()).order_by(order).limit(1)).scalar()
        for order in (login, login.desc())
    )
    return None if first is None or last is None else (moment(first), moment(last))


def sessions_begun(connection: Connection, start: int, end: int) -> pl.DataFrame:
    """What features.figures.activity reads of known users' sessions that began from `start` to `end`, in any order.

    Taken in runs, so that there are never all of them as Python's objects.
    """
    columns = (EVENTS.c.user_id, EVENTS.c.login_time, EVENTS.c.content_watched, EVENTS.c.total_watch_time)
    statement = select(*columns).where(EVENTS.c.login_time.between(start, end), known_user())
    kinds = [EVENTS_DATASET.column(column.name) for column in columns]
    result = connection.execution_options(yield_per=_RUN).execute(statement)
    return pl.concat([_frame(kinds, []), *(_frame(kinds, run) for run in result.partitions())])


def registered_users(connection: Connection) -> pl.DataFrame:
    """The registered users and when they said that they leave, as the users dataset, by id."""
    columns = USERS.c
    statement = select(
        columns.user_id,
        columns.registered_at,
        columns.age,
        columns.country,
        columns.preferred_genre,
        columns.subscription,
        CANCELLATIONS.c.cancelled_at,
        CANCELLATIONS.c.reason,
    ).select_from(USERS.outerjoin(CANCELLATIONS, CANCELLATIONS.c.user_id == columns.user_id))
    return _frame(USERS_DATASET.columns, connection.execute(statement).fetchall()).sort("user_id")


def registered_shows(connection: Connection) -> pl.DataFrame:
    """The registered shows, as the shows dataset, by id."""
    columns = SHOWS.c
    statement = select(
        columns.show_id, columns.title, columns.genre, columns.duration_min, columns.released_at, columns.rating
    )
    return _frame(SHOWS_DATASET.columns, connection.execute(statement).fetchall()).sort("show_id")


def show_titles(connection: Connection, show_ids: Sequence[str]) -> dict[str, str]:
    """Show -> title, of those in `show_ids` that are registered."""
    statement = select(SHOWS.c.show_id, SHOWS.c.title).where(SHOWS.c.show_id.in_(show_ids))
    return dict(connection.execute(statement).tuples().all())


def known_user() -> ColumnElement[bool]:
    """That an event's user is registered: that the event is not held."""
    return select(USERS.c.seq).where(USERS.c.user_id == EVENTS.c.user_id).exists()


def _sessions() -> Select[Any]:
    columns = EVENTS.c
    return select(
        columns.user_id,
        columns.login_time,
        columns.content_watched,
        columns.genres_watched,
        columns.total_watch_time,
        columns.num_pauses,
        columns.buffer_events,
        # As it is stored: 0 and 1, or false and true.
        type_coerce(columns.was_recommended, Integer),
    ).where(known_user())


def _frame(columns: Sequence[Column], rows: Any) -> pl.DataFrame:
    """Rows in the order of the columns, typed as sources.canonical says; empty text is none."""
    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pl.DataFrame(
        {column.name: _column(column.type, list(values)) for column, values in zip(columns, cells, strict=True)}
    )


def _column(kind: ColumnType, values: list[Any]) -> pl.Series:
    if kind is ColumnType.TIMESTAMP:
        return (pl.Series(values, dtype=pl.Int64) * 1_000_000).cast(pl.Datetime("us"))
    if kind is ColumnType.TEXT:
        text = pl.Series(values, dtype=pl.String)
        return text.set(text == "", None)
    return pl.Series(values, dtype=TYPES[kind], strict=False)
