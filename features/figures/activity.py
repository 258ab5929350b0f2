"""How active an audience has been: the figures of the seven days up to a moment.

A session is known at its end (refrain.sessions). Those that ended within the seven days are counted, each whole: of two
spans that follow one another, every session belongs to exactly one, however late in the first it began.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from refrain.errors import UsageError
from refrain.sessions import LONGEST_MINUTES, SEPARATOR
from refrain.settings import Frozen

DAYS = 7
HOURS = 24
_DECIMALS = 6
"""Of minutes: what is beyond depends on the order in which they are added up."""
_READ = {
    "user_id": pl.String(),
    "login_time": pl.Datetime("us"),
    "content_watched": pl.String(),
    "total_watch_time": pl.Float64(),
}


class ShowActivity(Frozen):
    """A show of the seven days."""

    show_id: str
    title: str
    """What it is called, where that is known (`titled`); its id otherwise."""
    sessions: int
    """In which it was watched, once or several times."""
    users: int
    watch_minutes: float
    """A session's minutes are split evenly over the entries of its list."""


class HourActivity(Frozen):
    """An hour of the day, in the platform's time zone: the sessions that began in it, on any of the days."""

    hour: int
    """0 to 23."""
    sessions: int
    users: int


class Activity(Frozen):
    """The figures of the sessions that ended after `since`, up to `at` (UTC)."""

    since: datetime
    at: datetime
    timezone: str
    sessions: int
    users: int
    watch_minutes: float
    minutes_per_user_and_day: float | None
    """All minutes / users who were active at all / 7 days. None where nobody was."""
    minutes_per_active_day: float | None
    """All minutes / pairs of a user and a day of the platform's zone on which that user began a session."""
    top_shows: tuple[ShowActivity, ...]
    """Those of the most sessions; among equals by id."""
    by_hour: tuple[HourActivity, ...]
    """All 24."""

    def titled(self, titles: Mapping[str, str]) -> "Activity":
        """The same, each show called by its title where `titles` (id -> title) knows one."""
        named = (show.model_copy(update={"title": titles.get(show.show_id, show.title)}) for show in self.top_shows)
        return self.model_copy(update={"top_shows": tuple(named)})


def read_since(at: datetime) -> datetime:
    """No session that began before this moment can have ended within the seven days up to `at`."""
    return at - timedelta(days=DAYS, minutes=LONGEST_MINUTES)


def activity(events: pl.LazyFrame, at: datetime, *, timezone: str = "UTC", top: int = 10) -> Activity:
    """The figures of `events` (typed as the dataset is) at the moment `at`, which knows its offset from UTC.

    Memory grows with the sessions of a week, not with the events.
    Raises UsageError if there is no such time zone.
    """
    moment = at.astimezone(UTC)
    ended = ended_within(events, moment).with_columns(
        local=pl.col("login_time").dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone(timezone))
    )
    minutes = round(float(ended["minutes"].sum()), _DECIMALS)
    users = ended["user_id"].n_unique()
    active_days = ended.select(pl.struct("user_id", pl.col("local").dt.date()).n_unique()).item()
    return Activity(
        since=moment - timedelta(days=DAYS),
        at=moment,
        timezone=timezone,
        sessions=ended.height,
        users=users,
        watch_minutes=minutes,
        minutes_per_user_and_day=round(minutes / users / DAYS, _DECIMALS) if users else None,
        minutes_per_active_day=round(minutes / active_days, _DECIMALS) if users else None,
        top_shows=_top_shows(ended, top),
        by_hour=_by_hour(ended),
    )


def last_known_moment(events: pl.LazyFrame) -> datetime | None:
    """When the last of the sessions ended (UTC); None where there is none."""
    found = _sessions(events).select(pl.col("end").max()).collect(engine="streaming").item()
    return None if found is None else found.replace(tzinfo=UTC)


def time_zone(name: str) -> str:
    """`name`, if there is such a time zone. Raises UsageError otherwise."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"There is no time zone {name!r}.", hint="Write one as Europe/Berlin, or UTC.") from None
    return name


def _sessions(events: pl.LazyFrame) -> pl.LazyFrame:
    """The columns that are read, `minutes` (0 where none are stated) and `end`."""
    there = events.collect_schema().names()
    missing = [pl.lit(None, kind).alias(name) for name, kind in _READ.items() if name not in there]
    minutes = pl.col("total_watch_time").fill_null(0.0)
    return (
        events.with_columns(missing)
        .select(*_READ, minutes=minutes)
        .with_columns(end=pl.col("login_time") + pl.duration(microseconds=(pl.col("minutes") * 60e6).round()))
    )


def ended_within(events: pl.LazyFrame, at: datetime) -> pl.DataFrame:
    """The sessions that ended within the seven days up to `at` (UTC), with their `minutes` and `end`."""
    at = at.replace(tzinfo=None)
    return (
        _sessions(events)
        # The first condition is there so that a reader may skip most of a file.
        .filter(pl.col("login_time").is_between(read_since(at), at))
        .filter(pl.col("end") > at - timedelta(days=DAYS), pl.col("end") <= at)
        .collect(engine="streaming")
    )


def _top_shows(ended: pl.DataFrame, top: int) -> tuple[ShowActivity, ...]:
    lists = ended.with_row_index("session").with_columns(pl.col("content_watched").str.split(SEPARATOR))
    shows = (
        lists.with_columns(minutes=pl.col("minutes") / pl.col("content_watched").list.len())
        .explode("content_watched")
        .drop_nulls("content_watched")
        .group_by(show_id="content_watched")
        .agg(
            sessions=pl.col("session").n_unique(),
            users=pl.col("user_id").n_unique(),
            watch_minutes=pl.col("minutes").sum().round(_DECIMALS),
        )
        .sort("sessions", "show_id", descending=[True, False])
        .head(top)
    )
    return tuple(ShowActivity(title=row["show_id"], **row) for row in shows.to_dicts())


def _by_hour(ended: pl.DataFrame) -> tuple[HourActivity, ...]:
    hours = ended.group_by(hour=pl.col("local").dt.hour()).agg(sessions=pl.len(), users=pl.col("user_id").n_unique())
    found = {row["hour"]: row for row in hours.to_dicts()}
    return tuple(HourActivity(**found.get(hour, {"hour": hour, "sessions": 0, "users": 0})) for hour in range(HOURS))
