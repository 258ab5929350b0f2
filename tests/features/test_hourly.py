"""audience.hourly: what a row is, by the platform's clock, and what is known of each hour when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from raw_rows import RANDOM_ROWS, lazy
from slow_hourly import SlowRows

from features.hourly import HourlySettings, rows
from refrain.audience_hours import COLUMNS, SEASONAL_ERROR
from refrain.errors import SettingsError
from refrain.settings import validated

Row = dict[str, Any]
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
COMPARED = (*COLUMNS, SEASONAL_ERROR, "label")


def hourly(raw: dict[str, list[Row]], **knobs: Any) -> pl.DataFrame:
    frames = {name: lazy(name, of_dataset) for name, of_dataset in raw.items()}
    found: pl.DataFrame = rows(frames, HourlySettings(**knobs)).to_native().collect(engine="streaming")
    return found.sort("as_of", "hour")


def session(user: str, login: datetime, minutes: float | None = 0.0) -> Row:
    row = dict.fromkeys(("content_watched", "genres_watched", "num_pauses", "buffer_events", "was_recommended"))
    return row | {"user_id": user, "login_time": login, "total_watch_time": minutes}


def heartbeat(first: datetime, days: int, skip: int = 0) -> list[Row]:
    """One user who is there in every hour."""
    return [session("somebody", first + timedelta(hours=step)) for step in range(24 * days) if step != skip]


def label_of(found: pl.DataFrame, hour: datetime) -> float | None:
    labels = found.filter(pl.col("hour") == hour)["label"].unique()
    assert len(labels) == 1
    label: float | None = labels[0]
    return label


@pytest.mark.parametrize(
    ("dataset", "zone", "country", "first", "days"),
    [
        ("events", "UTC", "", date(2023, 11, 20), 45),
        ("events", BERLIN, "DE", date(2023, 10, 16), 20),
        ("events", NEW_YORK, "US", date(2024, 3, 1), 20),
        ("hourly_users", BERLIN, "", date(2023, 10, 16), 50),
        ("hourly_users", "Asia/Kolkata", "IN", date(2023, 12, 20), 30),
    ],
)
def test_every_row_is_what_the_slow_computation_finds(
    dataset: str, zone: str, country: str, first: date, days: int
) -> None:
    moment = "hour" if dataset == "hourly_users" else "login_time"
    every = RANDOM_ROWS[dataset](5)
    raw = {dataset: [row for row in every if first <= row[moment].date() < first + timedelta(days=days)]}
    settings = HourlySettings(timezone=zone, holidays=country, min_history_days=3)
    found = hourly(raw, timezone=zone, holidays=country, min_history_days=3)
    expected = SlowRows(raw, settings).rows()
    assert list(zip(found["as_of"], found["hour"], strict=True)) == sorted(expected)
    for row in found.to_dicts():
        slow = expected[row["as_of"], row["hour"]]
        assert row["label_known_at"] == slow["label_known_at"]
        for name in COMPARED:
            expected_value = slow[name] if slow[name] is None else pytest.approx(slow[name], rel=1e-12)
            assert row[name] == expected_value, (name, row["as_of"], row["hour"])


@pytest.mark.parametrize(
    ("zone", "back", "forward", "midnight"),
    [(BERLIN, date(2023, 10, 29), date(2024, 3, 31), 22), (NEW_YORK, date(2023, 11, 5), date(2024, 3, 10), 4)],
)
def test_days_of_25_and_of_23_hours(zone: str, back: date, forward: date, midnight: int) -> None:
    found = hourly({"events": heartbeat(datetime(2023, 10, 1), 190)}, timezone=zone)
    longest = found.filter(pl.col("as_of") == back - timedelta(days=1))
    assert longest["hours_ahead"].to_list() == list(range(1, 26))
    begins = longest["hour"][0]
    assert begins.hour == midnight
    assert longest["hour"].to_list() == [begins + timedelta(hours=step) for step in range(25)]
    assert longest["hour_of_day"].value_counts().filter(pl.col("count") == 2).height == 1
    shortest = found.filter(pl.col("as_of") == forward - timedelta(days=1))
    assert shortest["hours_ahead"].to_list() == list(range(1, 25))
    assert shortest["hour_of_day"].to_list()[-2:] == [23, 0]
    assert shortest["days_ago_1"].to_list()[-1] is None, "the hour a day before lies after as_of"
    every = found["hour"].unique().sort()
    assert len(every) == len(found) - 1, "no other hour is asked for twice"
    assert every.diff().drop_nulls().max() == timedelta(hours=1), "and none is left out"


@pytest.mark.parametrize("as_of", [date(2023, 10, 28), date(2024, 3, 30), date(2024, 3, 31)])
def test_nothing_after_the_local_end_of_as_of_is_read(as_of: date) -> None:
    end = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), ZoneInfo(BERLIN))
    end = end.astimezone(UTC).replace(tzinfo=None)
    sessions = [row for row in RANDOM_ROWS["events"](3) if abs(row["login_time"] - end) < timedelta(days=25)]
    later = [row for row in sessions if row["login_time"] + timedelta(minutes=row["total_watch_time"] or 0) >= end]
    before = [row for row in sessions if row not in later]
    crowd = [session(f"other {number}", end - timedelta(hours=2), 120.0 + number) for number in range(60)]
    crowd += [session("other", end + timedelta(hours=10 * number), 30.0) for number in range(60)]
    first, second = (
        hourly({"events": [*before, *after]}, timezone=BERLIN).filter(pl.col("as_of") <= as_of)
        for after in (later, crowd)
    )
    assert as_of in first["as_of"]
    assert_frame_equal(first.drop("label"), second.drop("label"), check_exact=True)
    assert not first["label"].equals(second["label"])


def test_a_session_over_midnight_is_active_in_every_hour_that_it_touches() -> None:
    late = datetime(2024, 1, 10, 22, 30)
    found = hourly({"events": [*heartbeat(datetime(2024, 1, 1), 14), session("owl", late, 150.0)]})
    touched = [label_of(found, datetime(2024, 1, 10, 21) + timedelta(hours=step)) for step in range(6)]
    assert touched == [1.0, 2.0, 2.0, 2.0, 1.0, 1.0], "150 minutes end as 1 o'clock begins"


def test_a_session_that_goes_on_is_not_known_at_the_end_of_the_day() -> None:
    late = datetime(2024, 1, 10, 20, 30)
    found = hourly({"events": [*heartbeat(datetime(2024, 1, 1), 14), session("owl", late, 240.0)]})
    after = found.filter(pl.col("as_of") == date(2024, 1, 10))
    assert after["last_hour_1"].unique().to_list() == [1.0]
    assert after.filter(pl.col("hour_of_day") == 22)["days_ago_1"].to_list() == [1.0]
    later = found.filter(pl.col("as_of") == date(2024, 1, 11), pl.col("hour_of_day") == 22)
    assert later["days_ago_2"].to_list() == [2.0], "a day later it has ended"


def test_a_user_with_two_sessions_in_an_hour_counts_once() -> None:
    twice = [session("owl", datetime(2024, 1, 10, 12, minute), 5.0) for minute in (0, 30)]
    found = hourly({"events": [*heartbeat(datetime(2024, 1, 1), 14), *twice]})
    assert label_of(found, datetime(2024, 1, 10, 12)) == 2.0


def test_an_hour_without_a_session_has_none_and_an_hour_that_was_not_read_is_not_known() -> None:
    quiet = 24 * 9 + 5
    sessions = heartbeat(datetime(2024, 1, 1), 14, skip=quiet)
    assert label_of(hourly({"events": sessions}), datetime(2024, 1, 10, 5)) == 0.0
    readings = [{"hour": row["login_time"], "users": 3.0} for row in sessions]
    found = hourly({"hourly_users": readings})
    assert label_of(found, datetime(2024, 1, 10, 5)) is None
    day_after = found.filter(pl.col("as_of") == date(2024, 1, 10), pl.col("hour_of_day") == 5)
    assert day_after["days_ago_1"].to_list() == [None]
    assert day_after["mean_1d"].to_list() == [3.0]


def test_a_label_is_missing_while_a_session_may_still_be_going_on() -> None:
    found = hourly({"events": heartbeat(datetime(2024, 1, 1), 14)})  # the last one ends at 23:00
    assert label_of(found, datetime(2024, 1, 13, 21)) == 1.0
    assert label_of(found, datetime(2024, 1, 13, 23)) is None
    known = found.filter(pl.col("hour") == datetime(2024, 1, 12, 0))["label_known_at"]
    assert known.to_list() == [date(2024, 1, 13)]


def test_unknown_zones_and_countries_are_refused() -> None:
    with pytest.raises(SettingsError, match="no time zone 'europe/atlantis'"):
        validated(HourlySettings, {"timezone": "Europe/Atlantis"}, "params.yaml")
    with pytest.raises(SettingsError, match="no holidays are known of 'atlantis'"):
        validated(HourlySettings, {"holidays": "Atlantis"}, "params.yaml")
