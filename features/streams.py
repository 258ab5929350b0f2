"""streams.one_week and streams.three_week: how often will this track be streamed in the week ahead, and in the third?

A row is a track at the end of a streaming week, which runs from Friday to Thursday (`week_ends` says otherwise, or
"any" for a row on every day). All lags and labels go by **calendar date**, never by the number of rows between.

**A row** is there for a track on an as_of at whose end

* at least one track has a count for that very day: the record reaches it,
* the track has a count in the last 7 days, and at least `min_days` in the window that is looked back on,
* the track is out: its release date or its first count above zero is not later than as_of. A release date after the
  first stream is wrong, and the stream is believed.

Only counts of one day are read (`days` is 1): a weekly chart has no days to look at.

**The label** is the total of the 7 days after as_of, or of days 15 to 21 after it; null, and the row kept for scoring,
unless every one of these days is known. A day for which there is no count is not known. In a censored source, a chart,
that is most often a track that fell below the lowest place: it had *at most* `cutoff` streams, not none, so its week is
unknown too. What is learned from such rows, and measured on them, is about the tracks that stay on the chart.

**Features**: `day_0` (as_of) back to `day_6` or `day_20`, null where not known; and what refrain.stream_weeks calls
the context: the age of the track, its highest day and week so far and its days with a count, the weekday, the cutoff,
what the whole catalogue did in the last week, and the social series (see `features.social_levels`). The popularity of
`tracks` is never read: it is one late reading.

Every float is one quotient of whole numbers, so it never depends on the order of a sum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import narwhals as nw
from pydantic import Field

from features.calendar import day_number, days_later
from features.held import held
from features.social_levels import social_levels
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Baseline, Cut, Frames, Kind, Slice, Target
from features.weeks import WEEKDAYS, dated, in_weeks, last_day_of
from refrain import stream_weeks as names
from refrain.settings import Frozen
from refrain.stream_weeks import WEEK, days_back

Lazy = nw.LazyFrame[Any]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "any"]

LAST_WEEK = days_back(WEEK)
NEW_RELEASE_DAYS = 90
"""Age below which a track is measured as a new release."""


class OneWeekSettings(Frozen):
    """The knobs of streams.one_week."""

    week_ends: Weekday = "thursday"
    """Weekday of every as_of."""
    min_days: int = Field(default=5, ge=1, le=7)
    """Days of the window that must have a count."""


class ThreeWeekSettings(Frozen):
    """The knobs of streams.three_week."""

    week_ends: Weekday = "thursday"
    """Weekday of every as_of."""
    min_days: int = Field(default=15, ge=1, le=21)
    """Days of the window that must have a count."""


@dataclass(frozen=True)
class Horizon:
    """How many weeks are looked back on, and which week ahead is asked for (1: the next)."""

    weeks_back: int
    week_ahead: int

    @property
    def days(self) -> tuple[str, ...]:
        """The days that are looked back on."""
        return days_back(self.weeks_back * WEEK)


ONE_WEEK, THREE_WEEK = Horizon(1, 1), Horizon(3, 3)


def rows_of(horizon: Horizon) -> Callable[[Frames, Any], Lazy]:
    """The function that gives a target's rows, as the module's text defines them. Needs `daily_streams`."""

    def rows(frames: Frames, settings: OneWeekSettings | ThreeWeekSettings) -> Lazy:
        counts = _counts(frames["daily_streams"])
        weekdays = range(1, WEEK + 1) if settings.week_ends == "any" else [WEEKDAYS.index(settings.week_ends) + 1]
        parts = [_rows(counts, frames, settings.min_days, horizon, weekday) for weekday in weekdays]
        return parts[0] if len(parts) == 1 else nw.concat(parts)

    return rows


def _counts(daily_streams: Lazy) -> Lazy:
    """track_id, date, day, streams, cutoff: the counts of one day each."""
    present = daily_streams.collect_schema().names()
    cutoff = nw.col("cutoff") if "cutoff" in present else nw.lit(None)
    if "days" in present:
        daily_streams = daily_streams.filter(nw.col("days").fill_null(1) == 1)
    return dated(daily_streams.select("track_id", "date", "streams", cutoff.cast(nw.Int64).alias("cutoff")))


def _rows(counts: Lazy, frames: Frames, min_days: int, horizon: Horizon, weekday: int) -> Lazy:
    weeks = held(_track_weeks(counts, weekday))
    windows = _with_earlier(weeks, horizon)
    known = nw.sum_horizontal(*((~nw.col(day).is_null()).cast(nw.Int64) for day in horizon.days))
    described = (
        windows.filter(known >= min_days)
        .join(_catalogue(windows, weekday), on="week")
        .join(_starts(weeks, frames.get("tracks")), on="track_id")
        .filter(nw.col("started") <= nw.col("week_end"))
        .join(_labels(weeks, horizon), on=["track_id", "week"], how="left")
    )
    if "socials" in frames:
        levels = social_levels(frames["socials"], weekday)
        described = described.join(levels, on=["track_id", "week"], how="left")
    return described.select(*_columns(horizon, weekday, with_socials="socials" in frames))


def _track_weeks(counts: Lazy, weekday: int) -> Lazy:
    """track_id, week, its days, its `end`, the `cutoff` there, and `total`, null unless all 7 days are known.

    And up to its end: the track's highest day, its highest whole week, and its days with a count.
    """
    weeks = in_weeks(counts, weekday, ["track_id"], "streams", "cutoff")
    total = nw.col(LAST_WEEK[0])
    for day in LAST_WEEK[1:]:
        total = total + nw.col(day)
    known = nw.sum_horizontal(*((~nw.col(day).is_null()).cast(nw.Int64) for day in LAST_WEEK))
    weeks = weeks.with_columns(
        total.alias("total"),
        last_day_of(nw.col("week"), weekday).alias("week_end"),
        nw.max_horizontal(*LAST_WEEK).alias("top"),
        known.alias("known"),
    )
    so_far = {
        names.HIGHEST_DAY: nw.col("top").cum_max(),
        names.HIGHEST_WEEK: nw.col("total").fill_null(0).cum_max(),
        names.COUNTED: nw.col("known").cum_sum(),
    }
    return weeks.with_columns(
        value.over("track_id", order_by="week").alias(name) for name, value in so_far.items()
    ).with_columns(nw.when(nw.col(names.HIGHEST_WEEK) > 0).then(nw.col(names.HIGHEST_WEEK)).alias(names.HIGHEST_WEEK))


def _with_earlier(weeks: Lazy, horizon: Horizon) -> Lazy:
    """`weeks` with the days further back, and `previous`, the total of the week before."""
    windows = weeks
    for back in range(1, max(horizon.weeks_back, 2)):
        further = zip(LAST_WEEK, horizon.days[WEEK * back :], strict=False)
        earlier = weeks.select(
            "track_id",
            nw.col("week") + back,
            *(nw.col(day).alias(name) for day, name in further),
            *([nw.col("total").alias("previous")] if back == 1 else []),
        )
        windows = windows.join(earlier, on=["track_id", "week"], how="left")
    return held(windows)


def _catalogue(windows: Lazy, weekday: int) -> Lazy:
    """week, as_of, cutoff and what all tracks together did, of each week whose last day has a count."""
    both = ~(nw.col("total").is_null() | nw.col("previous").is_null())
    whole = ~nw.col("total").is_null()
    sums = windows.group_by("week").agg(
        nw.col("end").max().alias(AS_OF),
        nw.col("cutoff").max().alias("catalogue_cutoff"),
        nw.col("total").sum().alias("all_total"),
        *(nw.when(whole).then(nw.col(day)).sum().alias(f"all_{day}") for day in LAST_WEEK),
        nw.when(both).then(nw.col("total")).sum().alias("now"),
        nw.when(both).then(nw.col("previous")).sum().alias("before"),
    )
    shares = (
        nw.when(nw.col("all_total") > 0).then(nw.col(f"all_{day}") * WEEK / nw.col("all_total")).alias(name)
        for day, name in zip(LAST_WEEK, names.CATALOGUE_DAYS, strict=True)
    )
    ratio = nw.when(nw.col("before") > 0).then(nw.col("now") / nw.col("before")).alias(names.CATALOGUE_RATIO)
    return sums.filter(~nw.col(AS_OF).is_null()).select("week", AS_OF, "catalogue_cutoff", ratio, *shares)


def _starts(weeks: Lazy, tracks: Lazy | None) -> Lazy:
    """track_id, `first` (ordinal of the first count above zero), `record` (of all tracks), `released`, `started`."""
    above = (nw.when(nw.col(day) > 0).then(nw.col("week_end") - back) for back, day in enumerate(LAST_WEEK))
    firsts = weeks.with_columns(nw.min_horizontal(*above).alias("first"))
    firsts = held(firsts.group_by("track_id").agg(nw.col("first").min()))
    starts = firsts.join(firsts.select(nw.col("first").min().alias("record")), how="cross")
    if tracks is None:
        starts = starts.with_columns(nw.lit(None).cast(nw.Int64).alias("released"))
    else:
        starts = starts.join(_releases(tracks), on="track_id", how="left")
    return starts.with_columns(nw.min_horizontal("released", "first").alias("started"))


def _releases(tracks: Lazy) -> Lazy:
    """track_id, `released`: ordinals of the release dates that are known to the day."""
    if "release_precision" in tracks.collect_schema().names():
        tracks = tracks.filter(nw.col("release_precision").fill_null("day") == "day")
    released = day_number(nw.col("release_date")).alias("released")
    return tracks.select("track_id", released).group_by("track_id").agg(nw.col("released").min())


def _labels(weeks: Lazy, horizon: Horizon) -> Lazy:
    return weeks.select("track_id", nw.col("week") - horizon.week_ahead, nw.col("total").alias(LABEL))


def _columns(horizon: Horizon, weekday: int, *, with_socials: bool) -> list[nw.Expr]:
    week_end, first = nw.col("week_end"), nw.col("first")
    nothing = nw.lit(None).cast(nw.Float64)
    seen = nw.when((first > nw.col("record")) & (first <= week_end)).then(week_end - first)
    # A release that is announced for a day after as_of is not known yet, though the track may be heard already.
    age = nw.when(nw.col("released") <= week_end).then(week_end - nw.col("started"))
    return [
        nw.col("track_id"),
        nw.col(AS_OF),
        days_later(nw.col(AS_OF), horizon.week_ahead * WEEK).alias(LABEL_KNOWN_AT),
        *(nw.col(day) for day in horizon.days),
        age.alias(names.AGE),
        seen.alias(names.SEEN),
        (week_end * 0 + weekday).alias(names.WEEKDAY),
        nw.col("catalogue_cutoff").alias(names.CUTOFF),
        *(nw.col(name) for name in (names.HIGHEST_DAY, names.HIGHEST_WEEK, names.COUNTED)),
        *(nw.col(name) for name in (names.CATALOGUE_RATIO, *names.CATALOGUE_DAYS)),
        *((nw.col(name) if with_socials else nothing.alias(name)) for name in (names.POPULARITY, *names.SOCIALS)),
        nw.col(LABEL),
    ]


def _target(name: str, question: str, horizon: Horizon, settings_type: type[Frozen]) -> Target:
    return Target(
        name=f"streams.{name}",
        question=question,
        datasets=("daily_streams",),
        optional=("tracks", "socials"),
        entity=("track_id",),
        cluster=("track_id",),
        numeric=(*horizon.days, *names.CONTEXT),
        categorical=(),
        text=(),
        # A day may be missing, so none is required: the model refuses what has too few of them.
        required=(),
        baselines=(
            Baseline("last 7 days"),
            Baseline("last 7 days x catalogue ratio"),
            Baseline("day-of-week naive"),
        ),
        headline="wape",
        settings_type=settings_type,
        rows=rows_of(horizon),
        kind=Kind.AMOUNT,
        families="models.streams.families",
        slices=(
            Slice("new releases", names.AGE, high=NEW_RELEASE_DAYS),
            Slice("catalogue", names.AGE, low=NEW_RELEASE_DAYS),
        ),
        cuts=(Cut(names.AGE, (28, NEW_RELEASE_DAYS)), Cut("prediction", (1_000, 10_000, 100_000))),
    )


TARGETS = (
    _target("one_week", "How often will this track be streamed in the next 7 days?", ONE_WEEK, OneWeekSettings),
    _target(
        "three_week", "How often will this track be streamed on days 15 to 21 from now?", THREE_WEEK, ThreeWeekSettings
    ),
)
