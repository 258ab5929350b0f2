"""breakout.core: which of the artists a listener has lately found will they take to?

A row is an artist-month of a listener. With t the month, its `as_of` is the last day of t, and it reads every play up
to the end of that day (UTC) and none after it. A month counts as a whole calendar month.

**Complete months.** What is recorded of a listener's first and last month may be a part of it: the record may begin or
end on any day. A month is known to be complete when the listener has plays both in an earlier and in a later month.
Only complete months are rows, only complete months are looked back on by lags, and only complete months are labels. A
month in between without any play is complete, and holds zero plays.

**Core.** An artist is core in a month with at least `core_plays` plays, or at least `core_share` of all the plays of
the listener in that month.

**A row** is there for each complete month t in which

* the listener played the artist at least `min_plays` times,
* the artist's first play by the listener lies in t or in one of the `max_months_known` months before,
* the artist is core neither in t nor in the two months before,
* `warm_up_months` calendar months of the listener, counted from that of their first play, lie behind, and the three
  months before t are complete: before that, an artist may only look new.

**The label** is 1 if the artist is core in any of the `horizon_months` months after t, else 0; null, and the row kept
for scoring, until all of them are complete. It can be known at the end of
their last day (`label_known_at`), as a row's features can at the end of its `as_of`.

**Features.** The month grid has no holes: a month without a play counts 0 plays, also before the first one.

* `plays_t`, `plays_t_minus_1`: the listener's plays of the artist in t, and in the month before.
* `total_monthly_scrobbles`: the listener's plays of all artists in t.
* `share_t`: plays_t / total_monthly_scrobbles.
* `months_since_first_seen`: months from that of the first play of the artist to t, 0 in that month itself.
* `is_first_month`: 1 if that is 0, else 0.
* `active_months_count_before_t`, `cumulative_plays_before_t`: months with a play of the artist, and plays, before t.
* `days_active_t`: days of t (UTC) with a play of the artist.
* `plays_per_track_t`: plays_t / distinct track titles of the artist played in t.
* `track_novelty_rate_t`: share of those titles that the listener had never played before t, of this artist.
* `last_play_gap_days_t`: days from the last play of the artist in t to as_of; 0 where it is on as_of itself.
* `plays_prev3_mean`: mean monthly plays over t-3, t-2 and t-1.
* `delta_1m`: plays_t - plays_t_minus_1; `delta_1m_pct`: that / plays_t_minus_1, null where that is 0.
* `ratio_to_prev3`: plays_t / plays_prev3_mean, null where that is 0.
* `trend_slope_3m`: slope, in plays a month, of the least-squares line through t-2, t-1 and t, which is half of the
  plays in t less those in t-2.
* `share_delta_1m`: share_t minus the share of the month before, which is 0 where nothing was played.
* `prev_month_plays_was_zero`: 1 if plays_t_minus_1 is 0, else 0.

Every float is one quotient of whole numbers (or a difference of two), so it never depends on the order of a sum.

**Cost.** No row looks at more than `max_months_known` + `horizon_months` months after the first play, so the grid is
that many columns beside one row for each listener and artist, however long the record is.
"""

from collections.abc import Iterable
from typing import Any

import narwhals as nw
from pydantic import Field

from features.calendar import day_number, last_day, month_number
from features.held import held
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Baseline, Frames, Target
from refrain.settings import Frozen

Lazy = nw.LazyFrame[Any]

ONE_LISTENER = "listener"
"""The name of the listener where the scrobbles are those of one and do not say whose."""

PAIR = ["listener", "artist"]
LAGS = 3
"""Months before t that the lagged features look back on."""
CALM_MONTHS = 2
"""Months before t in which the artist must not have been core."""

NUMERIC = (
    "plays_t",
    "share_t",
    "total_monthly_scrobbles",
    "months_since_first_seen",
    "is_first_month",
    "active_months_count_before_t",
    "cumulative_plays_before_t",
    "days_active_t",
    "plays_per_track_t",
    "track_novelty_rate_t",
    "last_play_gap_days_t",
    "plays_t_minus_1",
    "plays_prev3_mean",
    "delta_1m",
    "delta_1m_pct",
    "ratio_to_prev3",
    "trend_slope_3m",
    "share_delta_1m",
    "prev_month_plays_was_zero",
)


class BreakoutSettings(Frozen):
    """The knobs of breakout.core."""

    min_plays: int = Field(default=3, ge=1)
    """Plays in the month that make an artist of a listener eligible."""
    max_months_known: int = Field(default=6, ge=0, le=36)
    """Months since the artist was first heard, at most."""
    core_plays: int = Field(default=20, ge=1)
    """Plays in a month that make an artist core."""
    core_share: float = Field(default=0.01, gt=0, le=1)
    """Or this share of all the listener's plays in the month."""
    horizon_months: int = Field(default=2, ge=1, le=24)
    """Months after t in any of which the artist may become core."""
    warm_up_months: int = Field(default=6, ge=0)
    """First calendar months of a listener that are read but never a row."""


def rows(frames: Frames, settings: BreakoutSettings) -> Lazy:
    """One row per eligible artist-month of a listener, as the module's text defines it. Needs `scrobbles`."""
    plays = _plays(frames["scrobbles"])
    monthly = _artist_months(plays)
    eligible = _eligible(monthly, settings)
    described = eligible.join(_within_month(plays, eligible, settings), on=[*PAIR, "month"], how="left")
    return described.select(*_columns(settings))


def _plays(scrobbles: Lazy) -> Lazy:
    """listener, artist, track, day, month: one row a play."""
    has_listener = "listener" in scrobbles.collect_schema().names()
    listener = nw.col("listener").fill_null(ONE_LISTENER) if has_listener else nw.lit(ONE_LISTENER)
    played_at = nw.col("played_at")
    return scrobbles.select(
        listener.alias("listener"),
        "artist",
        "track",
        played_at.dt.date().alias("day"),
        month_number(played_at).alias("month"),
    )


def _artist_months(plays: Lazy) -> Lazy:
    """listener, artist, month, plays, last_day: one row for each month with a play."""
    counted = plays.group_by(*PAIR, "month").agg(nw.len().alias("plays"), nw.col("day").max().alias("last_day"))
    return held(counted.with_columns(nw.col("plays").cast(nw.Int64)))


def _eligible(monthly: Lazy, settings: BreakoutSettings) -> Lazy:
    """The eligible artist-months with their counts, the lags' counts and the months of core."""
    totals = monthly.group_by("listener", "month").agg(nw.col("plays").sum().alias("total"))
    spans = totals.group_by("listener").agg(
        nw.col("month").min().alias("listener_first"), nw.col("month").max().alias("listener_last")
    )
    first = monthly.group_by(*PAIR).agg(nw.col("month").min().alias("first_month"))
    known = (nw.col("month") - nw.col("first_month")).alias("known")
    near = held(
        monthly.join(first, on=PAIR)
        .with_columns(known)
        .filter(nw.col("known") <= settings.max_months_known + settings.horizon_months)
        .join(totals, on=["listener", "month"])
        .with_columns(_is_core(settings).alias("core"))
    )
    candidates = near.filter(
        nw.col("known") <= settings.max_months_known, nw.col("plays") >= settings.min_plays, nw.col("core") == 0
    ).join(spans, on="listener")
    candidates = held(
        candidates.filter(
            nw.col("month") < nw.col("listener_last"),
            nw.col("month") - LAGS > nw.col("listener_first"),
            nw.col("month") - settings.warm_up_months >= nw.col("listener_first"),
        )
    )
    before = totals.select("listener", nw.col("month") + 1, nw.col("total").alias("total_before"))
    around = near.join(candidates.select(*PAIR).unique(), on=PAIR, how="semi")
    grid = candidates.join(_grid(around, settings), on=PAIR).join(before, on=["listener", "month"], how="left")
    return held(grid.filter(_any_core(range(-CALM_MONTHS, 0), settings) == 0))


def _is_core(settings: BreakoutSettings) -> nw.Expr:
    core = (nw.col("plays") >= settings.core_plays) | (nw.col("plays") / nw.col("total") >= settings.core_share)
    return core.cast(nw.Int32)


def _grid(near: Lazy, settings: BreakoutSettings) -> Lazy:
    """One row a listener and artist: plays_k and core_k of the k-th month after the first play, 0 where nothing was."""
    months = range(settings.max_months_known + settings.horizon_months + 1)
    return near.group_by(*PAIR).agg(
        nw.when(nw.col("known") == k).then(nw.col(name)).otherwise(0).sum().alias(f"{name}_{k}")
        for name in ("plays", "core")
        for k in months
    )


def _within_month(plays: Lazy, eligible: Lazy, settings: BreakoutSettings) -> Lazy:
    """Days with a play, distinct titles and new titles of each artist-month whose artist has an eligible month."""
    wanted = eligible.select(*PAIR, "first_month").unique()
    recent = held(
        plays.join(wanted, on=PAIR).filter(nw.col("month") - nw.col("first_month") <= settings.max_months_known)
    )
    key = [*PAIR, "month"]
    days = _count(_count(recent, [*key, "day"], "plays"), key, "days")
    titles = held(_count(recent, [*key, "track"], "plays"))
    first_played = titles.group_by(*PAIR, "track").agg(nw.col("month").min())
    return days.join(_count(titles, key, "titles"), on=key).join(
        _count(first_played, key, "new_titles"), on=key, how="left"
    )


def _count(frame: Lazy, by: list[str], name: str) -> Lazy:
    return frame.group_by(*by).agg(nw.len().alias(name)).with_columns(nw.col(name).cast(nw.Int64))


def _in_month(name: str, months_after: int, settings: BreakoutSettings) -> nw.Expr:
    """`name` of the month `months_after` t, 0 before the first play."""
    of_grid = (
        nw.when(nw.col("known") == known).then(nw.col(f"{name}_{known + months_after}"))
        for known in range(settings.max_months_known + 1)
        if known + months_after >= 0
    )
    # A column of zeros, not the constant: where no month is left to look at, this must still be one value a row.
    return nw.coalesce(*of_grid, nw.col("known") * 0).cast(nw.Int64)


def _any_core(months_after: Iterable[int], settings: BreakoutSettings) -> nw.Expr:
    return nw.max_horizontal(*(_in_month("core", after, settings) for after in months_after))


def _before_t(settings: BreakoutSettings) -> list[nw.Expr]:
    """Plays of each month of the grid that lies before t, 0 for the others."""
    return [
        nw.when(nw.col("known") > k).then(nw.col(f"plays_{k}")).otherwise(0)
        for k in range(max(settings.max_months_known, 1))
    ]


def _columns(settings: BreakoutSettings) -> list[nw.Expr]:
    plays, total, known, month = (nw.col(name) for name in ("plays", "total", "known", "month"))
    one, two, three = (_in_month("plays", -lag, settings) for lag in range(1, LAGS + 1))
    before = _before_t(settings)
    previous = one + two + three
    share_before = nw.when(one > 0).then(one / nw.col("total_before")).otherwise(0.0)
    label = _any_core(range(1, settings.horizon_months + 1), settings)
    label_known = month + settings.horizon_months < nw.col("listener_last")
    features = {
        "plays_t": plays,
        "share_t": plays / total,
        "total_monthly_scrobbles": total,
        "months_since_first_seen": known.cast(nw.Int64),
        "is_first_month": (known == 0).cast(nw.Int64),
        "active_months_count_before_t": nw.sum_horizontal(*((count > 0).cast(nw.Int64) for count in before)),
        "cumulative_plays_before_t": nw.sum_horizontal(*before).cast(nw.Int64),
        "days_active_t": nw.col("days"),
        "plays_per_track_t": plays / nw.col("titles"),
        "track_novelty_rate_t": nw.col("new_titles").fill_null(0) / nw.col("titles"),
        "last_play_gap_days_t": day_number(last_day(month)) - day_number(nw.col("last_day")),
        "plays_t_minus_1": one,
        "plays_prev3_mean": nw.mean_horizontal(one, two, three),
        "delta_1m": plays - one,
        "delta_1m_pct": nw.when(one > 0).then((plays - one) / one),
        "ratio_to_prev3": nw.when(previous > 0).then(plays * LAGS / previous),
        "trend_slope_3m": (plays - two) / 2,
        "share_delta_1m": plays / total - share_before,
        "prev_month_plays_was_zero": (one == 0).cast(nw.Int64),
    }
    return [
        *(nw.col(name) for name in PAIR),
        last_day(month).alias(AS_OF),
        last_day(month + settings.horizon_months).alias(LABEL_KNOWN_AT),
        *(features[name].alias(name) for name in NUMERIC),
        nw.when(label_known).then(label).cast(nw.Int8).alias(LABEL),
    ]


TARGETS = (
    Target(
        name="breakout.core",
        question="Will this artist, new to the listener, become one of their core artists in the next two months?",
        datasets=("scrobbles",),
        entity=("listener", "artist"),
        cluster=("listener", "artist"),
        numeric=NUMERIC,
        categorical=(),
        text=(),
        required=("plays_t", "share_t"),
        baselines=(
            Baseline("plays this month", "plays_t"),
            Baseline("mean of the 3 months before", "plays_prev3_mean"),
        ),
        headline="average_precision",
        settings_type=BreakoutSettings,
        rows=rows,
        apart="listener",
        alert_group=("listener", AS_OF),
    ),
)
