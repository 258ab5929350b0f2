"""Days gathered into weeks that end on a chosen weekday, point in time.

A week is numbered so that consecutive ones differ by one; the day `back` days before its end is its `day_back`.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from features.calendar import day_number
from refrain.stream_weeks import WEEK, days_back

Lazy = nw.LazyFrame[Any]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def week_of(day: nw.Expr, weekday: int) -> nw.Expr:
    """The number of the week that the ordinal `day` lies in, where weeks end on `weekday` (1 Monday to 7 Sunday)."""
    return (day + (WEEK - 1 - weekday)) // WEEK


def last_day_of(week: nw.Expr, weekday: int) -> nw.Expr:
    """The ordinal of a week's last day."""
    return week * WEEK + weekday


def dated(frame: Lazy) -> Lazy:
    """`frame` with the ordinal `day` of its column `date`."""
    return frame.with_columns(day_number(nw.col("date")).alias("day"))


def in_weeks(frame: Lazy, weekday: int, keys: Sequence[str], value: str, *at_end: str) -> Lazy:
    """keys, week, and `day_0` .. `day_6` with the `value` of that day of the week, null where there is none.

    Reads `keys`, `date`, `day` and `value`. Of several values for one day the largest counts, whatever their order.
    Besides: `end`, the week's last day as a date, and the columns `at_end` of that very day; null where it has no row.
    """
    placed = frame.with_columns(week_of(nw.col("day"), weekday).alias("week"))
    placed = placed.with_columns((last_day_of(nw.col("week"), weekday) - nw.col("day")).alias("back"))
    days = (
        nw.when(nw.col("back") == back).then(nw.col(value)).max().alias(name)
        for back, name in enumerate(days_back(WEEK))
    )
    last = nw.col("back") == 0
    ends = (nw.when(last).then(nw.col(name)).max().alias(name) for name in at_end)
    return placed.group_by(*keys, "week").agg(*days, nw.when(last).then(nw.col("date")).max().alias("end"), *ends)
