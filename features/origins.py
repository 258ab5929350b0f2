"""The moments at which a catalogue is looked at, and the months and weeks that lie before and after each of them.

An **origin** is the last day of a calendar month, or, where counts cover several days, the day in the month on which
the last count ends that lies in it: a date that the source has counts for, and from which its count's length leads into
another month. Whether a date is one can be told on that very day. Origins are taken in every n-th month (December is
always one of them).

A **month** is a step of 30 days from the origin, or a calendar month: the first one ahead is then the first that begins
after the origin, the first one back the last that ends before or on it.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from features.calendar import day_number, first_day, with_date
from features.held import held
from features.target import AS_OF, LABEL_KNOWN_AT
from refrain.track_months import BACK, MONTH_AHEAD, S30, S90, S365, SEASON_FROM, SEASON_TO, WEEKS

Lazy = nw.LazyFrame[Any]

CALENDAR = "calendar"
STEP = 30
AS_OF_DAY = "as_of_day"
ORIGIN_MONTH = "origin_month"
NAME = "name"
FIXED = {
    **{name: (7 * number, 7) for number, name in enumerate(WEEKS)},
    S30: (0, 30),
    S90: (0, 90),
    S365: (0, 365),
}
"""Windows of as many days in every kind of month: (days between its last day and as_of, its days)."""


def origins_of(periods: Lazy, every_months: int) -> Lazy:
    """as_of (date), as_of_day (its ordinal), origin_month (its month's number), longest (days of the longest count)."""
    dates = held(
        periods.group_by("date", "month", "last").agg(nw.col("span").min(), nw.col("span").max().alias("most"))
    )
    is_due = (nw.col("month") + 1) % every_months == 0
    chosen = dates.with_columns((day_number(first_day(nw.col("month") + 1)) - 1).alias("month_ends")).filter(
        is_due, nw.col("last") + nw.col("span") > nw.col("month_ends")
    )
    longest = dates.select(nw.col("most").max().alias("longest"))
    return held(
        chosen.select(
            nw.col("date").alias(AS_OF), nw.col("last").alias(AS_OF_DAY), nw.col("month").alias(ORIGIN_MONTH)
        ).join(longest, how="cross")
    )


def windows_back(origins: Lazy, kind: str) -> Lazy:
    """as_of_day, name, first, last: the windows that the columns BACK, WEEKS, S30, S90 and S365 are streams of."""
    months = numbered(origins, range(1, len(BACK) + 1), "number")
    first, last = _month_back(kind)
    back = months.select(AS_OF_DAY, _named("back_", "number"), first.alias("first"), last.alias("last"))
    fixed = [
        origins.select(
            AS_OF_DAY,
            nw.lit(name).alias(NAME),
            (nw.col(AS_OF_DAY) - before - days + 1).alias("first"),
            (nw.col(AS_OF_DAY) - before).alias("last"),
        )
        for name, (before, days) in FIXED.items()
    ]
    return held(nw.concat([back, *fixed], how="vertical"))


def months_ahead(origins: Lazy, kind: str, horizon: int) -> Lazy:
    """as_of_day, month_ahead, first, last, label_known_at, season_from, season_to: one row an origin and month ahead.

    A label counts as known when the longest count that can hold the month's last day is over.
    """
    steps = numbered(origins, range(1, horizon + 1), MONTH_AHEAD).with_columns(nw.lit(1).cast(nw.Int64).alias("number"))
    named = zip(("first", "last", "back_first", "back_last"), (*_month_ahead(kind), *_month_back(kind)), strict=True)
    # Step by step: arithmetic of days names its input many times, and would repeat what the input is made of.
    placed = steps.with_columns(day.alias(name) for name, day in named).with_columns(
        ((nw.col("first") + nw.col("last")) // 2).alias("middle"),
        ((nw.col("back_first") + nw.col("back_last")) // 2).alias("back_middle"),
        (nw.col("last") + nw.col("longest") - 1).alias("known_by"),
    )
    for day, name in (("known_by", LABEL_KNOWN_AT), ("back_middle", "middle_from"), ("middle", "middle_to")):
        placed = with_date(placed, day, name)
    season_from, season_to = (nw.col(name).dt.ordinal_day().cast(nw.Int64) for name in ("middle_from", "middle_to"))
    return held(
        placed.select(
            *(AS_OF_DAY, MONTH_AHEAD, "first", "last", LABEL_KNOWN_AT),
            season_from.alias(SEASON_FROM),
            season_to.alias(SEASON_TO),
        )
    )


def numbered(origins: Lazy, numbers: Sequence[int], name: str) -> Lazy:
    """Each row of `origins` once for each of `numbers`."""
    text = nw.lit(" ".join(str(number) for number in numbers))
    return origins.with_columns(text.str.split(" ").alias(name)).explode(name).with_columns(nw.col(name).cast(nw.Int64))


def _named(prefix: str, number: str) -> nw.Expr:
    return nw.concat_str([nw.lit(prefix), nw.col(number).cast(nw.String)]).alias(NAME)


def _month_back(kind: str) -> tuple[nw.Expr, nw.Expr]:
    """First and last day of the month `number` back."""
    number = nw.col("number")
    if kind == CALENDAR:
        return _calendar_month(last_whole_month() - number + 1)
    last = nw.col(AS_OF_DAY) - (number - 1) * STEP
    return last - (STEP - 1), last


def _month_ahead(kind: str) -> tuple[nw.Expr, nw.Expr]:
    ahead = nw.col(MONTH_AHEAD)
    if kind == CALENDAR:
        return _calendar_month(nw.col(ORIGIN_MONTH) + ahead)
    last = nw.col(AS_OF_DAY) + ahead * STEP
    return last - (STEP - 1), last


def _calendar_month(month: nw.Expr) -> tuple[nw.Expr, nw.Expr]:
    return day_number(first_day(month)), day_number(first_day(month + 1)) - 1


def last_whole_month() -> nw.Expr:
    """The number of the last calendar month that ends before or on the origin."""
    month = nw.col(ORIGIN_MONTH)
    ends = day_number(first_day(month + 1)) - 1 == nw.col(AS_OF_DAY)
    return nw.when(ends).then(month).otherwise(month - 1)
