"""audience.hourly: how many users will be active in each hour of the next day?

A row is an hour (UTC) ahead of the end of a day, as_of, both in the platform's time zone: the 24 hours that follow its
midnight, or the 25 of a day on which the clocks go back. On a day of 23 hours the 24th row is the first hour of the day
after. A UTC hour belongs to the local day in which it begins.

**What is known at the end of as_of** is told in features/hourly_counts.py: sessions that have ended, or readings up to
that midnight. The label is the hour's final count; it is null as long as a session that touched it may still go on.

**Features** (refrain.audience_hours) go by the local clock: the same hour of earlier days is that which has the same
name, whatever the clocks did in between.

**Which rows.** From `min_history_days` after the first count on, to the day in which the last session ended or the last
reading was taken. That last day may not be over: what is not known of it is missing.
"""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import narwhals as nw
from pydantic import Field, field_validator

from features.calendar import weekday, with_date
from features.held import settled
from features.hourly_clock import days_between, hours_of, with_holidays, with_offsets
from features.hourly_counts import (
    FINAL,
    KNOWN,
    KNOWN_ON,
    UNIT,
    counts_of_readings,
    counts_of_sessions,
    ends_of_readings,
    ends_of_sessions,
    readings_of,
    sessions_of,
)
from features.hourly_levels import OF_THE_DAY_BEFORE, clock_hours, of_the_day, of_the_hour
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Baseline, Cut, Frames, Kind, Slice, Target
from refrain.audience_hours import (
    ALL_MEAN,
    CLOCK,
    COLUMNS,
    DAY_OF_WEEK,
    DAY_OF_YEAR,
    HOLIDAY,
    HOUR_OF_WEEK,
    HOUR_OF_WEEK_MEAN,
    HOURS_AHEAD,
    SEASONAL_ERROR,
    WEEKEND,
    WEEKS_AGO,
)
from refrain.settings import Frozen

Lazy = nw.LazyFrame[Any]

WEEK = "week"
"""The Monday of as_of's week: days near each other err alike."""
_BEFORE, _AFTER = 2, 10
_USUAL_HOURS = 24


class HourlySettings(Frozen):
    """The knobs of audience.hourly."""

    timezone: str = "UTC"
    """The platform's, as in the IANA database (Europe/Berlin)."""
    holidays: str = ""
    """The country whose public holidays count, in two letters (DE); none where empty."""
    min_history_days: int = Field(default=7, ge=2)
    """Days with counts that a row looks back on, at least."""

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}; write one as Europe/Berlin, or UTC") from None
        return name

    @field_validator("holidays")
    @classmethod
    def _has_holidays(cls, country: str) -> str:
        if country and country not in holidays.list_supported_countries():
            raise ValueError(f"no holidays are known of {country!r}; write a country as DE, or nothing")
        return country


def rows(frames: Frames, settings: HourlySettings) -> Lazy:
    """One row per as_of and hour ahead. Reads `hourly_users` where it is there, `events` otherwise."""
    counts, ends = _counts(frames, settings.timezone)
    days = settled(days_between(ends, 0, _AFTER))
    hours = clock_hours(counts, days)
    ahead = _ahead(counts, ends, settings.min_history_days)
    described = (
        ahead.join(of_the_hour(hours), on=["day", "clock"], how="left")
        .join(of_the_day(hours, counts, days).rename({"day": "as_of_day"}), on="as_of_day")
        .filter(~nw.col(SEASONAL_ERROR).is_null())
    )
    return _described(with_holidays(_as_known(described), "day", settings.holidays))


def _as_known(ahead: Lazy) -> Lazy:
    """Without what the 24th hour of a short day, which lies in the day after, would read of days that are not over."""
    next_day = nw.col("day") == nw.col("as_of_day") + 1
    return ahead.with_columns(nw.when(next_day).then(nw.col(name)).alias(name) for name in OF_THE_DAY_BEFORE)


def _counts(frames: Frames, zone: str) -> tuple[Lazy, Lazy]:
    """The counts of every hour, and one row: first_day and last_day (local) of what is known."""
    if "hourly_users" in frames:
        readings = readings_of(frames["hourly_users"])
        ends = settled(ends_of_readings(readings))
    else:
        sessions = settled(sessions_of(frames["events"]))
        ends = settled(ends_of_sessions(sessions))
    offsets = with_offsets(days_between(ends, _BEFORE, _AFTER), zone)
    hours = hours_of(offsets)
    if "hourly_users" in frames:
        counts = counts_of_readings(readings, hours, offsets)
    else:
        counts = counts_of_sessions(sessions, hours, offsets, ends)
    counts = settled(counts)
    there = counts.filter(~nw.col(KNOWN).is_null())
    day = nw.col("local_day")
    return counts, settled(there.select(day.min().alias("first_day"), day.max().alias("last_day")))


def _ahead(counts: Lazy, ends: Lazy, min_history: int) -> Lazy:
    """as_of_day, hours_ahead, day and clock of the hour ahead, hour, known_on, label."""
    day, place = nw.col("local_day"), nw.col("place")
    own = ("hour", "local_day", "clock", KNOWN_ON, FINAL)
    following = counts.select(*own, (day - 1).alias("as_of_day"), place.alias(HOURS_AHEAD))
    lengths = counts.group_by("local_day").agg(place.max().alias("length"))
    short = lengths.filter(nw.col("length") < _USUAL_HOURS).select(
        (nw.col("local_day") + 1).alias("local_day"), "length"
    )
    filling = (
        counts.join(short, on="local_day")
        .filter(place + nw.col("length") <= _USUAL_HOURS)
        .select(*own, (day - 2).alias("as_of_day"), (place + nw.col("length")).alias(HOURS_AHEAD))
    )
    every = nw.concat([following, filling]).join(ends, how="cross")
    as_of = nw.col("as_of_day")
    kept = every.filter(as_of >= nw.col("first_day") + min_history, as_of <= nw.col("last_day"))
    return kept.rename({"local_day": "day"}).drop("first_day", "last_day")


def _described(ahead: Lazy) -> Lazy:
    """The columns of a row, from numbers of days and hours."""
    monday = nw.col("as_of_day") - weekday(nw.col("as_of_day")) + 1
    numbers = ahead.with_columns((nw.col("hour") // _USUAL_HOURS).alias("utc_day"), monday.alias("monday"))
    dates = {
        "as_of_day": AS_OF,
        KNOWN_ON: LABEL_KNOWN_AT,
        "utc_day": "utc_date",
        "monday": "monday_date",
        "day": "date",
    }
    for number, name in dates.items():
        numbers = with_date(numbers, number, name)
    of_week = weekday(nw.col("day"))
    clock = nw.col("clock")
    return numbers.select(
        _timestamp(numbers).alias("hour"),
        AS_OF,
        LABEL_KNOWN_AT,
        nw.col("monday_date").cast(nw.String).alias(WEEK),
        clock.alias(CLOCK),
        of_week.alias(DAY_OF_WEEK),
        ((of_week - 1) * _USUAL_HOURS + clock).alias(HOUR_OF_WEEK),
        (of_week > 5).cast(nw.Int64).alias(WEEKEND),
        nw.col("date").dt.ordinal_day().cast(nw.Int64).alias(DAY_OF_YEAR),
        *(name for name in COLUMNS if name not in (CLOCK, DAY_OF_WEEK, HOUR_OF_WEEK, WEEKEND, DAY_OF_YEAR)),
        SEASONAL_ERROR,
        # By a column: Polars multiplies by a constant's inverse, Spark divides.
        (nw.col(FINAL).cast(nw.Float64) / nw.when(~nw.col(FINAL).is_null()).then(nw.lit(float(UNIT)))).alias(LABEL),
    )


def _timestamp(frame: Lazy) -> nw.Expr:
    """The first moment of `hour` (UTC, without a zone), from its date `utc_date`."""
    of_day = (nw.col("hour") % _USUAL_HOURS + 100).cast(nw.String).str.slice(1, 2)
    text = nw.concat_str([nw.col("utc_date").cast(nw.String), nw.lit(" "), of_day, nw.lit(":00:00")])
    if frame.implementation.is_spark_like():  # reads a text as of the session's time zone, unless it is cast
        return text.cast(nw.Datetime("us"))
    return text.str.to_datetime(format="%Y-%m-%d %H:%M:%S").cast(nw.Datetime("us"))


TARGETS = (
    Target(
        name="audience.hourly",
        question="How many users will be active in each hour of the next day?",
        datasets=("events",),
        instead={"events": "hourly_users"},
        entity=("hour",),
        cluster=(WEEK,),
        numeric=COLUMNS,
        categorical=(),
        text=(),
        required=(HOURS_AHEAD,),
        baselines=(
            Baseline("constant", ALL_MEAN),
            Baseline("hour-of-week mean", HOUR_OF_WEEK_MEAN),
            Baseline("same hour last week", WEEKS_AGO[0]),
        ),
        headline="mase",
        settings_type=HourlySettings,
        rows=rows,
        kind=Kind.AMOUNT,
        families="models.hourly.families",
        scale=SEASONAL_ERROR,
        slices=(
            Slice("working days", WEEKEND, 0, 1),
            Slice("weekends", WEEKEND, 1),
            Slice("holidays", HOLIDAY, 1),
            Slice("hours 1-6", HOURS_AHEAD, 1, 7),
            Slice("hours 7-12", HOURS_AHEAD, 7, 13),
            Slice("hours 13-24", HOURS_AHEAD, 13),
        ),
        cuts=(Cut(HOURS_AHEAD, (7, 13, 19)),),
        horizon=HOURS_AHEAD,
        step="hour",
    ),
)
