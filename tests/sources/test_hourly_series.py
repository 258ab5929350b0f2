"""Series of times and numbers as users by hour."""

import pytest

from sources.hourly_series import NAME


def load(bench, content, columns=None, **options):
    return bench.load(NAME, "hourly_users", content, columns, **options)


def by_hour(imported):
    return {row["hour"]: float(row["users"]) for row in imported.rows}


def lines(*readings, header="time,n"):
    return "\n".join([header, *readings]) + "\n"


def test_the_players_are_averaged_and_the_gaps_stay_gaps(bench, shared_data):
    imported = load(bench, shared_data / "audience" / "online_players_5min_2021.csv.gz", values="level")
    report = imported.report
    assert report.read == 15_965
    assert imported.rows[0]["hour"] == "2021-01-04T17:00:00Z"
    assert imported.rows[-1]["hour"] == "2021-03-01T12:00:00Z"
    assert by_hour(imported)["2021-01-04T18:00:00Z"] == pytest.approx(95_000, rel=0.05)
    assert 1_300 < report.kept <= 1_340
    assert any("An hour has 12 readings" in note for note in report.notes)
    assert any("hours from the first to the last are missing" in note for note in report.notes)


def test_the_taxi_rides_are_added_up(bench, shared_data):
    imported = load(bench, shared_data / "audience" / "nyc_taxi_30min.csv", values="count")
    assert imported.report.kept == 10_320 / 2
    assert by_hour(imported)["2014-07-01T00:00:00Z"] == 10_844 + 8_127
    assert imported.report.rejected == {}


def test_the_taxi_rides_of_new_york_leave_out_the_hour_that_came_twice(bench, shared_data):
    imported = load(bench, shared_data / "audience" / "nyc_taxi_30min.csv", values="count", timezone="America/New_York")
    assert imported.rows[0]["hour"] == "2014-07-01T04:00:00Z"
    assert imported.report.rejected == {"in the hour that the clock showed twice, which the file lists once": 2}
    assert [cells[2] for cells in imported.rejects] == ["2014-11-02 01:00:00", "2014-11-02 01:30:00"]
    assert imported.report.kept == 10_320 / 2 - 1


@pytest.mark.parametrize(
    ("values", "expected"), [("level", 15.0), ("count", 60.0), (None, 15.0)], ids=["level", "count", "unsaid"]
)
def test_a_level_is_averaged_and_counts_are_added_up(bench, values, expected):
    text = lines(*(f"2024-05-01T10:{minute:02}:00Z,{10 + minute / 15 * 10 / 3}" for minute in (0, 15, 30, 45)))
    imported = load(bench, text, values=values)
    assert by_hour(imported) == {"2024-05-01T10:00:00Z": pytest.approx(expected)}
    assert any("set sources.hourly-series.values" in note for note in imported.report.notes) == (values is None)
    assert imported.report.merged == 3


def test_an_hour_with_fewer_than_half_of_its_readings_is_left_out(bench):
    hours = [f"2024-05-01T{hour}:{minute}:00Z,8" for hour in (10, 11, 12) for minute in ("00", "15", "30", "45")]
    text = lines(*hours[:4], hours[4], *hours[8:10])
    imported = load(bench, text, values="count")
    assert by_hour(imported) == {"2024-05-01T10:00:00Z": 32, "2024-05-01T12:00:00Z": 32}
    assert imported.report.rejected == {"in an hour with fewer than half of its readings": 1}
    assert imported.rejects == [["6", "in an hour with fewer than half of its readings", "2024-05-01T11:00:00Z", "8"]]
    assert any("lack some of their readings: 1." in note for note in imported.report.notes)
    assert by_hour(load(bench, text, values="level"))["2024-05-01T12:00:00Z"] == 8


AUTUMN = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]


def autumn(times):
    return lines(*(f"2023-10-29 {time},{number}" for number, time in enumerate(times, start=1)))


@pytest.mark.parametrize("turned", [False, True], ids=["oldest first", "newest first"])
def test_the_day_of_25_hours_has_both_hours_that_look_the_same(bench, turned):
    text = autumn(AUTUMN)
    if turned:
        header, *rest = text.splitlines()
        text = lines(*rest[::-1], header=header)
    assert by_hour(load(bench, text, values="count", timezone="Europe/Berlin")) == {
        "2023-10-28T23:00:00Z": 2.0,  # one of two readings, and as much again
        "2023-10-29T00:00:00Z": 5.0,
        "2023-10-29T01:00:00Z": 9.0,
        "2023-10-29T02:00:00Z": 12.0,
    }


def test_a_file_sorted_by_what_the_clock_showed_lists_each_time_twice(bench):
    text = autumn(["02:00", "02:00", "02:30", "02:30"])
    imported = load(bench, text, values="count", timezone="Europe/Berlin")
    assert by_hour(imported) == {"2023-10-29T00:00:00Z": 4.0, "2023-10-29T01:00:00Z": 6.0}


def test_readings_of_the_second_pass_stay_in_it_though_later_than_all_of_the_first(bench):
    imported = load(bench, autumn(["02:10", "02:40", "02:15", "02:45"]), values="count", timezone="Europe/Berlin")
    assert by_hour(imported) == {"2023-10-29T00:00:00Z": 3.0, "2023-10-29T01:00:00Z": 7.0}


def test_an_hour_that_the_clock_skips_has_no_readings(bench):
    text = lines(*(f"2024-03-31 {time},4" for time in ("01:00", "01:30", "02:00", "03:00", "03:30")))
    imported = load(bench, text, values="level", timezone="Europe/Berlin")
    assert sorted(by_hour(imported)) == ["2024-03-31T00:00:00Z", "2024-03-31T01:00:00Z"]
    assert imported.report.rejected == {"at a time that the clock skipped": 1}


def test_times_with_a_zone_are_not_of_the_option(bench):
    imported = load(bench, lines("2024-05-01 10:00,1", "2024-05-01T09:00:00Z,2"), timezone="Europe/Berlin")
    assert by_hour(imported) == {"2024-05-01T08:00:00Z": 1, "2024-05-01T09:00:00Z": 2}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("yesterday,5", "time is not a time"),
        ("2024-05-01T12:00:00Z,", "n is empty"),
        ("2024-05-01T12:00:00Z,many", "n is not a number"),
        ("2024-05-01T12:00:00Z,NaN", "n is not a number"),
        ("2024-05-01T12:00:00Z,-1", "n is negative"),
        ("2024-05-01T10:00:00Z,7", "another number for the same time"),
        ("2024-05-01T12:00:00Z,1,2", "more cells than the header"),
    ],
)
def test_what_is_no_reading_is_refused_with_its_reason(bench, row, reason):
    imported = load(bench, lines("2024-05-01T10:00:00Z,1", "2024-05-01T11:00:00Z,1", row))
    assert imported.report.rejected == {reason: 1}
    assert imported.report.kept == 2


def test_the_same_reading_again_is_merged(bench):
    imported = load(bench, lines("2024-05-01T10:00:00Z,1", "2024-05-01T10:00:00Z,1", "2024-05-01T11:00:00Z,2"))
    assert (imported.report.kept, imported.report.merged) == (2, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T10:00:00Z,5\n2024-05-01T11:00:00Z,6\n",
        "value,when it was\n5,2024-05-01T10:00:00Z\n6,2024-05-01T11:00:00Z\n",
        "server,Timestamp,online\nA,1714557600,5\nA,1714561200,6\n",
    ],
    ids=["no header", "any names", "another column"],
)
def test_the_columns_are_found(bench, text):
    assert by_hour(load(bench, text)) == {"2024-05-01T10:00:00Z": 5, "2024-05-01T11:00:00Z": 6}


def test_several_columns_of_numbers_need_a_choice(bench):
    text = "at,men,women\n2024-05-01T10:00:00Z,5,6\n"
    assert "men, women all hold numbers" in bench.error(NAME, "hourly_users", text)
    assert by_hour(load(bench, text, {"users": "women"})) == {"2024-05-01T10:00:00Z": 6}


def test_days_are_no_hours(bench):
    text = lines(*(f"2024-05-{day:02},5" for day in range(1, 9)))
    assert "time is not a time" in bench.error(NAME, "hourly_users", text)
    text = lines(*(f"2024-05-{day:02}T00:00:00Z,5" for day in range(1, 9)))
    assert "a reading every 24 hours" in bench.error(NAME, "hourly_users", text)
