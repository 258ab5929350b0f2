"""Social series as levels and growth at the end of a week, point in time.

A reading stands until the next one, for 28 days at most: platforms are read on different days, and some of them once a
month. Values are rounded to whole numbers first (followers and the like are counts), so that no sum depends on the
order of its terms. Metrics are matched by name, whatever the case.
"""

from collections.abc import Iterator
from typing import Any

import narwhals as nw

from features.held import held
from features.weeks import dated, in_weeks
from refrain.stream_weeks import POPULARITY, SOCIAL_GROWTH, SOCIAL_LEVELS, SOCIAL_METRICS, WEEK, days_back

Lazy = nw.LazyFrame[Any]

SERIES = ["track_id", "metric", "platform"]
STANDS_WEEKS = 4
"""Weeks for which a reading stands."""


def social_levels(socials: Lazy, weekday: int) -> Lazy:
    """track_id, week, and SOCIALS and POPULARITY of refrain.stream_weeks; a row where there is any reading to go by.

    `weekday`: that on which weeks end, 1 Monday to 7 Sunday. Popularity, a share of 100, is the largest of the
    platforms'; the other metrics are summed over platforms.
    """
    levels = held(_standing(socials, weekday))
    joined = levels
    for weeks in SOCIAL_GROWTH:
        before = levels.select(*SERIES, nw.col("week") + weeks, nw.col("level").alias(f"before_{weeks}"))
        joined = joined.join(before, on=[*SERIES, "week"], how="left")
    metric, level = nw.col("metric"), nw.col("level")
    popularity = nw.when(metric == POPULARITY).then(level).max().cast(nw.Float64).alias(POPULARITY)
    sums = joined.group_by("track_id", "week").agg(
        popularity,
        *(
            part
            for name, of_metric in zip(SOCIAL_LEVELS, SOCIAL_METRICS, strict=True)
            for part in _sums(name, metric == of_metric)
        ),
    )
    return sums.select(
        *("track_id", "week", POPULARITY),
        # A sum of nothing is 0 on one engine and null on another: neither is a level.
        *(
            nw.when(nw.col(f"{name}_count") > 0).then(nw.col(name)).cast(nw.Float64).alias(name)
            for name in SOCIAL_LEVELS
        ),
        *(
            nw.when(nw.col(f"before_{growth}") > 0)
            .then(nw.col(f"now_{growth}") / nw.col(f"before_{growth}"))
            .alias(growth)
            for of_span in SOCIAL_GROWTH.values()
            for growth in of_span
        ),
    )


def _sums(name: str, own: nw.Expr) -> Iterator[nw.Expr]:
    """Over the platforms of one metric, whose rows are `own`: sum and count of levels, both sides of each growth."""
    level = nw.when(own).then(nw.col("level"))
    yield level.sum().alias(name)
    yield level.count().alias(f"{name}_count")
    place = SOCIAL_LEVELS.index(name)
    for weeks, growths in SOCIAL_GROWTH.items():
        before = nw.col(f"before_{weeks}")
        both = own & ~before.is_null()
        yield nw.when(both).then(nw.col("level")).sum().alias(f"now_{growths[place]}")
        yield nw.when(both).then(before).sum().alias(f"before_{growths[place]}")


def _standing(socials: Lazy, weekday: int) -> Lazy:
    """SERIES, week, `level`: the last reading up to the week's end, of this week or of the three before."""
    whole = (nw.col("value") + 0.5).floor().cast(nw.Int64).alias("value")
    readings = socials.filter(~nw.col("value").is_null()).with_columns(nw.col("metric").str.to_lowercase(), whole)
    wanted = readings.filter(nw.col("metric").is_in([*SOCIAL_METRICS, POPULARITY]))
    days = in_weeks(dated(wanted.select(*SERIES, "date", "value")), weekday, SERIES, "value")
    weekly = held(days.select(*SERIES, "week", nw.coalesce(*(nw.col(day) for day in days_back(WEEK))).alias("level")))
    ages = range(STANDS_WEEKS)
    spread = nw.concat([weekly.with_columns(nw.col("week") + age, nw.lit(age).alias("age")) for age in ages])
    by_age = (nw.when(nw.col("age") == age).then(nw.col("level")).max().alias(f"level_{age}") for age in ages)
    held_on = spread.group_by(*SERIES, "week").agg(*by_age)
    return held_on.select(*SERIES, "week", nw.coalesce(*(nw.col(f"level_{age}") for age in ages)).alias("level"))
