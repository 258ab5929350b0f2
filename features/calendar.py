"""Calendar arithmetic in whole numbers, as expressions that mean the same on every engine.

Engines differ in what a date minus a date is, and in what a date plus a month is. Whole numbers do not: a month is the
number of months since the year 0 (January 2024 is 24288), a day is its proleptic Gregorian ordinal, as in
`datetime.date.toordinal`.
"""

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
