"""Calendar arithmetic in whole numbers, as expressions that mean the same on every engine.

Engines differ in what a date minus a date is, and in what a date plus a month is. Whole numbers do not: a month is the
number of months since the year 0 (January 2024 is 24288), a day is its proleptic Gregorian ordinal, as in
`datetime.date.toordinal`.
"""

from typing import Any

import narwhals as nw


def month_number(day: nw.Expr) -> nw.Expr:
    """The number of the month that a date or timestamp lies in; consecutive ones differ by one, over new year too."""
    return day.dt.year().cast(nw.Int32) * 12 + day.dt.month().cast(nw.Int32) - 1


def first_day(month: nw.Expr) -> nw.Expr:
    """The first day of the month numbered `month`, as a date."""
    year = (month // 12).cast(nw.String)
    of_year = (month % 12 + 101).cast(nw.String).str.slice(1, 2)
    return nw.concat_str([year, of_year, nw.lit("01")], separator="-").str.to_date(format="%Y-%m-%d")


def last_day(month: nw.Expr) -> nw.Expr:
    """The last day of the month numbered `month`, as a date."""
    return days_later(first_day(month + 1), -1)


def days_later(day: nw.Expr, days: int) -> nw.Expr:
    """The date `days` after the date `day` (before it, where negative)."""
    return day.dt.offset_by(f"{days}d").cast(nw.Date)


def day_number(day: nw.Expr) -> nw.Expr:
    """The ordinal of a date: 1 is 0001-01-01, and consecutive days differ by one."""
    before = day.dt.year().cast(nw.Int64) - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + day.dt.ordinal_day().cast(nw.Int64)


def weekday(number: nw.Expr) -> nw.Expr:
    """1 for Monday to 7 for Sunday, of an ordinal. (Narwhals' own is 7 on Polars and 0 on Spark for a Sunday.)"""
    return (number - 1) % 7 + 1


def with_month_days(frame: "nw.LazyFrame[Any]", month: str) -> "nw.LazyFrame[Any]":
    """`frame` with `first` and `last`, the ordinals of the first and last day of the month numbered in column `month`.

    Months are counted from March, so that only the last one of a year varies. Step by step, as `with_date`.
    """
    sides = {"first": 2, "last": 1}  # the month itself and the one after it, each less the two months before March
    parted = frame.with_columns((nw.col(month) - less).alias(f"__{side}") for side, less in sides.items()).with_columns(
        *((nw.col(f"__{side}") // 12).alias(f"__{side}_years") for side in sides),
        *((nw.col(f"__{side}") % 12 * 153 + 2).alias(f"__{side}_march") for side in sides),
    )
    begins = {side: _year_days(nw.col(f"__{side}_years")) + nw.col(f"__{side}_march") // 5 - 305 for side in sides}
    return parted.with_columns(begins["first"].alias("first"), (begins["last"] - 1).alias("last")).drop(
        *(f"__{side}{part}" for side in sides for part in ("", "_years", "_march"))
    )


def _year_days(years: nw.Expr) -> nw.Expr:
    return years * 365 + years // 4 - years // 100 + years // 400


def with_date(frame: "nw.LazyFrame[Any]", number: str, name: str) -> "nw.LazyFrame[Any]":
    """`frame` with the date called `name` whose ordinal is in the column `number`: what `day_number` undoes.

    For the years 1 to 9999. The arithmetic counts from 0000-03-01, so that a leap day ends its year, in cycles of 400,
    100, 4 and 1 years. It goes step by step, each a column of its own: as one expression it would name its input so
    often that Spark cannot hold it.
    """
    days, left, years, march, month = (f"__{part}" for part in ("days", "left", "years", "march", "month"))
    of_cycle = nw.col(days) % 146_097
    passed = nw.col(left) - nw.col(left) // 1_460 + nw.col(left) // 36_524 - nw.col(left) // 146_096
    of_year = nw.col(left) - (nw.col(years) * 365 + nw.col(years) // 4 - nw.col(years) // 100)
    parted = (
        frame.with_columns((nw.col(number).cast(nw.Int64) + 305).alias(days))
        .with_columns(of_cycle.alias(left))
        .with_columns((passed // 365).alias(years))
        .with_columns(of_year.alias(left))
        .with_columns(((nw.col(left) * 5 + 2) // 153).alias(march))
        .with_columns(
            ((nw.col(days) // 146_097 * 400 + nw.col(years)) * 12 + nw.col(march) + 2).alias(month),
            (nw.col(left) - (nw.col(march) * 153 + 2) // 5 + 1).alias(left),
        )
    )
    parts = (nw.col(month) // 12 + 10_000, nw.col(month) % 12 + 101, nw.col(left) + 100)
    text = [part.cast(nw.String).str.slice(1, width) for part, width in zip(parts, (4, 2, 2), strict=True)]
    date = nw.concat_str(text, separator="-").str.to_date(format="%Y-%m-%d")
    return parted.with_columns(date.alias(name)).drop(days, left, years, march, month)
