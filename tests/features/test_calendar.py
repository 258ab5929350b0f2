"""Whole-number calendar arithmetic against the standard library, day by day."""

import calendar
from datetime import date, timedelta

import narwhals as nw
import polars as pl

from features.calendar import day_number, days_later, first_day, last_day, month_number, weekday

DAYS = [date(1899, 12, 25) + timedelta(days=number) for number in range(60_000)]


def test_every_day_of_164_years_agrees_with_the_standard_library() -> None:
    day = nw.col("day")
    frame = nw.from_native(pl.LazyFrame({"day": DAYS})).select(
        "day",
        month_number(day).alias("month"),
        first_day(month_number(day)).alias("first"),
        last_day(month_number(day)).alias("last"),
        day_number(day).alias("ordinal"),
        weekday(day_number(day)).alias("weekday"),
        days_later(day, -365).alias("earlier"),
    )
    for row in frame.collect().rows(named=True):
        today = row["day"]
        assert row["month"] == today.year * 12 + today.month - 1
        assert row["first"] == today.replace(day=1)
        assert row["last"] == today.replace(day=calendar.monthrange(today.year, today.month)[1])
        assert (row["ordinal"], row["weekday"]) == (today.toordinal(), today.isoweekday())
        assert row["earlier"] == today - timedelta(days=365)
