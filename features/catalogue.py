"""catalogue.decay: how much will each track of a catalogue stream in each of the next months?

A row is a track at an origin (features/origins.py: a month's last day, or the last week's end in it) and one of the
months ahead. It reads what was known at the end of the origin's day.

**Which tracks.** At an origin, those with a count in the last `seen_within_days`, however short their history; and
those released in the last `new_days` without any count yet, if their artist has a counted track then. A track that
has dropped out of a chart is a row as long as its last count is recent, and its label goes on after that.

**Counts** of several days are spread over them evenly (features/periods.py), and are known when the last of these days
is over. A month or week is read only if every day of it is known: a partial one is never a feature, nor a label.

**Sources that leave tracks out** (charts; they have a `cutoff`): a feature of a window in which the track was not
listed on some day is missing. A label is not: it is the streams of the days listed, and for each day that was not the
most that it can have been, the lowest count listed. `label_low` is the same with nothing for those days, so that the
truth lies between the two; of a month listed whole they are the same.

**A release date after the first count** cannot be true: the first count's day stands for it (features/lives.py, which
also tells which tracks these are). A release date is known from that date on.

The features are refrain.track_months.COLUMNS. MLDR is explained in features/listener_decay.py, the medians in
features/track_levels.py.

**Cost.** Streams of any window are the difference of two running totals, so that a row costs some forty look-ups and
not the days it looks back on. There are (tracks) x (origins) x `horizon_months` rows: ten thousand tracks over eight
years, looked at every third month and 24 months ahead, are 7.7 million. With `origin_every_months: 12` they are 1.9.
"""

from typing import Any, Literal

import narwhals as nw
from pydantic import Field

from features.held import settled
from features.listener_decay import listener_decay
from features.lives import FIRST_DAY, RELEASED, counted_tracks, releases_of, uncounted_tracks
from features.origins import AS_OF_DAY, NAME, STEP, months_ahead, origins_of, windows_back
from features.periods import (
    AT_MOST,
    KNOWN_ON,
    STREAMS,
    UNLISTED,
    days_of,
    is_censored,
    is_spread,
    periods_of,
    with_unlisted,
)
from features.running_totals import running_totals, within
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, LABEL_LOW, Baseline, Cut, Frames, Kind, Slice, Target
from features.track_levels import with_levels
from refrain.settings import Frozen
from refrain.track_months import (
    AGE,
    BACK,
    COLUMNS,
    CUTOFF,
    EARLY_2_3,
    EARLY_4_12,
    MLDR,
    MONTH_AHEAD,
    S30,
    S90,
    S365,
    SEEN,
    WEEKS,
)

Lazy = nw.LazyFrame[Any]

_WINDOWS = (S30, S90, S365, *BACK, *WEEKS)
_EARLY = {EARLY_2_3: (2, 3), EARLY_4_12: (4, 12)}
_LONGEST_MONTH = 31
_KEY = ["track_id", AS_OF_DAY]


class CatalogueSettings(Frozen):
    """The knobs of catalogue.decay."""

    months: Literal["30 days", "calendar"] = "30 days"
    """What a month is: a step of 30 days from as_of, or a whole month of the calendar."""
    horizon_months: int = Field(default=24, ge=1, le=400)
    """Months ahead that are rows."""
    origin_every_months: int = Field(default=3, ge=1, le=12)
    """Months from one origin to the next."""
    seen_within_days: int = Field(default=30, ge=1, le=365)
    """Days before an origin in which a track must have a count."""
    min_seen_days: int = Field(default=0, ge=0)
    """Days since its first count that a track must have; 0 keeps tracks without any."""
    new_days: int = Field(default=90, ge=0, le=365)
    """Days after its release for which a track without any count is a row; 0 for none."""
    listener_months: int = Field(default=24, ge=6, le=60)
    """Calendar months back over which the artist's monthly-listener decay rate is fitted."""


def rows(frames: Frames, settings: CatalogueSettings) -> Lazy:
    """One row per track, origin and month ahead. Needs `daily_streams`, reads `tracks` and `artist_listeners`."""
    counts = frames["daily_streams"]
    periods = periods_of(counts)
    origins = origins_of(periods, settings.origin_every_months)
    tracks = settled(_tracks(periods, origins, frames, settings))
    totals = _totals(counts, periods, settings)
    ahead = months_ahead(origins, settings.months, settings.horizon_months)
    history = _with_artists(_history(tracks, totals, origins, settings.months), frames, origins, settings)
    described = _with_cutoff(with_levels(history), counts, periods, origins)
    labels = _labels(tracks, totals, ahead)
    return (
        described.join(ahead.drop("first", "last"), on=AS_OF_DAY)
        .join(labels, on=[*_KEY, MONTH_AHEAD], how="left")
        .select("track_id", AS_OF, LABEL_KNOWN_AT, *COLUMNS, LABEL_LOW, LABEL)
    )


def _tracks(periods: Lazy, origins: Lazy, frames: Frames, settings: CatalogueSettings) -> Lazy:
    releases = releases_of(frames["tracks"]) if "tracks" in frames else None
    counted = counted_tracks(periods, origins, releases, settings.seen_within_days)
    if settings.min_seen_days > 0:
        return counted.filter(nw.col(SEEN) >= settings.min_seen_days)
    if releases is None or settings.new_days == 0:
        return counted
    counted = settled(counted)
    uncounted = uncounted_tracks(periods, origins, releases, counted, settings.new_days)
    return nw.concat([counted, uncounted], how="vertical")


def _totals(counts: Lazy, periods: Lazy, settings: CatalogueSettings) -> Lazy:
    if is_censored(counts):
        reach = settings.seen_within_days + (settings.horizon_months + 1) * _LONGEST_MONTH
        periods = with_unlisted(periods, reach)
    days = days_of(periods, spread=is_spread(counts))
    return running_totals(days if is_censored(counts) else days.drop(AT_MOST, UNLISTED))


def _history(tracks: Lazy, totals: Lazy, origins: Lazy, kind: str) -> Lazy:
    """`tracks` with the windows' streams; null where a day of the window was not known at the origin."""
    own = tracks.select(*_KEY, FIRST_DAY, RELEASED)
    columns = (*_KEY, FIRST_DAY, NAME, "first", "last")
    windows = [own.join(windows_back(origins, kind), on=AS_OF_DAY).select(*columns)]
    for name, (first_month, last_month) in _EARLY.items():
        first = (nw.col(RELEASED) + STEP * (first_month - 1)).alias("first")
        last = (nw.col(RELEASED) + STEP * last_month - 1).alias("last")
        early = own.filter(~nw.col(RELEASED).is_null()).with_columns(first, last, nw.lit(name).alias(NAME))
        windows.append(early.filter(nw.col("last") <= nw.col(AS_OF_DAY)).select(*columns))
    begun = nw.concat(windows, how="vertical").filter(nw.col("first") >= nw.col(FIRST_DAY))
    known = within(begun, totals).filter(nw.col(KNOWN_ON) <= nw.col(AS_OF_DAY))
    if UNLISTED in known.collect_schema().names():
        known = known.filter(nw.col(UNLISTED) == 0)
    # Two columns are divided, never a column by a constant: Polars multiplies by the constant's inverse, Spark divides.
    per_month = nw.col(STREAMS) / ((nw.col("last") - nw.col("first") + 1) // STEP)
    wide = known.group_by(*_KEY).agg(
        *(nw.when(nw.col(NAME) == name).then(nw.col(STREAMS)).max().alias(name) for name in _WINDOWS),
        *(nw.when(nw.col(NAME) == name).then(per_month).max().alias(name) for name in _EARLY),
    )
    return tracks.join(wide, on=_KEY, how="left")


def _with_artists(history: Lazy, frames: Frames, origins: Lazy, settings: CatalogueSettings) -> Lazy:
    if "tracks" not in frames or "artist_listeners" not in frames:
        return history.with_columns(nw.lit(None).cast(nw.Float64).alias(MLDR))
    rates = listener_decay(frames["artist_listeners"], origins, settings.listener_months)
    return history.join(rates, on=["artist_id", AS_OF_DAY], how="left")


def _with_cutoff(history: Lazy, counts: Lazy, periods: Lazy, origins: Lazy) -> Lazy:
    if not is_censored(counts):
        return history.with_columns(nw.lit(None).cast(nw.Int64).alias(CUTOFF))
    # The cutoffs are read as if they were the counts of one more track.
    one = nw.lit("").alias("track_id")
    lowest = (
        periods.filter(~nw.col("cutoff").is_null())
        .group_by("last")
        .agg(nw.col("span").max(), nw.col("cutoff").max().alias(STREAMS))
        .with_columns(one, nw.col(STREAMS).alias("cutoff"))
    )
    totals = running_totals(days_of(lowest, spread=is_spread(counts)).drop(AT_MOST, UNLISTED))
    month = origins.select(
        AS_OF_DAY, one, (nw.col(AS_OF_DAY) - STEP + 1).alias("first"), nw.col(AS_OF_DAY).alias("last")
    )
    known = within(month, totals).filter(nw.col(KNOWN_ON) <= nw.col(AS_OF_DAY))
    return history.join(known.select(AS_OF_DAY, nw.col(STREAMS).alias(CUTOFF)), on=AS_OF_DAY, how="left")


def _labels(tracks: Lazy, totals: Lazy, ahead: Lazy) -> Lazy:
    """track_id, as_of_day, month_ahead, the label and its lower bound, of the months whose days all have bounds."""
    windows = tracks.select(*_KEY).join(ahead.select(AS_OF_DAY, MONTH_AHEAD, "first", "last"), on=AS_OF_DAY)
    known = within(windows, totals)
    most = AT_MOST if AT_MOST in known.collect_schema().names() else STREAMS
    return known.select(*_KEY, MONTH_AHEAD, nw.col(STREAMS).alias(LABEL_LOW), nw.col(most).alias(LABEL))


TARGETS = (
    Target(
        name="catalogue.decay",
        question="How much will this track stream in each of the next months?",
        datasets=("daily_streams",),
        optional=("tracks", "artist_listeners"),
        entity=("track_id", MONTH_AHEAD),
        cluster=("track_id",),
        numeric=COLUMNS,
        categorical=(),
        text=(),
        required=(MONTH_AHEAD,),
        baselines=(
            Baseline("flat"),
            Baseline("seasonal naive"),
            Baseline("log-linear"),
            Baseline("classic decay"),
        ),
        headline="wape",
        settings_type=CatalogueSettings,
        rows=rows,
        kind=Kind.AMOUNT,
        families="models.decay.families",
        slices=(
            Slice("months 1-3", MONTH_AHEAD, 1, 4),
            Slice("months 4-12", MONTH_AHEAD, 4, 13),
            Slice("months 13-24", MONTH_AHEAD, 13, 25),
            Slice("younger than 90 days", AGE, 0, 90),
            Slice("90 days to a year", AGE, 90, 365),
            Slice("a year to four", AGE, 365, 1461),
            Slice("older than four years", AGE, 1461),
            Slice("below 1k a month", S30, 0, 1_000),
            Slice("1k to 100k a month", S30, 1_000, 100_000),
            Slice("above 100k a month", S30, 100_000),
        ),
        cuts=(
            Cut(MONTH_AHEAD, (2, 4, 7, 13, 19)),
            Cut(AGE, (90, 365, 1461)),
            Cut(S30, (1_000, 30_000, 1_000_000)),
        ),
        horizon=MONTH_AHEAD,
        curves=True,
        bounded_labels=True,
    ),
)
