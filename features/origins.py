"""The moments at which a catalogue is looked at, and the months and weeks that lie before and after each of them.

An **origin** is the last day of a calendar month, or, where counts cover several days, the last day on which one ends
in it: the month's first date that the source has counts for and from which one more of the shortest of them leads into
another month. Whether a date is one can be told on that very day. Origins are taken in every n-th month (December is
one of them if n divides 12).

A **month** is a step of 30 days from the origin, or a calendar month: the first one ahead is then the first that begins
after the origin, the first one back the last that ends before or on it.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from features.calendar import day_number, month_number, with_date, with_month_days
from features.held import settled
from features.target import AS_OF, LABEL_KNOWN_AT
from refrain.track_months import BACK, MONTH_AHEAD, S30, S90, S365, SEASON_FROM, SEASON_TO, WEEKS

Lazy = nw.LazyFrame[Any]

CALENDAR = "calendar"
STEP = 30
AS_OF_DAY = "as_of_day"
"""The ordinal of as_of."""
ORIGIN_MONTH = "origin_month"
"""The number of the calendar month that an origin lies in."""
MONTH_ENDS = "month_ends"
"""The ordinal of that month's last day."""
WHOLE_MONTH = "whole_month"
"""The number of the last calendar month that ends before or on it."""
NAME = "name"
FIXED = {
    **{name: (7 * number, 7) for number, name in enumerate(WEEKS)},
    S30: (0, 30),
    S90: (0, 90),
    S365: (0, 365),
}
"""Windows of as many days in every kind of month: (days between its last day and as_of, its days)."""


def origins_of(periods: Lazy, every_months: int) -> Lazy:
    """as_of and what `placed` says of it, longest (days of the source's longest count): one row an origin."""
    dates = settled(periods.group_by("date", "month").agg(nw.col("span").min(), nw.col("span").max().alias("longest")))
    due = dates.filter((nw.col("month") + 1) % every_months == 0).select(nw.col("date").alias(AS_OF), "span")
    leading_out = placed(due).filter(nw.col(AS_OF_DAY) + nw.col("span") > nw.col(MONTH_ENDS))
    chosen = leading_out.filter(nw.col(AS_OF_DAY) == nw.col(AS_OF_DAY).min().over(ORIGIN_MONTH))
    return settled(chosen.drop("span", MONTH_ENDS).join(dates.select(nw.col("longest").max()), how="cross"))


def placed(moments: Lazy) -> Lazy:
    """`moments` (as_of, a date, and what else they have) with as_of_day, origin_month, month_ends and whole_month."""
    day, month = nw.col(AS_OF_DAY), nw.col(ORIGIN_MONTH)
    numbered_days = moments.with_columns(
        day_number(nw.col(AS_OF)).alias(AS_OF_DAY), month_number(nw.col(AS_OF)).cast(nw.Int64).alias(ORIGIN_MONTH)
    )
    bounded = with_month_days(numbered_days, ORIGIN_MONTH).rename({"last": MONTH_ENDS}).drop("first")
    whole = nw.when(day == nw.col(MONTH_ENDS)).then(month).otherwise(month - 1)
    return bounded.with_columns(whole.alias(WHOLE_MONTH))


def windows_back(origins: Lazy, kind: str) -> Lazy:
    """as_of_day, name, first, last: the windows that the columns BACK, WEEKS, S30, S90 and S365 are streams of."""
    months = _back(numbered(origins, range(1, len(BACK) + 1), "number"), kind)
    name = nw.concat_str([nw.lit("back_"), nw.col("number").cast(nw.String)])
    back = months.select(AS_OF_DAY, name.alias(NAME), "first", "last")
    fixed = [
        origins.select(
            AS_OF_DAY,
            nw.lit(name).alias(NAME),
            (nw.col(AS_OF_DAY) - before - days + 1).alias("first"),
            (nw.col(AS_OF_DAY) - before).alias("last"),
        )
        for name, (before, days) in FIXED.items()
    ]
    return settled(nw.concat([back, *fixed], how="vertical"))


def months_ahead(origins: Lazy, kind: str, horizon: int) -> Lazy:
    """as_of_day, month_ahead, first, last, label_known_at, season_from, season_to: one row an origin and month ahead.

    A label counts as known when the longest count that can hold the month's last day is over.
    """
    newest = _back(origins.with_columns(nw.lit(1).cast(nw.Int64).alias("number")), kind).select(
        AS_OF_DAY, ((nw.col("first") + nw.col("last")) // 2).alias("back_middle")
    )
    steps = _ahead(numbered(origins, range(1, horizon + 1), MONTH_AHEAD), kind).with_columns(
        ((nw.col("first") + nw.col("last")) // 2).alias("middle"),
        (nw.col("last") + nw.col("longest") - 1).alias("known_by"),
    )
    placed = steps.join(newest, on=AS_OF_DAY)
    for day, name in (("known_by", LABEL_KNOWN_AT), ("back_middle", "middle_from"), ("middle", "middle_to")):
        placed = with_date(placed, day, name)
    season_from, season_to = (nw.col(name).dt.ordinal_day().cast(nw.Int64) for name in ("middle_from", "middle_to"))
    return settled(
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


def _back(numbered_months: Lazy, kind: str) -> Lazy:
    """With the first and the last day of the month `number` back."""
    number = nw.col("number")
    if kind == CALENDAR:
        return with_month_days(numbered_months.with_columns((nw.col(WHOLE_MONTH) - number + 1).alias("of")), "of")
    return _steps(numbered_months, nw.col(AS_OF_DAY) - (number - 1) * STEP)


def _ahead(numbered_months: Lazy, kind: str) -> Lazy:
    """With the first and the last day of the month MONTH_AHEAD."""
    ahead = nw.col(MONTH_AHEAD)
    if kind == CALENDAR:
        return with_month_days(numbered_months.with_columns((nw.col(ORIGIN_MONTH) + ahead).alias("of")), "of")
    return _steps(numbered_months, nw.col(AS_OF_DAY) + ahead * STEP)


def _steps(months: Lazy, last: nw.Expr) -> Lazy:
    return months.with_columns((last - (STEP - 1)).alias("first"), last.alias("last"))
