"""Counts by day: gaps, running totals and negative numbers, each said and none silently kept."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refrain.datasets import DAILY_STREAMS
from sources.canonical import scan_dataset

FIRST = date(2024, 1, 1)
WAVE = (90, 80, 85, 95, 130, 120, 100)


def rows(track, counts, first=FIRST, step=1):
    return [f"{track},{first + timedelta(days=step * number)},{count}" for number, count in enumerate(counts)]


def content(*runs):
    return "\n".join(["track_id,date,streams", *(row for run in runs for row in run)]) + "\n"


def load(bench, text, dataset="daily_streams", **options):
    return bench.load("csv", dataset, text, **options)


def running(counts):
    return [sum(counts[: number + 1]) for number in range(len(counts))]


DAILY = [WAVE[number % 7] for number in range(28)]


def test_a_running_total_is_refused_with_the_option_that_reads_it(bench):
    message = bench.error("csv", "daily_streams", content(rows("a", running(DAILY)), rows("b", running(DAILY))))
    assert "input.csv: streams falls in 0 of 54 steps" in message
    assert "running total" in message
    assert "sources.csv.cumulative: true" in message


def test_one_track_that_is_a_running_total_does_not_stop_the_rest(bench):
    imported = load(bench, content(rows("a", running(DAILY)), rows("b", DAILY), rows("c", DAILY)))
    assert {row["track_id"] for row in imported.rows} == {"b", "c"}
    (reason,) = imported.report.rejected
    assert "never falls" in reason
    assert imported.rejects[0] == ["2", reason, "a", "2024-01-01", "90"]


@pytest.mark.parametrize(
    "counts",
    [DAILY, [0] * 40, [7] * 40, list(range(15)), [100 * number + WAVE[number % 7] for number in range(28)][::-1]],
    ids=["weeks", "nothing", "always the same", "too few to tell", "falling"],
)
def test_what_is_no_running_total_is_kept(bench, counts):
    assert load(bench, content(rows("a", counts))).report.rejected == {}


def test_a_new_day_of_many_tracks_that_all_rise_is_no_running_total(bench):
    imported = load(bench, content(*(rows(f"t{number}", [7, 9]) for number in range(40))))
    assert imported.report.rejected == {}


def test_the_differences_of_a_running_total_are_the_counts(bench):
    totals = running(DAILY)
    imported = load(bench, content(rows("a", totals), rows("b", [5, 9])), cumulative=True)
    assert imported.report.rejected == {"the first total of its track, which says nothing of a day": 2}
    assert [int(row["streams"]) for row in imported.rows] == [*DAILY[1:], 4]
    assert {row["days"] for row in imported.rows} == {"1"}
    assert "taken as a running total" in imported.report.notes[0]


def test_a_gap_in_a_running_total_is_a_count_of_several_days_and_a_fall_is_refused(bench):
    days = ["2024-01-01,100", "2024-01-03,130", "2024-01-04,120", "2024-01-05,150", "2024-03-05,300", "2024-03-06,310"]
    steady = rows("b", running(DAILY))
    imported = load(bench, content([f"a,{day}" for day in days], steady), cumulative=True)
    kept = [(row["date"], row["streams"], row["days"]) for row in imported.rows if row["track_id"] == "a"]
    assert kept == [("2024-01-03", "30", "2"), ("2024-01-05", "30", "1"), ("2024-03-06", "10", "1")]
    reasons = {reject[0]: reject[1] for reject in imported.rejects}
    assert reasons["4"] == "lower than the total before it"
    assert reasons["6"] == "more than 31 days after the total before it"


def test_counts_that_are_no_running_total_are_not_taken_for_one(bench):
    message = bench.error("csv", "daily_streams", content(rows("a", DAILY)), cumulative=True)
    assert "is no running total" in message
    assert "Take sources.csv.cumulative out" in message


def test_gaps_are_told(bench):
    gappy = [row for number, row in enumerate(rows("a", DAILY)) if number not in (3, 4, 10)]
    imported = load(bench, content(gappy, rows("b", DAILY)))
    assert imported.report.notes == (
        "1 of 2 tracks have gaps: 3 days between their first and last rows are missing, and stay unknown.",
    )
    assert load(bench, content(rows("b", DAILY))).report.notes == ()


def test_weekly_rows_without_a_column_of_days_are_pointed_out(bench):
    weekly = content(rows("a", DAILY, step=7))
    assert "constants: {days: 7}" in load(bench, weekly).report.notes[0]
    assert load(bench, weekly, constants={"days": 7}).report.notes == ()


def test_listeners_may_rise_for_weeks_but_are_never_negative(bench):
    counts = [*range(100, 140), -1]
    text = content(rows("a", counts)).replace("track_id", "artist_id").replace("streams", "monthly_listeners")
    imported = load(bench, text, dataset="artist_listeners")
    assert imported.report.rejected == {"monthly_listeners is negative": 1}
    assert imported.report.kept == 40


def test_the_real_counts_of_an_artist_are_no_running_totals(bench, shared_data):
    path = shared_data / "artists" / "daily_listeners_streams.csv"
    one = {"constants": {"track_id": "all", "artist_id": "one"}}
    streams = bench.load("csv", "daily_streams", path, **one).report
    listeners = bench.load("csv", "artist_listeners", path, {"monthly_listeners": "listeners"}, **one).report
    assert (streams.kept, streams.rejected, listeners.kept) == (1_021, {}, 1_021)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    tracks=st.dictionaries(
        st.sampled_from("abc"), st.lists(st.integers(0, 5), min_size=2, max_size=12), min_size=1, max_size=3
    )
)
def test_a_running_total_taken_apart_adds_up_again(new_bench, tracks):
    """The differences of what was summed up are what it was summed up from, whatever the order of the rows."""
    bench = new_bench()
    lines = [row for track, counts in tracks.items() for row in rows(track, running(counts))]
    load(bench, content(lines[::-1]), cumulative=True)
    found = scan_dataset(DAILY_STREAMS, bench.destination.dataset).collect()
    for track, counts in tracks.items():
        assert found.filter(track_id=track).sort("date")["streams"].to_list() == counts[1:]
