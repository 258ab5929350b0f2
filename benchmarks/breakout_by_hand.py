"""The features of breakout.core as one would write them in Polars for this one question, with its default knobs.

What the benchmark compares with: no Narwhals, no settings, self-joins for the months around a row.
"""

from pathlib import Path

import polars as pl

PAIR = ["listener", "artist"]
KEY = [*PAIR, "month"]


def by_hand(path: Path) -> pl.LazyFrame:
    """The same rows and columns as `features.breakout.rows` gives for its default settings."""
    played_at = pl.col("played_at")
    plays = pl.scan_parquet(path).select(
        *("listener", "artist", "track"),
        day=played_at.dt.date(),
        month=played_at.dt.year() * 12 + played_at.dt.month().cast(pl.Int32) - 1,
    )
    counts = plays.group_by(KEY).agg(plays=pl.len().cast(pl.Int64), last_day=pl.col("day").max()).cache()
    totals = counts.group_by("listener", "month").agg(total=pl.col("plays").sum()).cache()
    spans = totals.group_by("listener").agg(begin=pl.col("month").min(), end=pl.col("month").max())
    first = counts.group_by(PAIR).agg(first=pl.col("month").min())
    share = pl.col("plays") / pl.col("total")
    months = (
        counts.join(totals, on=["listener", "month"])
        .with_columns(core=(pl.col("plays") >= 20) | (share >= 0.01), share=share)
        .cache()
    )
    rows = (
        months.filter(pl.col("plays") >= 3, ~pl.col("core"))
        .join(first, on=PAIR)
        .join(spans, on="listener")
        .filter(
            pl.col("month") - pl.col("first") <= 6,
            pl.col("month") - 6 >= pl.col("begin"),
            pl.col("month") < pl.col("end"),
        )
    )
    for lag in (1, 2, 3):
        earlier = months.select(*PAIR, pl.col("month") + lag, pl.col("plays", "core", "share").name.suffix(f"_{lag}"))
        rows = rows.join(earlier, on=KEY, how="left")
    for lead in (1, 2):
        later = months.select(*PAIR, pl.col("month") - lead, pl.col("core").alias(f"core_later_{lead}"))
        rows = rows.join(later, on=KEY, how="left")
    rows = rows.filter(~pl.col("core_1").fill_null(False), ~pl.col("core_2").fill_null(False)).cache()
    return _columns(rows.join(_before(rows, counts), on=KEY, how="left").join(_within(rows, plays), on=KEY))


def _before(rows: pl.LazyFrame, counts: pl.LazyFrame) -> pl.LazyFrame:
    earlier = counts.select(*PAIR, "plays", before="month")
    joined = rows.select(KEY).join(earlier, on=PAIR).filter(pl.col("before") < pl.col("month"))
    return joined.group_by(KEY).agg(active=pl.len().cast(pl.Int64), cumulative=pl.col("plays").sum())


def _within(rows: pl.LazyFrame, plays: pl.LazyFrame) -> pl.LazyFrame:
    recent = (
        plays.join(rows.select(*PAIR, "first").unique(), on=PAIR).filter(pl.col("month") - pl.col("first") <= 6).cache()
    )
    counted = recent.group_by(KEY).agg(pl.col("day").n_unique(), pl.col("track").n_unique())
    new = recent.group_by(*PAIR, "track").agg(pl.col("month").min()).group_by(KEY).agg(new=pl.len())
    return counted.join(new, on=KEY, how="left")


def _columns(rows: pl.LazyFrame) -> pl.LazyFrame:
    plays, month = pl.col("plays"), pl.col("month")
    one, two, three = (pl.col(f"plays_{lag}").fill_null(0) for lag in (1, 2, 3))
    previous = one + two + three
    of_month = pl.date(month // 12, month % 12 + 1, 1)
    later = pl.col("core_later_1").fill_null(False) | pl.col("core_later_2").fill_null(False)
    return rows.select(
        *PAIR,
        as_of=of_month.dt.month_end(),
        label_known_at=of_month.dt.offset_by("2mo").dt.month_end(),
        plays_t=plays,
        share_t=pl.col("share"),
        total_monthly_scrobbles="total",
        months_since_first_seen=(month - pl.col("first")).cast(pl.Int64),
        is_first_month=(month == pl.col("first")).cast(pl.Int64),
        active_months_count_before_t=pl.col("active").fill_null(0),
        cumulative_plays_before_t=pl.col("cumulative").fill_null(0),
        days_active_t=pl.col("day").cast(pl.Int64),
        plays_per_track_t=plays / pl.col("track"),
        track_novelty_rate_t=pl.col("new").fill_null(0) / pl.col("track"),
        last_play_gap_days_t=(of_month.dt.month_end() - pl.col("last_day")).dt.total_days(),
        plays_t_minus_1=one,
        plays_prev3_mean=pl.mean_horizontal(one, two, three),
        delta_1m=plays - one,
        delta_1m_pct=pl.when(one > 0).then((plays - one) / one),
        ratio_to_prev3=pl.when(previous > 0).then(plays * 3 / previous),
        trend_slope_3m=(plays - two) / 2,
        share_delta_1m=pl.col("share") - pl.col("share_1").fill_null(0.0),
        prev_month_plays_was_zero=(one == 0).cast(pl.Int64),
        label=pl.when(month + 2 < pl.col("end")).then(later).cast(pl.Int8),
    )
