"""The audience as the collector's store knows it: rows are made of what is stored now, by training's own code."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import narwhals as nw
import pandas as pd
import polars as pl
from sqlalchemy import Connection, func, select

from features.churn import SPAN, ChurnSettings, churn_rows
from features.hourly import rows as hourly_rows
from features.sessions import FIRST, LAST
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT
from features.weeks import WEEKDAYS
from tasks.audience.faults import BeforeTheDataError, NoAudienceError
from tasks.audience.known import (
    PAST_DAYS,
    At,
    AudienceSettings,
    HoursKnown,
    UsersFound,
    around,
    end_of,
    last_day,
)
from tasks.churn_figures import DayOfUsers
from tasks.collected.reading import (
    registered_shows,
    registered_users,
    seconds,
    sessions_before,
    sessions_begun,
    span_of_sessions,
)
from tasks.collected.store import EventStore
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

_WINDOW = timedelta(days=28)
_DAY = timedelta(days=1)
_UTC = "UTC"


class StoredAudience:
    """See Audience. Later sessions than those of as_of are not read."""

    source = "event store"

    def __init__(self, store: EventStore, settings: AudienceSettings, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        # A model may be asked about any week's end, however seldom it learned from one.
        self._churn: ChurnSettings = settings.churn.model_copy(update={"every_weeks": 1})
        self._hourly, self._shows = settings.hourly, settings.shows

    def holds_sessions(self) -> bool:
        """Whether there is any session of a registered user."""
        with self._store.snapshot() as connection:
            return span_of_sessions(connection) is not None

    def churn_as_of(self, at: At) -> date:
        """The newest week end up to the day that is meant, before the day on which the last session began."""
        first, last = self._span()
        # Later than the last session nobody knows whether the record reaches.
        day = min(last_day(at, self._clock()), last.date() - _DAY)
        as_of = day - timedelta(days=(day.isoweekday() - 1 - WEEKDAYS.index(self._churn.week_ends)) % len(WEEKDAYS))
        if as_of < first.date() + _WINDOW:
            raise _too_early(at, f"{_WINDOW.days} days after the first session, of {first.date()}")
        return as_of

    def hourly_as_of(self, at: At) -> date:
        """The newest day that is meant and not later than the last session."""
        first, last = self._span()
        zone = ZoneInfo(self._hourly.timezone)
        begun, ended = (moment.replace(tzinfo=UTC).astimezone(zone).date() for moment in (first, last))
        as_of = min(last_day(at, self._clock(), self._hourly.timezone), ended)
        earliest = begun + timedelta(days=self._hourly.min_history_days)
        if as_of < earliest:
            raise _too_early(at, f"{self._hourly.min_history_days} days after the first session, of {begun}")
        return as_of

    def state(self, as_of: date, zone: str) -> Hashable:
        """Rows are only ever added: how many there are says which."""
        with self._store.snapshot() as connection:
            begun = select(func.count()).where(EVENTS.c.login_time < seconds(end_of(as_of, zone)))
            sessions = connection.execute(begun).scalar_one()
            newest = (select(func.max(table.c.seq)) for table in (USERS, CANCELLATIONS, SHOWS))
            return (sessions, *(connection.execute(statement).scalar() for statement in newest))

    def churn_day(self, as_of: date) -> DayOfUsers:
        """All users at a week end, and the share of those who had left by then of all whose label was known."""
        rows = self._churn_rows(as_of, None)
        came = rows.filter(pl.col(LABEL).is_not_null(), pl.col(LABEL_KNOWN_AT) <= as_of)[LABEL]
        share = came.cast(pl.Float64).mean()
        assert share is None or isinstance(share, float)
        return DayOfUsers(as_of, _as_pandas(rows.filter(pl.col(AS_OF) == as_of).sort("user_id")), share)

    def users(self, as_of: date, user_ids: Sequence[str]) -> UsersFound:
        """Some users at a week end."""
        rows = self._churn_rows(as_of, user_ids).filter(pl.col(AS_OF) == as_of)
        there = set(rows["user_id"])
        with self._store.snapshot() as connection:
            registered = registered_users(connection).filter(pl.col("user_id").is_in(list(user_ids)))
        missing = why_missing([user for user in user_ids if user not in there], registered, as_of)
        return UsersFound(in_order(_as_pandas(rows), user_ids), missing)

    def hours(self, as_of: date) -> HoursKnown:
        """The hours around the end of a local day, as they were known then."""
        midnight = end_of(as_of, self._hourly.timezone)
        with self._store.snapshot() as connection:
            sessions = sessions_begun(connection, seconds(datetime(1970, 1, 1)), seconds(midnight) - 1)
        lazy = hourly_rows({"events": nw.from_native(sessions.lazy())}, self._hourly).to_native()
        since = as_of - timedelta(days=PAST_DAYS)
        rows = lazy.filter(pl.col(AS_OF).is_between(since, as_of)).collect(engine="streaming")
        if rows.filter(pl.col(AS_OF) == as_of).is_empty():
            raise NoAudienceError(f"There is no hour to be told as of {as_of}.", hint="Choose another day.")
        return around(_as_pandas(rows), as_of)

    def _span(self) -> tuple[datetime, datetime]:
        with self._store.snapshot() as connection:
            span = span_of_sessions(connection)
        if span is None:
            raise NoAudienceError("The store has no session of a registered user.", hint="Log sessions and users.")
        return span

    def _churn_rows(self, as_of: date, user_ids: Sequence[str] | None) -> pl.DataFrame:
        """Rows up to as_of. Labels that would be known later than that may be wrong."""
        with self._store.snapshot() as connection:
            frames = _frames(connection, seconds(end_of(as_of, _UTC)), user_ids)
            if self._shows:
                frames["shows"] = registered_shows(connection)
            span = span_of_sessions(connection)
        assert span is not None
        ends = {name: [moment.date().toordinal()] for name, moment in zip((FIRST, LAST), span, strict=True)}
        native = {**frames, SPAN: pl.DataFrame(ends, schema={FIRST: pl.Int32, LAST: pl.Int32})}
        lazy = churn_rows({name: nw.from_native(frame.lazy()) for name, frame in native.items()}, self._churn)
        found: pl.LazyFrame = lazy.to_native()
        return found.filter(pl.col(AS_OF) <= as_of).collect(engine="streaming")


def _frames(connection: Connection, end: int, user_ids: Sequence[str] | None) -> dict[str, pl.DataFrame]:
    """The datasets that the rows are made of."""
    users = registered_users(connection)
    if user_ids is not None:
        users = users.filter(pl.col("user_id").is_in(list(user_ids)))
    return {"events": sessions_before(connection, end, user_ids), "users": users}


def why_missing(user_ids: Sequence[str], registered: pl.DataFrame, as_of: date) -> dict[str, str]:
    """User -> why there is no row of them at `as_of`. `registered`: the users dataset, of these at least."""
    named = (
        registered.select("user_id", "cancelled_at")
        if "cancelled_at" in registered
        else registered.select("user_id", cancelled_at=pl.lit(None, pl.Datetime("us")))
    )
    said = dict(named.iter_rows())
    return {user: _why(user, said, as_of) for user in user_ids}


def _why(user: str, said: Mapping[str, datetime | None], as_of: date) -> str:
    if user not in said:
        return "is not registered"
    cancelled = said[user]
    if cancelled is not None and cancelled.date() <= as_of:
        return f"had said by {as_of} that they leave"
    return f"had no session in the {_WINDOW.days} days up to {as_of}"


def in_order(rows: pd.DataFrame, user_ids: Sequence[str]) -> pd.DataFrame:
    """Rows of users in the order of `user_ids`."""
    places = {user: place for place, user in enumerate(user_ids)}
    return rows.sort_values("user_id", key=lambda users: users.map(places)).reset_index(drop=True)


def _as_pandas(rows: pl.DataFrame) -> pd.DataFrame:
    """As pandas reads the snapshot's file: days as Python's."""
    return rows.to_arrow().to_pandas()


def _too_early(at: At, begins: str) -> BeforeTheDataError | NoAudienceError:
    if at is None:
        return NoAudienceError("The store's record is too short yet.", hint=f"It tells of days from {begins}, on.")
    return BeforeTheDataError("There is nothing as of so early a day.", hint=f"It begins {begins}.")
