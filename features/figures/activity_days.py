"""The seven days of the activity figures one by one: spans of 24 hours, each up to the moment's own time of day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from features.figures.activity import DAYS, ended_within
from refrain.settings import Frozen

_DECIMALS = 6
_DAY, _MICROSECOND = timedelta(days=1), timedelta(microseconds=1)


class DayActivity(Frozen):
    """The sessions that ended after `since`, up to `until` (UTC), 24 hours later."""

    since: datetime
    until: datetime
    sessions: int
    users: int
    watch_minutes: float
    minutes_per_user: float | None
    """Of those who were active in these 24 hours. None where nobody was."""


def activity_days(events: pl.LazyFrame, at: datetime) -> tuple[DayActivity, ...]:
    """The seven spans up to `at`, which knows its offset from UTC, the oldest first.

    Each session is in exactly one of them: their sessions and minutes add up to those of the seven days.
    """
    moment = at.astimezone(UTC)
    # Whole spans between a session's end and the moment: 0 is the newest.
    back = ((pl.lit(moment.replace(tzinfo=None)) - pl.col("end")).dt.total_microseconds()) // (_DAY // _MICROSECOND)
    counted = (
        ended_within(events, moment)
        .group_by(back=back)
        .agg(sessions=pl.len(), users=pl.col("user_id").n_unique(), minutes=pl.col("minutes").sum())
    )
    found = {row["back"]: row for row in counted.to_dicts()}
    nothing = {"sessions": 0, "users": 0, "minutes": 0.0}
    return tuple(_day(moment - place * _DAY, found.get(place, nothing)) for place in reversed(range(DAYS)))


def _day(until: datetime, counted: Mapping[str, Any]) -> DayActivity:
    minutes, users = float(counted["minutes"]), int(counted["users"])
    return DayActivity(
        since=until - _DAY,
        until=until,
        sessions=int(counted["sessions"]),
        users=users,
        watch_minutes=round(minutes, _DECIMALS),
        minutes_per_user=round(minutes / users, _DECIMALS) if users else None,
    )
