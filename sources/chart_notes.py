"""What a person should know about a chart: what it is taken to be, and what it does not tell."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from sources.chart_dates import KINDS, WEEK

_SHOWN = 5


def described(rows: pl.DataFrame, days: int, weekday: str | None, region: str) -> str:
    """What the chart was taken to be."""
    dates = rows["date"].unique()
    unit = f"weeks that end on {weekday}s" if days == WEEK else "days"
    of = f" of {region}" if region else ""
    first, last = dates.sort().cast(pl.String).gather([0, -1])
    return f"A {KINDS[days]} chart{of}: {len(dates):,} {unit}, {first} to {last}."


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
    unit = "weeks" if days == WEEK else "days"
    return [f"The charts of {len(missing):,} {unit} are missing: {listed([str(day) for day in missing])}."]


def missing_ranks(rows: pl.DataFrame) -> list[str]:
    """Dates on which a rank is missing above the last: who held it had more than the lowest count that is listed."""
    ranks = pl.col("position")
    by_date = rows.group_by("date").agg(missing=ranks.max().cast(pl.Int64) - ranks.drop_nulls().n_unique()).sort("date")
    gaps = by_date.filter(pl.col("missing") > 0)
    if gaps.is_empty():
        return []
    shown = listed([f"{missing} on {day}" for day, missing in gaps.iter_rows()])
    return [f"Ranks above the last are missing ({shown}): a track not listed then may have had more than the cutoff."]


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else shown
