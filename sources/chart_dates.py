"""Which days a chart's counts cover: one day or a week, and on which day the week ends.

Streaming weeks run Friday to Thursday. The charts of charts.spotify.com are dated by the Thursday that ends the week (a
single released on Friday 2020-07-24 is first in the chart of 2020-07-30); spotifycharts.com wrote both ends of the
week, from Friday to the Friday after it (2019-01-04--2019-01-11), of which the last is not part of it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import polars as pl

from refrain.errors import InputError
from sources.cells import dates, iso_dates

NAME = "spotify-charts"
"""The source of the charts."""
WEEK = 7
KINDS = {1: "daily", WEEK: "weekly"}
_THURSDAY, _FRIDAY = 4, 5  # as polars counts: Monday is 1
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENOUGH_DATES = 3
"""Dates whose distances tell a weekly chart from a daily one."""
_RANGE = r"^(\d{4}-\d{2}-\d{2})\s*(?:--|/|–| to )\s*(\d{4}-\d{2}-\d{2})$"


class DatedBy(StrEnum):
    """Which day stands for a week."""

    LAST_DAY = "last_day"
    FIRST_DAY = "first_day"
    DAY_AFTER = "day_after"


_TO_LAST_DAY = {DatedBy.LAST_DAY: 0, DatedBy.FIRST_DAY: WEEK - 1, DatedBy.DAY_AFTER: -1}


def read_dates(text: pl.Series, pattern: str | None = None) -> pl.Series:
    """Dates, null where a cell is none; of a week written with both its ends, the last day that it covers."""
    plain = dates(text, pattern) if pattern else iso_dates(text.str.replace(r"[T ]00:00(?::00)?(?:\.0+)?Z?$", ""))
    first, last = (iso_dates(text.str.extract(_RANGE, group)) for group in (1, 2))
    length = (last - first).dt.total_days()
    ends = last.dt.offset_by("-1d").zip_with((length == WEEK).fill_null(False), last)
    return plain.fill_null(ends.set(~length.is_in([WEEK - 1, WEEK]).fill_null(False), None))


def is_range(text: pl.Series) -> pl.Series:
    """Whether a cell holds both ends of a week."""
    return text.str.contains(_RANGE).fill_null(False)


def last_day_of(dates_in_name: Sequence[date]) -> tuple[date, bool] | None:
    """The date that a file's name says, and whether it is surely the last day covered; None where it says none."""
    match dates_in_name:
        case [day]:
            return day, False
        case [first, last] if (last - first).days in (WEEK - 1, WEEK):
            return first + timedelta(days=WEEK - 1), True
        case _:
            return None


def days_by_distance(found: pl.Series) -> int | None:
    """7 where all dates lie whole weeks apart, 1 where some do not; None where there are too few to tell."""
    distances = found.unique().sort().diff().drop_nulls().dt.total_days()
    if (distances % WEEK != 0).any():
        return 1
    return WEEK if len(distances) + 1 >= _ENOUGH_DATES else None


class Weeks(NamedTuple):
    """Weekly rows with the last day of each week."""

    rows: pl.DataFrame
    weekday: str
    """Name of the day on which the weeks end."""
    off: pl.Series
    """Which rows end a week on another day than most do."""


def as_weeks(rows: pl.DataFrame, dated_by: DatedBy | None, where: Path) -> Weeks:
    """Weekly `rows` with `date` turned into the last day that each covers, unless `whole` says that it is already.

    Raises InputError where which day stands for a week cannot be known, or where the dates are not those of weeks.
    """
    unsure = rows.filter(~pl.col("whole"))["date"]
    if len(unsure):
        dated_by = dated_by or _dated_by(unsure, where)
        shifted = pl.col("date").dt.offset_by(f"{_TO_LAST_DAY[dated_by]}d")
        rows = rows.with_columns(date=pl.when("whole").then("date").otherwise(shifted))
    weekday = _usual_weekday(rows["date"])
    if weekday is None:
        raise InputError(
            f"{where} is said to be a weekly chart, but its dates fall on every day of the week.",
            hint=f"If it is a daily chart, set sources.{NAME}.days: 1 in params.yaml.",
        )
    return Weeks(rows, _NAMES[weekday - 1], rows["date"].dt.weekday() != weekday)


def _dated_by(unsure: pl.Series, where: Path) -> DatedBy:
    weekday = _usual_weekday(unsure)
    if weekday is None or weekday == _THURSDAY:
        return DatedBy.LAST_DAY
    name = _NAMES[weekday - 1]
    if weekday == _FRIDAY:
        what = "which may be the day a week begins or the day after it ended"
        choices = "first_day or day_after"
    else:
        what = "and streaming weeks run Friday to Thursday"
        choices = "last_day, first_day or day_after"
    raise InputError(
        f"The weeks of {where} are dated by {name}s, {what}.",
        hint=f"Say in params.yaml which day that is: sources.{NAME}.dated_by: {choices}.",
    )


def _usual_weekday(found: pl.Series) -> int | None:
    """The weekday of more than half of the different dates; None where there is none."""
    weekdays = found.unique().dt.weekday()
    usual = weekdays.value_counts(sort=True).row(0) if len(weekdays) else (None, 0)
    return usual[0] if 2 * usual[1] > len(weekdays) else None
