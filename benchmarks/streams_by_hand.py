"""The features of streams.one_week as one would write them in Polars for this one question, with its default knobs.

What the benchmark compares with: no Narwhals, no settings, nothing for charts, releases and social series.
"""

from pathlib import Path

import polars as pl

KEY = ["track_id", "week"]
DAYS = [f"day_{back}" for back in range(7)]
THURSDAY = 4


def by_hand(path: Path) -> pl.LazyFrame:
    """The same rows as `features.streams` gives for its default settings, with the columns that daily counts fill."""
    # Day 0 of the epoch is a Thursday: weeks that end on one begin the day after.
    day = pl.col("date").to_physical()
    counts = pl.scan_parquet(path).select("track_id", "streams", week=(day - 1) // 7, back=6 - (day - 1) % 7)
    weeks = (
        counts.group_by(KEY)
        .agg(pl.col("streams").filter(pl.col("back") == back).max().alias(name) for back, name in enumerate(DAYS))
        .with_columns(
            total=pl.sum_horizontal(pl.col(name) for name in DAYS),
            known=pl.sum_horizontal(pl.col(name).is_not_null() for name in DAYS),
            top=pl.max_horizontal(DAYS),
            end=(pl.col("week") + 1) * 7,
        )
        .with_columns(whole=pl.when(pl.col("known") == 7).then("total"))
        .with_columns(
            highest_day=pl.col("top").cum_max().over("track_id", order_by="week"),
            highest_week=pl.col("whole").fill_null(0).cum_max().over("track_id", order_by="week"),
            days_counted=pl.col("known").cast(pl.Int64).cum_sum().over("track_id", order_by="week"),
        )
        .cache()
    )
    above = (pl.when(pl.col(name) > 0).then(pl.col("end") - back) for back, name in enumerate(DAYS))
    firsts = weeks.group_by("track_id").agg(first=pl.min_horizontal(*above).min()).cache()
    before = weeks.select("track_id", pl.col("week") + 1, previous="whole")
    after = weeks.select("track_id", pl.col("week") - 1, label="whole")
    joined = weeks.join(before, on=KEY, how="left").cache()
    rows = (
        joined.filter(pl.col("known") >= 5)
        .join(_catalogue(joined), on="week")
        .join(firsts, on="track_id")
        .filter(pl.col("first") <= pl.col("end"))
        .join(after, on=KEY, how="left")
        .join(firsts.select(record=pl.col("first").min()), how="cross")
    )
    return rows.select(
        "track_id",
        as_of=pl.col("end").cast(pl.Date),
        label_known_at=(pl.col("end") + 7).cast(pl.Date),
        **{name: pl.col(name) for name in DAYS},
        days_since_first_count=pl.when(pl.col("first") > pl.col("record")).then(pl.col("end") - pl.col("first")),
        highest_day="highest_day",
        highest_week=pl.when(pl.col("highest_week") > 0).then("highest_week"),
        days_counted="days_counted",
        weekday=pl.lit(THURSDAY),
        catalogue_ratio="catalogue_ratio",
        **{f"catalogue_{name}": pl.col(f"catalogue_{name}") for name in DAYS},
        label="label",
    )


def _catalogue(weeks: pl.LazyFrame) -> pl.LazyFrame:
    whole = pl.col("whole").is_not_null()
    both = whole & pl.col("previous").is_not_null()
    sums = weeks.group_by("week").agg(
        pl.col("day_0").count().alias("reached"),
        pl.col("whole").sum(),
        *(pl.col(name).filter(whole).sum() for name in DAYS),
        now=pl.col("whole").filter(both).sum(),
        before=pl.col("previous").filter(both).sum(),
    )
    return sums.filter(pl.col("reached") > 0).select(
        "week",
        *(
            pl.when(pl.col("whole") > 0).then(pl.col(name) * 7 / pl.col("whole")).alias(f"catalogue_{name}")
            for name in DAYS
        ),
        catalogue_ratio=pl.when(pl.col("before") > 0).then(pl.col("now") / pl.col("before")),
    )
