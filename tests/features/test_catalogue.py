"""catalogue.decay against its slow twin, and at the calendar's edges."""

from datetime import date, timedelta
from typing import Any

import pytest
from raw_rows import lazy, random_artist_listeners, random_daily_streams, random_tracks
from slow_catalogue import slow_rows

from features.catalogue import TARGETS, CatalogueSettings
from features.lives import released_after_first_count, releases_of
from features.periods import periods_of
from features.target import LABEL_LOW
from refrain.track_months import COLUMNS

(DECAY,) = TARGETS
Row = dict[str, Any]
Rows = dict[str, list[Row]]
Keyed = dict[tuple[str, date, int], Row]
MONTHLY = CatalogueSettings(origin_every_months=1, horizon_months=2)
CALENDAR = CatalogueSettings(origin_every_months=1, horizon_months=2, months="calendar")
NEAR = 3e-6  # rates of listeners are kept in single precision


def snapshot(raw: Rows, knobs: CatalogueSettings) -> Keyed:
    frames = {name: lazy(name, rows) for name, rows in raw.items()}
    collected = DECAY.rows(frames, knobs).to_native().collect(engine="streaming").to_dicts()
    found = {(row["track_id"], row["as_of"], row["month_ahead"]): row for row in collected}
    assert len(found) == len(collected), "one row per entity and as_of"
    return found


def same(found: Keyed, expected: Keyed) -> None:
    assert sorted(found) == sorted(expected)
    for key, row in expected.items():
        for name in (*COLUMNS, "label_known_at", LABEL_LOW, "label"):
            value = row[name]
            wanted = pytest.approx(value, abs=NEAR) if name == "mldr" and value is not None else value
            assert found[key][name] == wanted, (key, name)


def weekly(counts: list[Row], spans: tuple[int, ...] = (7,)) -> list[Row]:
    """Daily counts as counts of several days, the same periods for every track; a period with a day missing is none."""
    start, by_period = min(row["date"] for row in counts), {}
    ends, last = [], start
    while last < max(row["date"] for row in counts):
        ends.append((last, spans[len(ends) % len(spans)]))
        last += timedelta(days=ends[-1][1])
    for first, span in ends:
        for track in {row["track_id"] for row in counts}:
            inside = [row for row in counts if row["track_id"] == track and 0 <= (row["date"] - first).days < span]
            if len(inside) == span:
                end = first + timedelta(days=span - 1)
                total = {"streams": sum(row["streams"] for row in inside), "days": span}
                by_period[track, end] = {"track_id": track, "date": end, **total}
    lowest = {end: min(row["streams"] for row in by_period.values() if row["date"] == end) for _, end in by_period}
    is_chart = any(row["cutoff"] is not None for row in counts)
    return [row | {"cutoff": lowest[row["date"]] if is_chart else None} for row in by_period.values()]


def counted(first: str, last: str, each: int = 10, track: str = "one") -> list[Row]:
    """The same count every day."""
    start, days = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return [{"track_id": track, "date": start + timedelta(days=day), "streams": each} for day in range(days)]


def released(track: str, day: str, precision: str = "day", artist: str = "a") -> Row:
    return {
        **{"track_id": track, "artist_id": artist, "title": track, "artist": artist},
        **{"release_date": date.fromisoformat(day), "release_precision": precision},
    }


@pytest.mark.parametrize(("seed", "knobs"), [(1, MONTHLY), (2, CALENDAR)])
def test_every_feature_and_label_equals_the_slow_twin(seed: int, knobs: CatalogueSettings) -> None:
    raw = {
        "daily_streams": random_daily_streams(seed),
        "tracks": random_tracks(seed),
        "artist_listeners": random_artist_listeners(seed, days=420),
    }
    expected = slow_rows(raw, knobs)
    same(snapshot(raw, knobs), expected)
    assert {row["label"] is None for row in expected.values()} == {True, False}
    assert {row["mldr"] is None for row in expected.values()} == {True, False}
    assert any(row["label"] != row["label_low"] for row in expected.values()) == bool(seed % 2)


@pytest.mark.parametrize("spans", [(7,), (7, 1, 3)])
def test_counts_of_several_days_equal_the_slow_twin(spans: tuple[int, ...]) -> None:
    raw = {"daily_streams": weekly(random_daily_streams(5), spans)}
    expected = slow_rows(raw, MONTHLY)
    same(snapshot(raw, MONTHLY), expected)
    assert any(row["week_1"] is not None and row["label"] for row in expected.values())


def test_months_of_the_calendar_have_the_days_that_they_have() -> None:
    found = snapshot({"daily_streams": counted("2023-11-01", "2024-04-30", 10)}, CALENDAR)
    leap = found["one", date(2024, 1, 31), 1]
    assert (leap["back_1"], leap["back_2"], leap["back_3"], leap["back_4"]) == (310, 310, 300, None)
    assert (leap["label"], leap["label_known_at"]) == (290, date(2024, 2, 29))
    assert found["one", date(2023, 12, 31), 1]["label"] == 310, "January follows on December"


def test_months_of_30_days_run_over_leap_days_and_new_years() -> None:
    found = snapshot({"daily_streams": counted("2023-11-01", "2024-04-30", 10)}, MONTHLY)
    row = found["one", date(2023, 12, 31), 2]
    assert (row["back_1"], row["back_2"], row["back_3"]) == (300, 300, None)
    assert (row["label"], row["label_known_at"]) == (300, date(2024, 2, 29))
    assert (row["season_from"], row["season_to"]) == (350, 45)


def test_a_weekly_source_is_looked_at_on_the_last_day_of_its_weeks() -> None:
    ends = [date(2024, 1, 4) + timedelta(days=7 * week) for week in range(20)]
    counts = [{"track_id": "one", "date": end, "streams": 70, "days": 7} for end in ends]
    thirty = snapshot({"daily_streams": counts}, MONTHLY)
    assert sorted({as_of for _, as_of, _ in thirty})[:3] == [date(2024, 1, 25), date(2024, 2, 29), date(2024, 3, 28)]
    row = thirty["one", date(2024, 2, 29), 1]
    assert (row["back_1"], row["week_1"], row["seen_days"]) == (300, 70, 63)
    assert (row["label"], row["label_known_at"]) == (300, date(2024, 4, 5)), "30 March and the longest week"
    calendar = snapshot({"daily_streams": counts}, CALENDAR)["one", date(2024, 3, 28), 1]
    assert (calendar["back_1"], calendar["label"]) == (290, 300), "February is the last month that is over, April next"


def test_a_week_that_is_not_over_is_not_known_though_its_first_days_have_passed() -> None:
    ends = [date(2024, 1, 4) + timedelta(days=7 * week) for week in range(12)]
    weeks = [{"track_id": "weekly", "date": end, "streams": 70, "days": 7} for end in ends]
    days = [row | {"days": 1} for row in counted("2024-01-01", "2024-03-31", 5)]
    found = snapshot({"daily_streams": [*weeks, *days]}, MONTHLY)
    weekly_row, daily_row = (found[track, date(2024, 2, 29), 1] for track in ("weekly", "one"))
    assert (weekly_row["week_1"], weekly_row["s30"], daily_row["week_1"]) == (70, 300, 35), "a Thursday"
    weekly_row, daily_row = (found[track, date(2024, 1, 31), 1] for track in ("weekly", "one"))
    assert (weekly_row["week_1"], weekly_row["week_2"], daily_row["week_1"]) == (None, 70, 35), "a Wednesday"


def test_a_partial_month_is_neither_a_feature_nor_a_label() -> None:
    counts = [row for row in counted("2024-01-01", "2024-06-15") if row["date"] != date(2024, 3, 15)]
    found = snapshot({"daily_streams": counts}, CALENDAR)
    assert found["one", date(2024, 2, 29), 1]["label"] is None, "a day of March is missing"
    assert found["one", date(2024, 4, 30), 1]["back_2"] is None
    assert found["one", date(2024, 4, 30), 1]["label"] == 310
    assert found["one", date(2024, 5, 31), 1]["label"] is None, "June is not over"


def test_a_track_released_on_the_very_day_is_a_row() -> None:
    raw = {
        "daily_streams": [*counted("2024-01-01", "2024-03-31"), *counted("2024-02-29", "2024-03-31", 5, "new")],
        "tracks": [released("one", "2023-12-31"), released("new", "2024-02-29"), released("silent", "2024-02-29")],
    }
    found = snapshot(raw, MONTHLY)
    first = found["new", date(2024, 2, 29), 1]
    assert (first["age_days"], first["seen_days"], first["s30"], first["label"]) == (0, 1, None, 150)
    silent = found["silent", date(2024, 2, 29), 1]
    assert (silent["age_days"], silent["seen_days"], silent["label"]) == (0, 0, None)
    assert (silent["artist_level"], silent["catalogue_level"]) == (300.0, 300.0)
    without = CatalogueSettings(origin_every_months=1, horizon_months=1, new_days=0)
    assert ("silent", date(2024, 2, 29), 1) not in snapshot(raw, without)


def test_a_release_date_after_the_first_count_gives_way_to_it_and_is_told() -> None:
    tracks = [released("one", "2024-02-10"), released("two", "2023-01-01")]
    counts = [*counted("2024-01-01", "2024-04-30"), *counted("2024-01-01", "2024-04-30", 5, "two")]
    found = snapshot({"daily_streams": counts, "tracks": tracks}, MONTHLY)
    assert found["one", date(2024, 1, 31), 1]["age_days"] is None, "nobody knew the release date then"
    assert found["one", date(2024, 2, 29), 1]["age_days"] == 59
    periods = periods_of(lazy("daily_streams", counts))
    told = released_after_first_count(periods, releases_of(lazy("tracks", tracks))).collect()
    assert told["track_id"].to_list() == ["one"]


def test_a_release_of_which_only_the_year_is_known_is_no_later_than_the_first_count() -> None:
    tracks = [released("one", "2024-01-01", "year"), released("two", "2020-01-01", "year")]
    counts = [*counted("2024-02-10", "2024-05-31"), *counted("2024-02-10", "2024-05-31", 5, "two")]
    found = snapshot({"daily_streams": counts, "tracks": tracks}, MONTHLY)
    assert found["one", date(2024, 3, 31), 1]["age_days"] == (date(2024, 3, 31) - date(2024, 2, 10)).days
    assert found["two", date(2024, 3, 31), 1]["age_days"] == (date(2024, 3, 31) - date(2020, 12, 31)).days


def test_a_drop_out_is_labelled_with_what_it_can_have_had() -> None:
    ends = [date(2024, 1, 4) + timedelta(days=7 * week) for week in range(20)]
    chart = [{"date": end, "days": 7, "cutoff": 21} for end in ends]
    counts = [row | {"track_id": "one", "streams": 70} for row in chart]
    counts += [row | {"track_id": "gone", "streams": 35} for row in chart if row["date"] <= date(2024, 3, 7)]
    found = snapshot({"daily_streams": counts}, MONTHLY)
    row = found["gone", date(2024, 2, 29), 1]
    assert (row["label"], row["label_low"]) == (7 * 5 + 23 * 3, 35)
    assert (row["cutoff_30"], row["back_1"]) == (90, 150)
    later = found["gone", date(2024, 3, 28), 1]
    assert (later["label"], later["label_low"], later["week_1"]) == (90, 0, None)
    assert ("gone", date(2024, 4, 25), 1) not in found, "its last count is more than 30 days old"
    stayed = found["one", date(2024, 2, 29), 1]
    assert (stayed["label"], stayed["label_low"]) == (300, 300)


def test_few_knobs_choose_the_rows() -> None:
    raw = {"daily_streams": counted("2023-01-10", "2024-12-31")}
    quarterly = snapshot(raw, CatalogueSettings(horizon_months=1))
    assert sorted({as_of.month for _, as_of, _ in quarterly}) == [3, 6, 9, 12]
    seasoned = snapshot(raw, CatalogueSettings(horizon_months=1, min_seen_days=400))
    assert min(as_of for _, as_of, _ in seasoned) == date(2024, 3, 31)
