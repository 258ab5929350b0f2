"""What the counts up to each day say of the hours of the next: by the local clock, and by whole days.

Everything here is a whole number (of thousandths of a user) or one quotient of two, so that no float depends on the
order of a sum. "Usual" is the mean of the same local hour 7, 14, 21 and 28 days before, of those that are known.

Of the last day the counts are those known at its end, of days before it those known a day later.
"""

from typing import Any

import narwhals as nw

from features.held import settled
from features.hourly_clock import HOURS
from features.hourly_counts import KNOWN, SETTLED, UNIT
from refrain.audience_hours import (
    ALL_MEAN,
    DAY_HOUR_MEAN,
    DAYS_AGO,
    HOUR_OF_WEEK_MEAN,
    LAST_DAY,
    LAST_HOURS,
    LAST_MONTH,
    LAST_WEEK,
    LEVEL_DAYS,
    LEVEL_HOURS,
    SEASONAL_ERROR,
    SUNDAYS,
    USUAL,
    USUAL_DAY_AGO,
    USUAL_WEEK_AGO,
    WEEK_OVER_WEEK,
    WEEKS_AGO,
)

Lazy = nw.LazyFrame[Any]

OF_THE_DAY_BEFORE = (DAYS_AGO[0], DAYS_AGO[1], DAY_HOUR_MEAN, SUNDAYS)
"""What `of_the_hour` makes of all that is known at the end of the day before, and not of the day before that."""
_KEY = ["day", "clock"]
_WEEK, _MONTH = 7, 28
_MEANS = {LAST_DAY: 1, LAST_WEEK: 7, LAST_MONTH: 28}
_ADDED = ("settled", "settled_hours", "both", "both_usual", "error", "error_hours")
"""What is added up over days."""


def clock_hours(counts: Lazy, days: Lazy) -> Lazy:
    """Columns day (local), clock, known, settled, usual: one row for each of `days` and each hour of the clock.

    An hour that the clock strikes twice has the mean of the two; one that it leaves out is not known.
    """
    read = counts.group_by(nw.col("local_day").alias("day"), "clock").agg(
        *(nw.col(name).sum() for name in (KNOWN, SETTLED)),
        *(nw.col(name).count().cast(nw.Int64).alias(f"{name}_hours") for name in (KNOWN, SETTLED)),
    )
    means = read.select(*_KEY, *(_whole_mean(nw.col(name), nw.col(f"{name}_hours"), name) for name in (KNOWN, SETTLED)))
    clock = nw.lit(" ".join(str(number) for number in range(HOURS))).str.split(" ").alias("clock")
    grid = days.with_columns(clock).explode("clock").with_columns(nw.col("clock").cast(nw.Int64))
    hours = settled(grid.join(means, on=_KEY, how="left"))
    for name, weeks in zip(WEEKS_AGO, range(1, len(WEEKS_AGO) + 1), strict=True):
        hours = hours.join(_later(hours, SETTLED, name, _WEEK * weeks), on=_KEY, how="left")
    found = nw.sum_horizontal(*((~nw.col(name).is_null()).cast(nw.Int64) for name in WEEKS_AGO))
    together = nw.sum_horizontal(*(nw.col(name).fill_null(0) for name in WEEKS_AGO))
    return settled(hours.with_columns(_whole_mean(together, found, USUAL)))


def of_the_hour(hours: Lazy) -> Lazy:
    """day, clock and the features of an hour of that day, by earlier days at the same hour; as users.

    They are known at the end of the day before; all but OF_THE_DAY_BEFORE are a day earlier.
    """
    described = hours.select(*_KEY, USUAL, *WEEKS_AGO)
    lags = {DAYS_AGO[0]: (KNOWN, 1), **{name: (SETTLED, back + 2) for back, name in enumerate(DAYS_AGO[1:])}}
    lags |= {USUAL_DAY_AGO: (USUAL, 1), USUAL_WEEK_AGO: (USUAL, _WEEK)}
    for name, (column, back) in lags.items():
        described = described.join(_later(hours, column, name, back), on=_KEY, how="left")
    totals = _running_means(hours)
    described = described.join(totals, on=_KEY, how="left")
    # The last Sunday that is settled at the end of the day before, and what it makes usual a week later.
    sunday = nw.col("day") - 2 - (nw.col("day") - 2) % _WEEK
    usual = hours.select(nw.col("day").alias("sunday"), "clock", nw.col(USUAL).alias(SUNDAYS))
    described = described.with_columns((sunday + _WEEK).alias("sunday")).join(usual, on=["sunday", "clock"], how="left")
    counts = (*WEEKS_AGO, *DAYS_AGO, USUAL, USUAL_DAY_AGO, USUAL_WEEK_AGO, SUNDAYS)
    return described.select(*_KEY, HOUR_OF_WEEK_MEAN, DAY_HOUR_MEAN, *(_users(nw.col(name), name) for name in counts))


def of_the_day(hours: Lazy, counts: Lazy, days: Lazy) -> Lazy:
    """Columns day and the features of every hour ahead of its end: levels, means, last hours, the seasonal error."""
    known, usual = nw.col(KNOWN), nw.col(USUAL)
    both, settled_too = ~(known.is_null() | usual.is_null()), ~(nw.col(SETTLED).is_null() | usual.is_null())
    by_clock = {f"{hours_back}h": nw.col("clock") >= HOURS - hours_back for hours_back in LEVEL_HOURS}
    last = {"day": nw.col("clock") >= 0, **by_clock}
    daily = hours.group_by("day").agg(
        *(nw.when(both & when).then(known).otherwise(0).sum().alias(f"known_{name}") for name, when in last.items()),
        *(nw.when(both & when).then(usual).otherwise(0).sum().alias(f"usual_{name}") for name, when in last.items()),
        *(
            nw.when(nw.col("clock") == HOURS - back).then(known).max().alias(name)
            for back, name in enumerate(LAST_HOURS, 1)
        ),
        nw.when(settled_too).then(nw.col(SETTLED)).otherwise(0).sum().alias("both"),
        nw.when(settled_too).then(usual).otherwise(0).sum().alias("both_usual"),
    )
    daily = days.join(daily, on="day").join(_by_day(counts), on="day", how="left")
    filled = (nw.col(name).fill_null(0) for name in (*_ADDED, "known", "known_hours"))
    one = daily.with_columns(nw.lit(1).alias("one"), *filled)
    before = one.with_columns(
        (nw.col(name).cum_sum().over("one", order_by="day") - nw.col(name)).alias(name) for name in _ADDED
    )
    before = settled(before.drop("one"))
    windows = {days_back: _earlier(before, days_back) for days_back in sorted({*LEVEL_DAYS, *_MEANS.values(), 14})}
    described = before
    for frame in windows.values():
        described = described.join(frame, on="day", how="left")
    levels = [
        *(_ratio(nw.col(f"known_{back}h"), nw.col(f"usual_{back}h"), f"level_{back}h") for back in LEVEL_HOURS),
        *(
            _ratio(
                nw.col("known_day") + _since("both", back),
                nw.col("usual_day") + _since("both_usual", back),
                f"level_{back}d",
            )
            for back in LEVEL_DAYS
        ),
    ]
    means = [
        _mean(nw.col("known") + _since("settled", back), nw.col("known_hours") + _since("settled_hours", back), name)
        for name, back in _MEANS.items()
    ]
    week, week_hours = (nw.col(name) + _since(of, _WEEK) for name, of in _OF_DAY.items())
    fortnight, fortnight_hours = (nw.col(name) + _since(of, 2 * _WEEK) for name, of in _OF_DAY.items())
    return described.select(
        "day",
        *(_users(nw.col(name), name) for name in LAST_HOURS),
        *levels,
        *means,
        _mean(nw.col("known") + nw.col("settled"), nw.col("known_hours") + nw.col("settled_hours"), ALL_MEAN),
        _ratio(week * (fortnight_hours - week_hours), (fortnight - week) * week_hours, WEEK_OVER_WEEK),
        _mean(nw.col("error"), nw.col("error_hours"), SEASONAL_ERROR),
    )


_OF_DAY = {"known": "settled", "known_hours": "settled_hours"}


def _by_day(counts: Lazy) -> Lazy:
    """day, known, known_hours, settled, settled_hours, error, error_hours: sums over the hours of each local day."""
    now = counts.select("hour", "local_day", KNOWN, SETTLED)
    before = now.select((nw.col("hour") + HOURS).alias("hour"), nw.col(SETTLED).alias("before"))
    error = (nw.col(SETTLED) - nw.col("before")).abs().alias("error")
    columns = (KNOWN, SETTLED, "error")
    return (
        now.join(before, on="hour", how="left")
        .with_columns(error)
        .group_by(nw.col("local_day").alias("day"))
        .agg(
            *(nw.col(name).sum() for name in columns),
            *(nw.col(name).count().cast(nw.Int64).alias(f"{name}_hours") for name in columns),
        )
    )


def _running_means(hours: Lazy) -> Lazy:
    """day, clock, HOUR_OF_WEEK_MEAN (all weeks before) and DAY_HOUR_MEAN (days 2 to 29 before); as users."""
    weekly = hours.select(
        *_KEY,
        (nw.col("day") % _WEEK).alias("weekday"),
        nw.col(SETTLED).fill_null(0).alias("sum"),
        (~nw.col(SETTLED).is_null()).cast(nw.Int64).alias("found"),
    )
    added = weekly.with_columns(
        nw.col("sum").cum_sum().over("clock", order_by="day").alias("clock_sum"),
        nw.col("found").cum_sum().over("clock", order_by="day").alias("clock_found"),
        (nw.col("sum").cum_sum().over("clock", "weekday", order_by="day") - nw.col("sum")).alias("week_sum"),
        (nw.col("found").cum_sum().over("clock", "weekday", order_by="day") - nw.col("found")).alias("week_found"),
    )
    added = settled(added)
    to, since = 2, 2 + _MONTH
    sums = {"clock_sum": "sum", "clock_found": "found"}
    totals = added.select(*_KEY, "week_sum", "week_found")
    for back in (to, since):
        earlier = added.select(
            (nw.col("day") + back).alias("day"),
            "clock",
            *(nw.col(name).alias(f"{short}_{back}") for name, short in sums.items()),
        )
        totals = totals.join(earlier, on=_KEY, how="left")
    between = {short: nw.col(f"{short}_{to}") - nw.col(f"{short}_{since}").fill_null(0) for short in sums.values()}
    return totals.select(
        *_KEY,
        _mean(nw.col("week_sum"), nw.col("week_found"), HOUR_OF_WEEK_MEAN),
        _mean(between["sum"], between["found"], DAY_HOUR_MEAN),
    )


def _earlier(before: Lazy, days_back: int) -> Lazy:
    """day, and what had been added up `days_back` - 1 days before it, as `_name_days_back`."""
    shifted = (nw.col("day") + days_back - 1).alias("day")
    return before.select(shifted, *(nw.col(name).alias(f"_{name}_{days_back}") for name in _ADDED))


def _since(name: str, days_back: int) -> nw.Expr:
    """What was added up over the `days_back` - 1 days before the day."""
    return nw.col(name) - nw.col(f"_{name}_{days_back}").fill_null(0)


def _later(hours: Lazy, column: str, name: str, days: int) -> Lazy:
    return hours.select((nw.col("day") + days).alias("day"), "clock", nw.col(column).alias(name))


def _whole_mean(total: nw.Expr, count: nw.Expr, name: str) -> nw.Expr:
    """A mean as a whole number; null of nothing."""
    return nw.when(count > 0).then(total // nw.when(count > 0).then(count).otherwise(1)).alias(name)


def _mean(total: nw.Expr, count: nw.Expr, name: str) -> nw.Expr:
    """A mean of thousandths, as users; null of nothing."""
    return nw.when(count > 0).then(total.cast(nw.Float64) / (count * UNIT).cast(nw.Float64)).alias(name)


def _ratio(above: nw.Expr, below: nw.Expr, name: str) -> nw.Expr:
    return nw.when(below > 0).then(above.cast(nw.Float64) / below.cast(nw.Float64)).alias(name)


def _users(thousandths: nw.Expr, name: str) -> nw.Expr:
    # By a column: Polars multiplies by a constant's inverse, Spark divides.
    unit = nw.when(~thousandths.is_null()).then(nw.lit(float(UNIT)))
    return (thousandths.cast(nw.Float64) / unit).alias(name)
