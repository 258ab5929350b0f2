"""Users active in each hour, as they were known at different times, from sessions or from readings.

**Sessions.** A user is active in an hour that a session touches: one that begins in it, or lasts into it. A session is
known when it has ended (refrain.sessions), which is 24 hours after it began at the latest. So at the end of a day the
counts of its last hours are too low, and those of the day before are not. Between the first login and the end of the
last session, an hour without anyone counts 0.

**Readings** (hourly_users) are known when the hour is over. An hour that was not read is not known.

Counts are whole numbers of thousandths of a user, so that they add up to the same in any order.
"""

from typing import Any

import narwhals as nw

from features.calendar import day_number
from features.hourly_clock import DAY_SECONDS, HOUR, HOURS, local_day_at, local_second
from features.sessions import with_absent
from refrain.sessions import LONGEST_MINUTES

Lazy = nw.LazyFrame[Any]

UNIT = 1_000
"""Thousandths in a user."""
KNOWN, SETTLED, FINAL = "known", "settled", "final"
"""Users of an hour as known at the end of its local day; at the end of the next; and in the end."""
KNOWN_ON = "known_on"
"""The local day at whose end the final count is known for sure."""
_MINUTE = 60
_LONGEST_SECONDS = int(LONGEST_MINUTES) * _MINUTE


def sessions_of(events: Lazy) -> Lazy:
    """user_id, first, last (hours touched, UTC), end (second, UTC): one row a session."""
    login = nw.col("login_time")
    begin = day_number(login) * DAY_SECONDS + (
        login.dt.hour().cast(nw.Int64) * HOUR
        + login.dt.minute().cast(nw.Int64) * _MINUTE
        + login.dt.second().cast(nw.Int64)
    )
    minutes = nw.col("total_watch_time").fill_null(0.0)
    # Not round(): engines differ in what a half becomes.
    seconds = (minutes * _MINUTE + 0.5).floor().cast(nw.Int64).clip(0, _LONGEST_SECONDS)
    stated = with_absent(events, {"total_watch_time": nw.Float64}).select(
        "user_id", begin.alias("begin"), seconds.alias("seconds")
    )
    ended = stated.with_columns((nw.col("begin") + nw.col("seconds")).alias("end"))
    last = nw.max_horizontal(nw.col("begin"), nw.col("end") - 1) // HOUR
    return ended.select("user_id", (nw.col("begin") // HOUR).alias("first"), last.alias("last"), "end")


def ends_of_sessions(sessions: Lazy) -> Lazy:
    """One row: first_day and last_day (UTC), first_hour, end (the second up to which is known)."""
    first, end = nw.col("first").min(), nw.col("end").max()
    ends = sessions.select(first.alias("first_hour"), end.alias("end"))
    return ends.with_columns(
        (nw.col("first_hour") // HOURS).alias("first_day"), (nw.col("end") // DAY_SECONDS).alias("last_day")
    )


def counts_of_sessions(sessions: Lazy, hours: Lazy, offsets: Lazy, ends: Lazy) -> Lazy:
    """`hours` with `known`, `settled`, `final` and `known_on`; null where nothing is known yet, or any more."""
    ended = sessions.with_columns((nw.col("end") // DAY_SECONDS).alias("day")).join(offsets, on="day")
    dated = ended.select("user_id", "first", "last", (local_second(nw.col("end")) // DAY_SECONDS).alias("ended"))
    active = _touched(dated).group_by("hour", "user_id").agg(nw.col("ended").min())
    placed = active.join(hours.select("hour", "local_day"), on="hour")
    late = nw.col("ended") - nw.col("local_day")
    counted = placed.group_by("hour").agg(
        (late <= 0).cast(nw.Int64).sum().alias(KNOWN),
        (late <= 1).cast(nw.Int64).sum().alias(SETTLED),
        nw.len().cast(nw.Int64).alias(FINAL),
    )
    hour, end = nw.col("hour"), nw.col("end")
    within = (hour >= nw.col("first_hour")) & (hour <= end // HOUR)
    complete = within & (hour * HOUR + HOUR + _LONGEST_SECONDS <= end + 1)
    limits = {KNOWN: within, SETTLED: within, FINAL: complete}
    filled = hours.join(ends.select("first_hour", "end"), how="cross").join(counted, on="hour", how="left")
    filled = filled.with_columns(
        nw.when(limit).then(nw.col(name).fill_null(0) * UNIT).alias(name) for name, limit in limits.items()
    ).drop("first_hour", "end")
    return local_day_at(filled, HOUR + _LONGEST_SECONDS - 1, offsets, KNOWN_ON)


def readings_of(hourly_users: Lazy) -> Lazy:
    """Columns hour (UTC) and users: one row a reading that is there."""
    moment = nw.col("hour")
    hour = day_number(moment) * HOURS + moment.dt.hour().cast(nw.Int64)
    users = (nw.col("users").cast(nw.Float64) * UNIT + 0.5).floor().cast(nw.Int64)
    return hourly_users.filter(~nw.col("users").is_null()).select(hour.alias("hour"), users.alias("users"))


def ends_of_readings(readings: Lazy) -> Lazy:
    """One row: first_day and last_day (UTC)."""
    ends = readings.select(nw.col("hour").min().alias("first_hour"), nw.col("hour").max().alias("last_hour"))
    return ends.select((nw.col(f"{name}_hour") // HOURS).alias(f"{name}_day") for name in ("first", "last"))


def counts_of_readings(readings: Lazy, hours: Lazy, offsets: Lazy) -> Lazy:
    """The same as `counts_of_sessions`, of readings."""
    read = readings.select("hour", *(nw.col("users").alias(name) for name in (KNOWN, SETTLED, FINAL)))
    return local_day_at(hours.join(read, on="hour", how="left"), HOUR - 1, offsets, KNOWN_ON)


def _touched(sessions: Lazy) -> Lazy:
    """user_id, hour, ended: one row for each hour that a session touches."""
    span = nw.col("last") - nw.col("first")
    listed = nw.lit(" ".join(str(number) for number in range(HOURS + 1)))
    for longest in (5, 2, 1, 0):  # most sessions are short: let few of them be counted out to the longest
        fewer = nw.lit(" ".join(str(number) for number in range(longest + 1)))
        listed = nw.when(span <= longest).then(fewer).otherwise(listed)
    each = sessions.with_columns(listed.str.split(" ").alias("number")).explode("number")
    hours = each.with_columns((nw.col("first") + nw.col("number").cast(nw.Int64)).alias("hour"))
    return hours.filter(nw.col("hour") <= nw.col("last")).select("user_id", "hour", "ended")
