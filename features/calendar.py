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


def date_of(number: nw.Expr) -> nw.Expr:
    """The date whose ordinal `number` is: what `day_number` undoes. For the years 1 to 9999.

    The arithmetic counts from 0000-03-01, so that a leap day ends its year, in cycles of 400, 100, 4 and 1 years.
    """
    days = number.cast(nw.Int64) + 305
    of_cycle = days % 146_097
    year_of_cycle = (of_cycle - of_cycle // 1_460 + of_cycle // 36_524 - of_cycle // 146_096) // 365
    of_year = of_cycle - (year_of_cycle * 365 + year_of_cycle // 4 - year_of_cycle // 100)
    from_march = (of_year * 5 + 2) // 153
    day = of_year - (from_march * 153 + 2) // 5 + 1
    month = (days // 146_097 * 400 + year_of_cycle) * 12 + from_march + 2
    parts = (month // 12 + 10_000, month % 12 + 101, day + 100)
    text = [part.cast(nw.String).str.slice(1, width) for part, width in zip(parts, (4, 2, 2), strict=True)]
    return nw.concat_str(text, separator="-").str.to_date(format="%Y-%m-%d")
