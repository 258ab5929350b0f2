"""The features of audience.churn as one would write them in Polars for this one question, with its default knobs.

What the benchmark compares with: no Narwhals, no settings, no columns that may be missing; medians through lists.
"""

from pathlib import Path

import polars as pl

KEY = ["user_id", "week"]
WINDOW = 28
_ADDED = ("sessions", "seconds", "days", "buffering", "told", "recommended", "stated", "cosine", "sine")


def by_hand(events: Path, users: Path) -> pl.LazyFrame:
    """The same rows and columns as `features.churn.churn_rows` gives of these two for its default settings."""
    sessions = _sessions(pl.scan_parquet(events)).cache()
    weeks = _weeks(sessions).cache()
    ends = pl.scan_parquet(events).select(
        first=pl.col("login_time").min().dt.date().cast(pl.Int32).cast(pl.Int64),
        last=pl.col("login_time").max().dt.date().cast(pl.Int32).cast(pl.Int64),
    )
    rows = (
        _windows(weeks)
        .with_columns(day=pl.col("week") * 7 + 3)
        .join(ends, how="cross")
        .filter(
            pl.col("latest_login") > pl.col("day") - WINDOW,
            pl.col("day") >= pl.col("first") + WINDOW,
            pl.col("day") < pl.col("last"),
        )
        .join(_genres(sessions, users), on=KEY, how="left")
        .join(_next(weeks), on=KEY, how="left")
        .join(_users(users), on="user_id", how="left")
        .filter(pl.col("cancelled").is_null() | (pl.col("cancelled") > pl.col("day")))
    )
    return _columns(rows)


def _sessions(events: pl.LazyFrame) -> pl.LazyFrame:
    """Days are numbered from 1970-01-01; the day 7 * week + 3 is the Sunday that a week ends on."""
    login = pl.col("login_time")
    angle = login.dt.hour().cast(pl.Float64) * (3.141592653589793 / 12)
    seconds = (pl.col("total_watch_time").fill_null(0.0) * 60 + 0.5).floor().cast(pl.Int32)
    read = events.select(
        "user_id",
        "genres_watched",
        login=login.dt.date().cast(pl.Int32),
        seconds=seconds,
        end=(login.dt.epoch("s") + seconds) // 86_400,
        pauses=pl.col("num_pauses").cast(pl.Int32),
        buffering=pl.col("buffer_events").cast(pl.Int32),
        recommended=pl.col("was_recommended").cast(pl.Int32),
        cosine=(angle.cos() * 1048576 + 0.5).floor().cast(pl.Int32),
        sine=(angle.sin() * 1048576 + 0.5).floor().cast(pl.Int32),
    )
    return read.with_columns(pl.col("end").cast(pl.Int32), week=((pl.col("end") + 3) // 7).cast(pl.Int32))


def _weeks(sessions: pl.LazyFrame) -> pl.LazyFrame:
    begins = pl.col("week") * 7 - 3
    weeks = sessions.group_by(KEY).agg(
        *(pl.col(name).cast(pl.Int64).sum() for name in ("seconds", "buffering", "recommended", "cosine", "sine")),
        pl.col("pauses").alias("all_pauses"),
        pl.col("buffering").alias("all_buffering"),
        sessions=pl.len().cast(pl.Int64),
        told=pl.col("buffering").count().cast(pl.Int64),
        stated=pl.col("recommended").count().cast(pl.Int64),
        days=pl.col("end").n_unique().cast(pl.Int64),
        first_day=pl.col("end").min().cast(pl.Int64),
        last_day=pl.col("end").max().cast(pl.Int64),
        latest_login=pl.col("login").max().cast(pl.Int64),
        own=pl.col("login").filter(pl.col("login") >= begins).min().cast(pl.Int64),
        early=pl.col("login").filter(pl.col("login") < begins).min().cast(pl.Int64),
    )
    weeks = weeks.with_columns(pl.col("week").cast(pl.Int64)).sort(KEY)
    return weeks.with_columns(
        so_far=pl.col("sessions").cum_sum().over("user_id"),
        buffering_before=pl.col("buffering").cum_sum().over("user_id"),
        told_before=pl.col("told").cum_sum().over("user_id"),
        begun=pl.col("first_day").first().over("user_id"),
        longest=(pl.col("first_day") - pl.col("last_day").shift(1)).fill_null(0).cum_max().over("user_id"),
    )


def _later(frame: pl.LazyFrame, weeks: range) -> pl.LazyFrame:
    return pl.concat([frame.with_columns(pl.col("week") + later, back=pl.lit(later)) for later in weeks])


def _windows(weeks: pl.LazyFrame) -> pl.LazyFrame:
    newest = pl.col("back") == 0
    return (
        _later(weeks.drop("own", "early"), range(4))
        .group_by(KEY)
        .agg(
            *(pl.col(name).sum().name.suffix("_28") for name in _ADDED),
            *(pl.col(name).filter(newest).sum().name.suffix("_7") for name in _ADDED),
            *(pl.col("sessions").filter(pl.col("back") == k).sum().alias(f"sessions_back_{k}") for k in (1, 2, 3)),
            *(
                values.list.explode(keep_nulls=False, empty_as_null=False).median().alias(f"median_{name}_{days}")
                for name in ("pauses", "buffering")
                for days, values in (
                    ("28", pl.col(f"all_{name}")),
                    ("7", pl.col(f"all_{name}").filter(newest)),
                )
            ),
            pl.col("first_day", "begun").min(),
            pl.col("last_day", "latest_login", "so_far", "buffering_before", "told_before", "longest").max(),
        )
    )


def _genres(sessions: pl.LazyFrame, users: Path) -> pl.LazyFrame:
    entries = sessions.select(*KEY, genre=pl.col("genres_watched").str.split("|")).explode("genre").drop_nulls("genre")
    weekly = entries.group_by(*KEY, "genre").agg(entries=pl.len().cast(pl.Int64))
    weekly = weekly.with_columns(pl.col("week").cast(pl.Int64)).cache()
    liked = pl.scan_parquet(users).select("user_id", "preferred_genre")
    return (
        _later(weekly, range(4))
        .group_by(*KEY, "genre")
        .agg(pl.col("entries").sum(), latest=pl.col("back").min())
        .join(liked, on="user_id", how="left")
        .group_by(KEY)
        .agg(
            pl.col("entries").sum(),
            genres_28=pl.len().cast(pl.Int64),
            genres_7=(pl.col("latest") == 0).sum().cast(pl.Int64),
            squares=(pl.col("entries") ** 2).sum(),
            preferred=pl.col("entries").filter(pl.col("genre") == pl.col("preferred_genre")).sum(),
        )
    )


def _next(weeks: pl.LazyFrame) -> pl.LazyFrame:
    own = weeks.select(*KEY, next="own")
    early = weeks.select("user_id", pl.col("week") - 1, next="early")
    logins = pl.concat([own, early]).drop_nulls("next")
    return _later(logins, range(-2, 0)).group_by(KEY).agg(pl.col("next").min())


def _users(users: Path) -> pl.LazyFrame:
    age = pl.col("age")
    bands = age.cut([18, 25, 35, 45, 55, 65], left_closed=True, labels=[
        "under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+",
    ])  # fmt: skip
    return pl.scan_parquet(users).select(
        "user_id",
        "subscription",
        "country",
        "preferred_genre",
        age_band=bands.cast(pl.String),
        registered=pl.col("registered_at").dt.date().cast(pl.Int32).cast(pl.Int64),
        cancelled=pl.col("cancelled_at").dt.date().cast(pl.Int32).cast(pl.Int64),
    )


def _columns(rows: pl.LazyFrame) -> pl.LazyFrame:
    def share(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
        return pl.when(bottom > 0).then(top / bottom)

    def spread(window: int) -> pl.Expr:
        cosine, sine = (pl.col(f"{name}_{window}").cast(pl.Float64) for name in ("cosine", "sine"))
        length = (cosine * cosine + sine * sine).sqrt() / (pl.col(f"sessions_{window}") * 1048576)
        return pl.when(pl.col(f"sessions_{window}") > 0).then((1 - length).clip(lower_bound=0.0))

    day, known = pl.col("day"), pl.col("registered") <= pl.col("day")
    as_of = day.cast(pl.Int32).cast(pl.Date)
    silent, gaps = day - pl.col("last_day"), pl.col("days_28") - 1
    between, age = pl.col("last_day") - pl.col("first_day"), day - pl.col("begun")
    sixty = pl.col("sessions_28") * 0 + 60
    buffering = [share(pl.col(f"buffering_{days}"), pl.col(f"told_{days}")) for days in (7, 28)]
    entries, missing = pl.col("entries"), pl.lit(None, pl.Float64)
    return rows.select(
        "user_id",
        *(f"sessions_{name}" for name in ("7", "28", "back_1", "back_2", "back_3")),
        *(pl.col(f"days_{days}").alias(f"active_days_{days}") for days in (7, 28)),
        *((pl.col(f"seconds_{days}") / sixty).alias(f"watch_minutes_{days}") for days in (7, 28)),
        *(
            share(pl.col(f"seconds_{days}"), pl.col(f"sessions_{days}") * 60).alias(f"mean_minutes_{days}")
            for days in (7, 28)
        ),
        *(f"median_{name}_{days}" for name in ("pauses", "buffering") for days in (7, 28)),
        *(
            share(pl.col(f"recommended_{days}"), pl.col(f"stated_{days}")).alias(f"recommended_{days}")
            for days in (7, 28)
        ),
        *(pl.col(f"genres_{days}").fill_null(0) for days in (7, 28)),
        *(pl.when(known).then(pl.col(name)).alias(name) for name in ("subscription", "age_band", "country")),
        as_of=as_of,
        label_known_at=(day + 14).cast(pl.Int32).cast(pl.Date),
        watch_trend=share(pl.col("seconds_7") * 3, pl.col("seconds_28") - pl.col("seconds_7")),
        days_since_last=silent,
        mean_gap=share(between, gaps),
        silence=share(silent * gaps, between),
        longest_gap="longest",
        rate=pl.col("so_far") / (age + 1),
        missed=pl.col("so_far") * silent / (age + 1),
        missed_28=pl.col("sessions_28") * silent / (WINDOW - silent),
        decline_7=pl.col("sessions_7") * (age + 1) / (pl.col("so_far") * 7),
        decline_28=pl.col("sessions_28") * (age + 1) / (pl.col("so_far") * WINDOW),
        known_days=age,
        mean_buffering_7=buffering[0],
        mean_buffering_28=buffering[1],
        buffering_trend=buffering[0] - buffering[1],
        buffering_so_far=share(pl.col("buffering_before"), pl.col("told_before")),
        genre_diversity_28=share(entries * entries - pl.col("squares"), entries * entries),
        preferred_genre_share_28=pl.when(known & pl.col("preferred_genre").is_not_null()).then(
            share(pl.col("preferred"), entries)
        ),
        releases_28=missing,
        releases_before_28=missing,
        tenure_at_last=pl.when(known).then(pl.col("last_day") - pl.col("registered")),
        hour_spread_7=spread(7),
        hour_spread_28=spread(28),
        tenure_days=pl.when(known).then(day - pl.col("registered")),
        label=pl.when(day + 14 < pl.col("last")).then(
            (pl.col("next").is_null() | (pl.col("next") > day + 14)).cast(pl.Int8)
        ),
    )
