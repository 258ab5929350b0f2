"""Whole-number calendar arithmetic against the standard library, day by day."""

import calendar
from datetime import date, timedelta

import narwhals as nw
import polars as pl

from features.calendar import (
    day_number,
    days_later,
    first_day,
    last_day,
    month_number,
    weekday,
    with_date,
    with_month_days,
)

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
    bounded = with_month_days(frame.rename({"first": "first_date", "last": "last_date"}), "month")
    for row in with_date(bounded, "ordinal", "same").collect().rows(named=True):
        today = row["day"]
        assert row["month"] == today.year * 12 + today.month - 1
        assert row["first_date"] == today.replace(day=1)
        assert row["last_date"] == today.replace(day=calendar.monthrange(today.year, today.month)[1])
        assert (row["ordinal"], row["weekday"]) == (today.toordinal(), today.isoweekday())
        assert row["same"] == today
        assert (row["first"], row["last"]) == (row["first_date"].toordinal(), row["last_date"].toordinal())
        assert row["earlier"] == today - timedelta(days=365)


def test_ordinals_at_the_ends_of_centuries_and_of_the_calendar_are_the_dates_they_number() -> None:
    edges = [
        date(1, 1, 1),
        date(1600, 2, 29),
        date(1900, 2, 28),
        date(1900, 3, 1),
        date(2000, 12, 31),
        date(9999, 12, 31),
    ]
    frame = nw.from_native(pl.LazyFrame({"number": [edge.toordinal() for edge in edges]}))
    assert with_date(frame, "number", "date").collect()["date"].to_list() == edges
