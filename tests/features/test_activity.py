"""The figures of a week against a slow twin, at the edges of the week, and where days have 23 and 25 hours."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from features.figures.activity import Activity, activity, last_known_moment, read_since
from refrain.errors import UsageError
from refrain.moments import read_moment
from sources.canonical import TYPES

AT = datetime(2024, 4, 2, 12, 0, tzinfo=UTC)
TYPED = {
    "user_id": pl.String(),
    "login_time": TYPES["timestamp"],
    "content_watched": pl.String(),
    "total_watch_time": pl.Float64(),
}


def frame(rows: list[dict[str, Any]]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=TYPED)


def session(begun: str, minutes: float | None = 10.0, user: str = "u", shows: str | None = "a") -> dict[str, Any]:
    moment = datetime.fromisoformat(begun)
    return {"user_id": user, "login_time": moment, "content_watched": shows, "total_watch_time": minutes}


def random_sessions(seed: int, count: int = 600) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        begun = AT.replace(tzinfo=None) - timedelta(seconds=chance.randrange(-86400, 9 * 86400))
        shows = [f"show {chance.randrange(6) * chance.randrange(3)}" for _ in range(chance.randrange(4))]
        rows.append(
            {
                "user_id": f"user {chance.randrange(25)}",
                "login_time": begun,
                "content_watched": "|".join(shows) or None,
                "total_watch_time": chance.choice([None, 0.0, 7.25, 61.5, 1440.0]),
            }
        )
    return rows


def slowly(rows: list[dict[str, Any]], at: datetime, zone: str) -> dict[str, Any]:
    """The same figures, one session after the other."""
    shows: dict[str, dict[str, Any]] = defaultdict(lambda: {"sessions": 0, "users": set(), "minutes": 0.0})
    hours: dict[int, list[str]] = {hour: [] for hour in range(24)}
    users, days, total, count = set(), set(), 0.0, 0
    for row in rows:
        minutes = row["total_watch_time"] or 0.0
        begun = row["login_time"].replace(tzinfo=UTC)
        end = begun + timedelta(minutes=minutes)
        if not at - timedelta(days=7) < end <= at:
            continue
        local = begun.astimezone(ZoneInfo(zone))
        count, total = count + 1, total + minutes
        users.add(row["user_id"])
        days.add((row["user_id"], local.date()))
        hours[local.hour].append(row["user_id"])
        watched = row["content_watched"].split("|") if row["content_watched"] else []
        for show in watched:
            shows[show]["minutes"] += minutes / len(watched)
        for show in set(watched):
            shows[show]["sessions"] += 1
            shows[show]["users"].add(row["user_id"])
    ordered = sorted(shows.items(), key=lambda item: (-item[1]["sessions"], item[0]))
    return {
        "sessions": count,
        "users": len(users),
        "minutes": total,
        "per_user": total / len(users) / 7,
        "per_active_day": total / len(days),
        "shows": [(show, found["sessions"], len(found["users"]), found["minutes"]) for show, found in ordered],
        "hours": [(hour, len(found), len(set(found))) for hour, found in hours.items()],
    }


def as_slow(found: Activity) -> dict[str, Any]:
    return {
        "sessions": found.sessions,
        "users": found.users,
        "minutes": pytest.approx(found.watch_minutes, abs=1e-5),
        "per_user": pytest.approx(found.minutes_per_user_and_day, abs=1e-5),
        "per_active_day": pytest.approx(found.minutes_per_active_day, abs=1e-5),
        "shows": [
            (show.show_id, show.sessions, show.users, pytest.approx(show.watch_minutes, abs=1e-5))
            for show in found.top_shows
        ],
        "hours": [(hour.hour, hour.sessions, hour.users) for hour in found.by_hour],
    }


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("seed", range(3))
def test_the_figures_are_those_of_a_slow_count(seed, zone):
    # Berlin's clocks go forward within this week.
    rows = random_sessions(seed)
    assert slowly(rows, AT, zone) == as_slow(activity(frame(rows), AT, timezone=zone, top=99))


def test_clocks_that_go_back_count_both_hours_as_one_hour_of_the_day():
    rows = [session("2024-10-27T00:30:00"), session("2024-10-27T01:30:00", user="v")]
    found = activity(frame(rows), datetime(2024, 10, 28, tzinfo=UTC), timezone="Europe/Berlin")
    assert found.by_hour[2].sessions == 2
    assert found.by_hour[2].users == 2


def test_a_session_counts_from_its_end_on_and_for_seven_days():
    row = session("2024-04-01T23:00:00", minutes=120.0)
    end = datetime(2024, 4, 2, 1, tzinfo=UTC)
    moments = (-1, 0, 7 * 86400 - 1, 7 * 86400)
    counted = [activity(frame([row]), end + timedelta(seconds=more)).sessions for more in moments]
    assert counted == [0, 1, 1, 0]
    assert read_since(end + timedelta(days=7)) < datetime(2024, 4, 1, 23, tzinfo=UTC)


def test_a_week_after_the_other_counts_every_session_once():
    rows = random_sessions(7)
    weeks = [activity(frame(rows), AT + timedelta(days=7 * week)) for week in range(-2, 3)]
    assert sum(week.sessions for week in weeks) == len(rows)
    assert sum(week.watch_minutes for week in weeks) == pytest.approx(sum(row["total_watch_time"] or 0 for row in rows))


def test_the_moment_may_be_given_in_any_zone():
    rows = random_sessions(1)
    assert activity(frame(rows), AT) == activity(frame(rows), AT.astimezone(ZoneInfo("Asia/Kolkata")))


def test_a_show_is_called_by_its_title_and_equals_stand_by_id():
    rows = [session("2024-04-01T10:00:00", 30.0, shows="b|a|b"), session("2024-04-01T11:00:00", 8.0, shows="a|b")]
    first, second = activity(frame(rows), AT).titled({"a": "Alpha"}).top_shows
    assert (first.show_id, first.title, first.sessions, first.watch_minutes) == ("a", "Alpha", 2, 14.0)
    assert (second.show_id, second.title, second.sessions, second.watch_minutes) == ("b", "b", 2, 24.0)


def test_a_quiet_week_has_no_mean_and_all_hours():
    found = activity(frame([session("2023-01-01T10:00:00")]), AT)
    assert (found.sessions, found.users, found.minutes_per_user_and_day) == (0, 0, None)
    assert (found.top_shows, len(found.by_hour)) == ((), 24)


def test_columns_that_a_platform_does_not_have_are_done_without():
    rows = pl.LazyFrame([{"user_id": "u", "login_time": datetime(2024, 4, 1)}], schema_overrides=TYPED)
    found = activity(rows, AT)
    assert (found.sessions, found.watch_minutes, found.top_shows) == (1, 0.0, ())


def test_the_last_moment_that_is_known_is_an_end():
    rows = [session("2024-04-01T10:00:00", 600.0), session("2024-04-01T12:00:00", 5.0)]
    assert last_known_moment(frame(rows)) == datetime(2024, 4, 1, 20, tzinfo=UTC)
    assert last_known_moment(frame([])) is None


def test_a_zone_that_is_none_is_told():
    with pytest.raises(UsageError, match="no time zone 'Berlin'"):
        activity(frame([]), AT, timezone="Berlin")


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2024-04-02", 0), ("2024-04-02T11:00", 11), ("2024-04-02T11Z", 11), ("2024-04-02 11:00+02:00", 9)],
)
def test_a_moment_is_read_in_utc_unless_it_says_otherwise(text, hour):
    assert read_moment(text) == datetime(2024, 4, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "now", "2024-13-01", "2024-04-02 11:00 02:00", "0001-01-01T00:00+10:00", "1969-12-31", "9" * 50]
)
def test_what_is_no_moment_is_told(text):
    with pytest.raises(UsageError, match="no moment"):
        read_moment(text)
