"""Stream counts as days: each count spread over the days it covers, and the days on which a track was not listed.

A weekly count is the streams of seven days together. It is spread over them evenly, in whole streams: the first i of n
days get the whole part of i/n of the count, so that the days add up to the count. None of these days is known before
the last of them is over (`known_on`).

A source that lists only the most played tracks says of the others that they had at most `cutoff` streams in the same
days. Such a day is **unlisted**: its streams are unknown and at most that many. A day of which the source says nothing
at all (a gap, or a date that nobody has) is unknown without a bound, and is no row here.
"""

from typing import Any

import narwhals as nw

from features.calendar import day_number, month_number

Lazy = nw.LazyFrame[Any]

MOST_DAYS = 31
"""Days that a count may cover."""
KNOWN_ON = "known_on"
STREAMS = "streams"
AT_MOST = "at_most"
UNLISTED = "unlisted"


def periods_of(counts: Lazy) -> Lazy:
    """`daily_streams` as it is read here: track_id, date, month, last (ordinal), span, streams, cutoff.

    `span` is the number of days covered, `last` the last of them; `cutoff` is null where the source lists every track.
    """
    present = counts.collect_schema().names()
    span = nw.col("days").fill_null(1) if "days" in present else nw.lit(1)
    cutoff = nw.col("cutoff") if "cutoff" in present else nw.lit(None)
    date = nw.col("date")
    return counts.select(
        "track_id",
        "date",
        month_number(date).cast(nw.Int64).alias("month"),
        day_number(date).alias("last"),
        span.cast(nw.Int64).alias("span"),
        nw.col("streams").cast(nw.Int64).alias(STREAMS),
        cutoff.cast(nw.Int64).alias("cutoff"),
    )


def is_spread(counts: Lazy) -> bool:
    """Whether a count may cover more than its own date: whether the source has a column of days."""
    return "days" in counts.collect_schema().names()


def is_censored(counts: Lazy) -> bool:
    """Whether the source may leave tracks out: whether it has a column of cutoffs."""
    return "cutoff" in counts.collect_schema().names()


def with_unlisted(periods: Lazy, reach: int) -> Lazy:
    """`periods` of a censored source with a row, streams being null, for each date on which a track was not listed.

    From the first date on which a track was listed to `reach` days after the last: nobody asks for what lies outside.
    """
    dates = periods.group_by("last").agg(nw.col("span").max(), nw.col("cutoff").max())
    lives = periods.group_by("track_id").agg(nw.col("last").min().alias("begins"), nw.col("last").max().alias("ends"))
    lists = dates.filter(~nw.col("cutoff").is_null())
    grid = lives.join(lists, how="cross").filter(
        nw.col("last") > nw.col("begins"), nw.col("last") <= nw.col("ends") + reach
    )
    absent = grid.join(periods, on=["track_id", "last"], how="anti")
    columns = ("track_id", "last", "span", STREAMS, "cutoff")
    empty = nw.lit(None).cast(nw.Int64).alias(STREAMS)
    return nw.concat(
        [periods.select(*columns), absent.with_columns(empty).select(*columns)],
        how="vertical",
    )


def days_of(periods: Lazy, *, spread: bool) -> Lazy:
    """track_id, day (ordinal), known_on, streams, at_most, unlisted: one row a day that is known or bounded.

    `streams` is 0 on an unlisted day, `unlisted` then 1; `at_most` is the count itself on a listed day and the cutoff's
    share on an unlisted one. `spread`: whether a count may cover more than its own date. Where two counts cover a day,
    the one that was known first stands.
    """
    counted = nw.when(nw.col(STREAMS).is_null()).then(nw.col("cutoff")).otherwise(nw.col(STREAMS))
    described = periods.with_columns(
        nw.col(STREAMS).is_null().cast(nw.Int64).alias(UNLISTED),
        counted.alias(AT_MOST),
        nw.col("last").alias(KNOWN_ON),
    )
    if not spread:
        return described.select(
            "track_id", nw.col("last").alias("day"), KNOWN_ON, nw.col(STREAMS).fill_null(0), AT_MOST, UNLISTED
        )
    each = " ".join(str(number) for number in range(MOST_DAYS))
    week = " ".join(str(number) for number in range(7))
    # As a list in a text: engines agree on how a text is split, and not on how a list is written.
    listed = nw.when(nw.col("span") == 1).then(nw.lit("0")).otherwise(nw.lit(each))
    numbers = nw.when(nw.col("span") == 7).then(nw.lit(week)).otherwise(listed)
    expanded = (
        described.with_columns(numbers.str.split(" ").alias("number"))
        .explode("number")
        .with_columns(nw.col("number").cast(nw.Int64))
        .filter(nw.col("number") < nw.col("span"))
    )
    daily = expanded.select(
        "track_id",
        (nw.col("last") - nw.col("span") + 1 + nw.col("number")).alias("day"),
        KNOWN_ON,
        _share(nw.col(STREAMS).fill_null(0)).alias(STREAMS),
        _share(nw.col(AT_MOST)).alias(AT_MOST),
        UNLISTED,
    )
    first_known = nw.col(KNOWN_ON).min().over("track_id", "day")
    return daily.filter(nw.col(KNOWN_ON) == first_known)


def _share(count: nw.Expr) -> nw.Expr:
    number, span = nw.col("number"), nw.col("span")
    return count * (number + 1) // span - count * number // span
