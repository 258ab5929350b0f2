"""What users did in the weeks up to each week end, from what they did in each week.

A session counts in up to four windows of 28 days. What can be added up is added up once for each user and week, and the
weeks then for each window. Medians cannot be added up: they are taken of the sessions themselves.
"""

from collections.abc import Iterable
from typing import Any

import narwhals as nw

from features.calendar import day_number
from features.held import held
from features.sessions import USER, first_day_of, with_absent, with_entries
from features.weeks import WEEKDAYS, week_of

Lazy = nw.LazyFrame[Any]

WEEKS = 4
"""Weeks of the longer window; the shorter is the last of them."""
WEEK = "week"
BACK = "back"
"""How many weeks before the window's last one lies."""
_ROW = [USER, WEEK]
_MEDIANS = ("pauses", "buffering")
_SO_FAR = {"sessions": "so_far", "buffering": "buffering_so_far", "buffering_known": "buffering_known_so_far"}
_RELEASES = ("releases", "releases_before")
_ADDED = (
    "sessions",
    "seconds",
    "active_days",
    "buffering",
    "buffering_known",
    "recommended",
    "recommended_known",
    "cosine",
    "sine",
)


def user_weeks(sessions: Lazy, weekday: int) -> Lazy:
    """user_id, week, what is added up, and `first_day`, `last_day`, `latest_login`, `own_login`, `early_login`.

    `own_login` is the first login within the week, `early_login` one before it, null where there is none. Up to the
    week's end: `so_far` are the user's sessions, `buffering_so_far` is that in the `buffering_known_so_far` ones which
    state it, `begun` the day of the first, `longest_gap` the most days from the last session of a week to the first of
    the user's next.
    """
    login, day = (nw.col(name).cast(nw.Int64) for name in ("login", "day"))
    week_begins = first_day_of(nw.col(WEEK), weekday)
    active = (
        nw.when(day - week_begins == place).then(nw.lit(1)).otherwise(0).max().alias(f"day_{place}")
        for place in range(len(WEEKDAYS))
    )
    weeks = sessions.group_by(*_ROW).agg(
        nw.len().alias("sessions"),
        *(nw.col(name).cast(nw.Int64).sum() for name in ("seconds", "buffering", "recommended", "cosine", "sine")),
        *(nw.col(name).count().alias(f"{name}_known") for name in ("buffering", "recommended")),
        *active,
        *(nw.col(name).median().alias(f"median_{name}_7") for name in _MEDIANS),
        day.min().alias("first_day"),
        day.max().alias("last_day"),
        login.max().alias("latest_login"),
        nw.when(login >= week_begins).then(login).min().alias("own_login"),
        nw.when(login < week_begins).then(login).min().alias("early_login"),
    )
    counts = ("sessions", "buffering_known", "recommended_known")
    weeks = weeks.with_columns(
        *(nw.col(name).cast(nw.Int64) for name in (WEEK, *counts)),
        nw.sum_horizontal(*(nw.col(f"day_{place}").cast(nw.Int64) for place in range(len(WEEKDAYS)))).alias(
            "active_days"
        ),
    ).with_columns(
        *(nw.col(name).cum_sum().over(USER, order_by=WEEK).alias(so_far) for name, so_far in _SO_FAR.items()),
        nw.col("first_day").cum_min().over(USER, order_by=WEEK).alias("begun"),
        (nw.col("first_day") - nw.col("last_day").shift(1).over(USER, order_by=WEEK)).alias("gap"),
    )
    return held(weeks.with_columns(nw.col("gap").fill_null(0).cum_max().over(USER, order_by=WEEK).alias("longest_gap")))


def windows(weeks: Lazy) -> Lazy:
    """user_id and week of every window with a session, what is added up over 7 and 28 days (`_7`, `_28`), and besides

    `sessions_back_1` .. `_3` of the earlier weeks, and the others of `user_weeks` up to the window's end.
    """
    sevens = [f"median_{name}_7" for name in _MEDIANS]
    kept = weeks.select(
        *_ROW, *_ADDED, *sevens, "first_day", "last_day", "latest_login", *_SO_FAR.values(), "begun", "longest_gap"
    )
    back = nw.col(BACK)
    return (
        _shifted(kept, range(WEEKS))
        .group_by(*_ROW)
        .agg(
            *(nw.col(name).sum().alias(f"{name}_28") for name in _ADDED),
            *(nw.when(back == 0).then(nw.col(name)).otherwise(0).sum().alias(f"{name}_7") for name in _ADDED),
            *(nw.when(back == 0).then(nw.col(name)).max().alias(name) for name in sevens),
            *(
                nw.when(back == place).then(nw.col("sessions")).otherwise(0).sum().alias(f"sessions_back_{place}")
                for place in range(1, WEEKS)
            ),
            nw.col("first_day").min(),
            *(nw.col(name).max() for name in ("last_day", "latest_login", *_SO_FAR.values(), "longest_gap")),
            nw.col("begun").min(),
        )
    )


def next_logins(weeks: Lazy, days_ahead: int, weekday: int) -> Lazy:
    """user_id, week, `next_login`: the day of the first login after the week; at least all within `days_ahead` days."""
    own = weeks.select(USER, WEEK, nw.col("own_login").alias("next_login"))
    login = nw.col("early_login")
    early = weeks.select(USER, week_of(login, weekday).alias(WEEK), login.alias("next_login"))
    logins = nw.concat([own, early]).filter(~nw.col("next_login").is_null())
    ahead = -(-days_ahead // len(WEEKDAYS))
    return _shifted(logins, range(-ahead, 0)).group_by(*_ROW).agg(nw.col("next_login").min())


def medians(sessions: Lazy) -> Lazy:
    """user_id, week, `median_pauses_28` and `median_buffering_28` of the window's sessions."""
    # Four times as many rows as there are sessions: narrow ones.
    narrow = sessions.select(*_ROW, *_MEDIANS)
    shifted = nw.concat([narrow.with_columns(nw.col(WEEK) + nw.lit(later).cast(nw.Int32)) for later in range(WEEKS)])
    found = shifted.group_by(*_ROW).agg(nw.col(name).median().alias(f"median_{name}_28") for name in _MEDIANS)
    return found.with_columns(nw.col(WEEK).cast(nw.Int64))


def tastes(sessions: Lazy, users: Lazy, shows: Lazy | None, weekday: int) -> Lazy:
    """user_id, week, and of the genres watched in the window:

    `genres_7`, `genres_28`: how many; `entries`, `squares`: entries in lists, and the sum of the squares over genres;
    `preferred`: entries of the preferred genre, null where the user states none; `releases`: entries times shows of
    their genre released in the window, `releases_before` in the one before it, null without `shows`.
    """
    listed = with_entries(sessions.select(*_ROW, nw.col("genres").alias("genre")), "genre")
    weekly = listed.group_by(*_ROW, "genre").agg(nw.len().cast(nw.Int64).alias("entries"))
    weekly = held(weekly.with_columns(nw.col(WEEK).cast(nw.Int64)))
    by_genre = (
        _shifted(weekly, range(WEEKS))
        .group_by(*_ROW, "genre")
        .agg(nw.col("entries").sum(), nw.col(BACK).min().alias("latest"))
    )
    by_genre = by_genre.join(users.select(USER, "preferred_genre"), on=USER, how="left")
    entries, liked = nw.col("entries"), nw.col("genre") == nw.col("preferred_genre")
    added = [
        nw.len().alias("genres_28"),
        (nw.col("latest") == 0).cast(nw.Int64).sum().alias("genres_7"),
        entries.sum(),
        (entries * entries).sum().alias("squares"),
        nw.when(liked).then(entries).otherwise(0).sum().alias("preferred"),
    ]
    if shows is not None:
        by_genre = by_genre.join(_releases(shows, weekday), on=["genre", WEEK], how="left")
        added += [(entries * nw.col(name).fill_null(0)).sum().alias(name) for name in _RELEASES]
    found = by_genre.group_by(*_ROW).agg(*added).with_columns(nw.col("genres_28").cast(nw.Int64))
    return with_absent(found, dict.fromkeys(_RELEASES, nw.Int64))


def _releases(shows: Lazy, weekday: int) -> Lazy:
    """genre, week, `releases` and `releases_before`: shows of the genre that came out in the window, in that before."""
    weekly = shows.select("genre", week_of(day_number(nw.col("released_at")), weekday).alias(WEEK))
    counted = weekly.filter(~nw.col(WEEK).is_null(), ~nw.col("genre").is_null())
    recent = nw.col(BACK) < WEEKS
    return (
        _shifted(counted, range(2 * WEEKS))
        .group_by("genre", WEEK)
        .agg(
            recent.cast(nw.Int64).sum().alias("releases"),
            (~recent).cast(nw.Int64).sum().alias("releases_before"),
        )
    )


def _shifted(frame: Lazy, weeks: Iterable[int]) -> Lazy:
    """`frame` once for each number of `weeks`, that many weeks later, the number beside it as `back`."""
    return nw.concat(
        [frame.with_columns(nw.col(WEEK) + number, nw.lit(number).cast(nw.Int64).alias(BACK)) for number in weeks]
    )
