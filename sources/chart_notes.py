"""What a person should know about a chart: what it is taken to be, and what it does not tell."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from sources.chart_dates import KINDS, WEEK

_UNITS = {1: "day", WEEK: "week"}
_SHOWN = 5


def described(rows: pl.DataFrame, days: int, weekday: str | None, region: str) -> str:
    """What the chart was taken to be."""
    dates = rows["date"].unique().sort()
    of = f" of {region}" if region else ""
    ending = f", ending on {weekday}s" if weekday else ""
    first, last = dates.cast(pl.String).gather([0, -1])
    return f"A {KINDS[days]} chart{of}: {counted(len(dates), _UNITS[days])}{ending}, {first} to {last}."


def missing_dates(rows: pl.DataFrame, days: int) -> list[str]:
    """Between the first and the last chart, the dates without one."""
    there = rows["date"].unique().sort()
    first, last = there[0], there[-1]
    assert isinstance(first, date)
    assert isinstance(last, date)
    expected = pl.date_range(first, last, f"{days}d", eager=True)
    missing = expected.filter(~expected.is_in(there.implode()))
    if missing.is_empty():
        return []
    return [f"Charts are missing for {counted(len(missing), _UNITS[days])}: {listed([str(day) for day in missing])}."]


def missing_ranks(rows: pl.DataFrame) -> list[str]:
    """Dates on which a rank is missing above the last: who held it had more than the lowest count that is listed."""
    ranks = pl.col("position")
    by_date = rows.group_by("date").agg(missing=ranks.max().cast(pl.Int64) - ranks.drop_nulls().n_unique()).sort("date")
    gaps = by_date.filter(pl.col("missing") > 0)
    if gaps.is_empty():
        return []
    shown = listed([f"{missing} on {day}" for day, missing in gaps.iter_rows()])
    return [f"Ranks above the last are missing ({shown}): a track not listed then may have had more than the cutoff."]


def counted(number: int, noun: str) -> str:
    """1 week, 2 weeks."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else shown
