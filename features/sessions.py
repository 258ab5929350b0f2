"""Sessions as features read them: in whole numbers, and dated by the day of their end, which is when they are known.

The day of a session is the day (UTC) in which its end lies: at the end of that day it is known, and not before. An end
at midnight belongs to the day that begins. The week of a session is that of its day.
"""

import math
from collections.abc import Mapping
from typing import Any

import narwhals as nw

from features.calendar import day_number
from features.weeks import last_day_of, week_of
from refrain.sessions import SEPARATOR

Lazy = nw.LazyFrame[Any]
Columns = Mapping[str, type[nw.String | nw.Int64 | nw.Float64] | nw.Datetime]
"""Name -> type."""

USER = "user_id"
FIRST, LAST = "first_login", "last_login"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
UNIT = 1 << 20
"""What `cosine` and `sine` are multiplied with, so that they add up to the same in any order."""
NUMBERS = ("week", "day", "login", "seconds", "pauses", "buffering", "recommended", "cosine", "sine")
_OPTIONAL: Columns = {
    "genres_watched": nw.String,
    "total_watch_time": nw.Float64,
    "num_pauses": nw.Int64,
    "buffer_events": nw.Int64,
    "was_recommended": nw.Int64,
}


def sessions_of(events: Lazy, weekday: int) -> Lazy:
    """user_id, week, day, login, seconds, pauses, buffering, recommended, cosine, sine, genres: one row a session.

    `login` and `day` are the ordinals of the days on which it began and ended, `week` is numbered by weeks that end on
    `weekday`; `cosine` and `sine` place the hour of its beginning (UTC) on the circle of the day. Minutes that are not
    stated are none; all else that is not stated is null.
    """
    login = nw.col("login_time")
    hour = login.dt.hour().cast(nw.Int64)
    second = hour * _HOUR + login.dt.minute().cast(nw.Int64) * _MINUTE + login.dt.second().cast(nw.Int64)
    angle = hour.cast(nw.Float64) * (math.pi / 12)
    begun = with_absent(events, _OPTIONAL).select(
        USER,
        day_number(login).alias("login"),
        second.alias("second"),
        # Not round(): engines differ in what a half becomes.
        (nw.col("total_watch_time").fill_null(0.0) * _MINUTE + 0.5).floor().cast(nw.Int64).alias("seconds"),
        nw.col("num_pauses").alias("pauses"),
        nw.col("buffer_events").alias("buffering"),
        nw.col("was_recommended").alias("recommended"),
        (angle.cos() * UNIT + 0.5).floor().cast(nw.Int64).alias("cosine"),
        (angle.sin() * UNIT + 0.5).floor().cast(nw.Int64).alias("sine"),
        nw.col("genres_watched").alias("genres"),
    )
    ended = begun.with_columns((nw.col("login") + (nw.col("second") + nw.col("seconds")) // _DAY).alias("day"))
    # Many rows are held of these: narrow ones.
    return ended.with_columns(week_of(nw.col("day"), weekday).alias("week")).select(
        USER, *(nw.col(name).cast(nw.Int32) for name in NUMBERS), "genres"
    )


def span_of(events: Lazy) -> Lazy:
    """One row: `first_login` and `last_login`, the ordinals of the days on which the first and last session began."""
    login = nw.col("login_time")
    ends = events.select(login.min().alias(FIRST), login.max().alias(LAST))
    return ends.select(day_number(nw.col(FIRST)).alias(FIRST), day_number(nw.col(LAST)).alias(LAST))


def with_entries(frame: Lazy, column: str) -> Lazy:
    """`frame` with a row for each entry of the lists in `column` (refrain.sessions); none for an empty list."""
    # Spark splits by a regular expression.
    separator = f"[{SEPARATOR}]" if frame.implementation.is_spark_like() else SEPARATOR
    entries = frame.with_columns(nw.col(column).fill_null("").str.split(separator)).explode(column)
    return entries.filter(nw.col(column) != "")


def with_absent(frame: Lazy, columns: Columns) -> Lazy:
    """`frame` with those of `columns` that it does not have, without values."""
    present = frame.collect_schema().names()
    return frame.with_columns(
        nw.lit(None).cast(kind).alias(name) for name, kind in columns.items() if name not in present
    )


def first_day_of(week: nw.Expr, weekday: int) -> nw.Expr:
    """The ordinal of a week's first day."""
    return last_day_of(week - 1, weekday) + 1
