"""streams.one_week and streams.three_week against their slow twin, and at the calendar's edges."""

from datetime import date, timedelta
from typing import Any

import pytest
from raw_rows import lazy, random_daily_streams, random_socials, random_tracks
from slow_streams import slow_rows

from features.registry import all_targets
from features.streams import ONE_WEEK, THREE_WEEK, OneWeekSettings, ThreeWeekSettings

Row = dict[str, Any]
ONE, THREE = all_targets()["streams.one_week"], all_targets()["streams.three_week"]
CASES = [
    (ONE, OneWeekSettings(), ONE_WEEK),
    (ONE, OneWeekSettings(week_ends="sunday", min_days=2), ONE_WEEK),
    (THREE, ThreeWeekSettings(week_ends="any", min_days=12), THREE_WEEK),
]
THURSDAY = date(2024, 2, 29)


def snapshot(target: Any, raw: dict[str, list[Row]], knobs: Any) -> dict[tuple[str, date], Row]:
    frames = {name: lazy(name, rows) for name, rows in raw.items()}
    collected = target.rows(frames, knobs).to_native().collect(engine="streaming").to_dicts()
    found = {(row.pop("track_id"), row.pop("as_of")): row for row in collected}
    assert len(found) == len(collected), "one row per track and as_of"
    return found


def counted(first: date, counts: list[int | None], track: str = "one", **more: Any) -> list[Row]:
    """A count a day from `first` on; None leaves the day out."""
    days = (first + timedelta(days=number) for number in range(len(counts)))
    return [
        {"track_id": track, "date": day, "streams": count, **more}
        for day, count in zip(days, counts, strict=True)
        if count is not None
    ]


def week(first: int) -> list[int | None]:
    return list(range(first, first + 7))


@pytest.mark.parametrize(("target", "knobs", "horizon"), CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_feature_and_label_equals_the_slow_twin(target: Any, knobs: Any, horizon: Any, seed: int) -> None:
    raw = {
        "daily_streams": random_daily_streams(seed),
        "tracks": random_tracks(seed, rows=14),
        "socials": random_socials(seed),
    }
    found = snapshot(target, raw, knobs)
    expected = slow_rows(raw, knobs, horizon.weeks_back, horizon.week_ahead)
    assert sorted(found) == sorted(expected)
    for key, row in expected.items():
        assert found[key] == row, key
    assert sum(row["label"] is None for row in found.values()) > 20
    assert sum(row["label"] is not None for row in found.values()) > 20


def test_weeks_end_on_thursdays_over_a_leap_day_and_a_new_year() -> None:
    leap = snapshot(ONE, {"daily_streams": counted(date(2024, 2, 23), [*week(1), *week(11)])}, OneWeekSettings())
    row = leap["one", THURSDAY]
    assert [row[f"day_{back}"] for back in range(7)] == [7, 6, 5, 4, 3, 2, 1]
    assert (row["label"], row["label_known_at"]) == (sum(range(11, 18)), date(2024, 3, 7))
    new_year = snapshot(ONE, {"daily_streams": counted(date(2020, 12, 25), [*week(1), *week(11)])}, OneWeekSettings())
    assert new_year["one", date(2020, 12, 31)]["label"] == sum(range(11, 18))
    assert ("one", date(2021, 1, 7)) in new_year


def test_the_third_week_is_that_of_days_15_to_21() -> None:
    counts = counted(date(2024, 2, 9), [*range(1, 22), *([1000] * 14), *week(50)])
    row = snapshot(THREE, {"daily_streams": counts}, ThreeWeekSettings())["one", THURSDAY]
    assert [row[f"day_{back}"] for back in range(21)] == list(range(21, 0, -1))
    assert (row["label"], row["label_known_at"]) == (sum(range(50, 57)), THURSDAY + timedelta(days=21))


def test_a_track_released_on_the_thursday_itself() -> None:
    others = counted(date(2024, 2, 1), [5] * 60, track="old")
    new = counted(THURSDAY, [100] * 15, track="new")
    tracks = [{"track_id": "new", "release_date": THURSDAY, "release_precision": "day"}]
    raw = {"daily_streams": [*others, *new], "tracks": tracks}
    assert ("new", THURSDAY) not in snapshot(ONE, raw, OneWeekSettings()), "one day is too few"
    row = snapshot(ONE, raw, OneWeekSettings(min_days=1))["new", THURSDAY]
    assert (row["days_since_release"], row["days_since_first_count"], row["day_0"], row["day_1"]) == (0, 0, 100, None)
    assert row["label"] == 700


def test_zeros_before_the_release_are_no_rows_and_a_release_after_the_first_stream_is_not_believed() -> None:
    early = counted(date(2024, 2, 1), [0] * 29 + [9] * 21, track="announced")
    wrong = counted(date(2024, 2, 2), [5] * 60, track="wrong")
    tracks = [
        {"track_id": "announced", "release_date": date(2024, 3, 1), "release_precision": "day"},
        {"track_id": "wrong", "release_date": date(2024, 2, 20), "release_precision": "day"},
    ]
    found = snapshot(ONE, {"daily_streams": [*early, *wrong], "tracks": tracks}, OneWeekSettings())
    assert ("announced", THURSDAY) not in found
    assert found["announced", date(2024, 3, 7)]["days_since_release"] == 6
    assert found["wrong", THURSDAY]["days_since_release"] == 27, "days since the first stream"
    assert found["wrong", date(2024, 2, 15)]["days_since_release"] is None, "a later date is not known yet"


def test_missing_days_are_unknown_not_zero() -> None:
    counts = counted(date(2024, 2, 23), [1, None, 3, 4, 5, None, 7, *week(11)[:6], None, *week(20)])
    found = snapshot(ONE, {"daily_streams": counts}, OneWeekSettings())
    row = found["one", THURSDAY]
    assert (row["day_1"], row["day_5"], row["label"]) == (None, None, None)
    assert not snapshot(ONE, {"daily_streams": counts[:5]}, OneWeekSettings(min_days=6))


def test_a_chart_leaves_the_week_of_a_track_that_drops_out_unknown_and_says_how_low_it_went() -> None:
    stays = counted(date(2024, 2, 23), [50] * 14, track="stays", cutoff=30)
    drops = counted(date(2024, 2, 23), [31] * 9, track="drops", cutoff=30)
    found = snapshot(ONE, {"daily_streams": [*stays, *drops]}, OneWeekSettings())
    assert found["stays", THURSDAY]["label"] == 350
    assert found["drops", THURSDAY]["label"] is None
    assert found["drops", THURSDAY]["cutoff"] == 30


def test_weekly_counts_are_no_days() -> None:
    weekly = counted(date(2024, 2, 22), [70, None, None, None, None, None, None, 70], days=7)
    daily = counted(date(2024, 2, 23), [1] * 7, track="daily", days=1)
    found = snapshot(ONE, {"daily_streams": [*weekly, *daily]}, OneWeekSettings(min_days=1))
    assert list(found) == [("daily", THURSDAY)]


def test_a_day_that_stands_there_twice_counts_once() -> None:
    counts = counted(date(2024, 2, 23), [*week(1), *week(11)])
    once = snapshot(ONE, {"daily_streams": counts}, OneWeekSettings())
    twice = snapshot(ONE, {"daily_streams": [*counts, *counts[3:9]]}, OneWeekSettings())
    assert once == twice


def test_no_row_for_a_day_that_the_record_does_not_reach() -> None:
    found = snapshot(ONE, {"daily_streams": counted(date(2024, 2, 23), [3] * 13)}, OneWeekSettings())
    assert list(found) == [("one", THURSDAY)], "the last week ends a day before its Thursday"


def test_popularity_is_a_dated_reading_never_that_of_the_tracks_file() -> None:
    tracks = [{"track_id": "one", "release_date": date(2020, 1, 1), "popularity": 99.0}]
    readings = [
        {"track_id": "one", "date": day, "platform": "spotify", "metric": "popularity", "value": value}
        for day, value in ((date(2024, 2, 20), 41.0), (date(2024, 3, 1), 77.0))
    ]
    raw = {"daily_streams": counted(date(2024, 2, 23), [3] * 7), "tracks": tracks}
    assert snapshot(ONE, raw, OneWeekSettings())["one", THURSDAY]["popularity"] is None
    assert snapshot(ONE, {**raw, "socials": readings}, OneWeekSettings())["one", THURSDAY]["popularity"] == 41.0
