"""Streams between any two days, read off running totals: two look-ups a window, however long it is."""

from typing import Any

import narwhals as nw

from features.held import settled
from features.periods import AT_MOST, KNOWN_ON, STREAMS, UNLISTED

Lazy = nw.LazyFrame[Any]
TOTALS = (STREAMS, AT_MOST, UNLISTED)


def running_totals(days: Lazy) -> Lazy:
    """Totals of each track from its first day on, to be read at the first and the last day of a window.

    `through_...` includes its day, `before_...` does not. `position` numbers the rows of a track: from the first to the
    last day of a window that lacks no day, it grows by as much as the day does. `days`: as features.periods.days_of.
    """
    numbered = days.with_columns(nw.lit(1).cast(nw.Int64).alias("position"))
    summed = numbered.with_columns(
        nw.col("position").cum_sum().over("track_id", order_by="day"),
        *(nw.col(name).cum_sum().over("track_id", order_by="day").alias(f"through_{name}") for name in _totals(days)),
    )
    before = [(nw.col(f"through_{name}") - nw.col(name)).alias(f"before_{name}") for name in _totals(days)]
    return settled(summed.with_columns(*before).drop(*_totals(days)))


def within(windows: Lazy, totals: Lazy) -> Lazy:
    """`windows` with streams, at_most and unlisted (days) of the track between the ordinals `first` and `last`.

    `known_on` is the day at whose end they can be known. A window that lacks a day, one that is neither known nor
    bounded, is left out. The columns are those that `totals`, of running_totals, were made of.
    """
    names = [name for name in TOTALS if f"through_{name}" in totals.collect_schema().names()]
    ends = totals.select(
        "track_id",
        nw.col("day").alias("last"),
        nw.col("position").alias("end"),
        KNOWN_ON,
        *(f"through_{name}" for name in names),
    )
    starts = totals.select(
        "track_id",
        nw.col("day").alias("first"),
        nw.col("position").alias("start"),
        *(f"before_{name}" for name in names),
    )
    joined = windows.join(ends, on=["track_id", "last"]).join(starts, on=["track_id", "first"])
    whole = joined.filter(nw.col("end") - nw.col("start") == nw.col("last") - nw.col("first"))
    return whole.with_columns(
        (nw.col(f"through_{name}") - nw.col(f"before_{name}")).alias(name) for name in names
    ).drop("start", "end", *(f"{side}_{name}" for side in ("through", "before") for name in names))


def _totals(days: Lazy) -> list[str]:
    present = days.collect_schema().names()
    return [name for name in TOTALS if name in present]
