"""The sheets of activity: the datasets' audience until the store holds a session, and then the store's."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from audience_of import new_store
from collector_client import collecting, event, user
from small_models import small_project, small_shelf

from refrain.project import Project
from tasks.audience.known import HOURLY
from tasks.collected.opening import store_in
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.audience import now as audience_now
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
"""When the collector of the tests believes that it is."""


@pytest.fixture(scope="module")
def hours_only(tmp_path_factory):
    """A small project with the snapshot of audience.hourly alone, to be looked at only."""
    return small_project(tmp_path_factory.mktemp("hours"), [HOURLY])


@pytest.fixture(scope="module")
def shelf(hours_only):
    return small_shelf(hours_only, [HOURLY])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The folder of an empty store of events, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    new_store(folder).close()
    return folder


@pytest.fixture
def events(prepared, tmp_path):
    opened = store_in(Path(shutil.copy(prepared / "events.db", tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch):
    def is_now(moment):
        monkeypatch.setattr(audience_now, "now", lambda: moment)

    is_now(NOW)
    return is_now


@pytest.fixture
def sheets(hours_only, shelf, events):
    return Sheets(Material(hours_only, shelf, events))


def rows(sheets, name, **asked):
    return sheets.find(find_sheet(name), Asked(**asked)).made


def log(store, *events, registered=False):
    with collecting(store) as client:
        assert registered or client.post("/register-user", json=user()).status_code == 201
        for one in events:
            assert client.post("/log-event", json=one).status_code in (201, 202)


def test_without_a_session_in_the_store_they_speak_of_the_datasets(sheets, clock):
    found = rows(sheets, "activity")
    last, before = found.rows.to_dicts()
    assert (last["source"], last["span"], before["span"]) == ("datasets", "last 7 days", "7 days before")
    assert last["until"].year == 2024  # the end of the data, whatever the clock says
    assert last["minutes_per_user_and_day"] == pytest.approx(last["watch_minutes"] / last["users"] / 7, abs=1e-5)
    assert "datasets" in found.notes[0]
    days = rows(sheets, "activity_days").rows
    assert days["sessions"].sum() == last["sessions"]


def test_an_event_that_is_logged_is_in_the_next_rows_and_the_datasets_are_not(sheets, events, clock):
    assert rows(sheets, "top_shows").rows["source"][0] == "datasets"
    log(events, event(), event(login_time="2026-04-30T10:00:00Z", content_watched=["s2"], total_watch_time=27.5))
    found = rows(sheets, "activity")
    (last,) = found.rows.to_dicts()  # the record does not reach back to the seven days before
    assert (last["source"], last["sessions"], last["users"]) == ("event store", 2, 1)
    assert last["minutes_per_user_and_day"] == pytest.approx(10.0)
    assert any("30 April 2026" in note for note in found.notes)
    assert [(show["show_id"], show["sessions"]) for show in rows(sheets, "top_shows").rows.to_dicts()] == [
        ("s2", 2),
        ("s1", 1),
    ]
    assert rows(sheets, "activity_days").rows["sessions"].to_list() == [0, 0, 0, 0, 0, 1, 1]


def test_a_week_without_a_session_has_days_and_no_show(sheets, events, clock):
    log(events, event(login_time="2026-03-01T10:00:00Z"))
    last = rows(sheets, "activity").rows.to_dicts()[0]
    assert (last["source"], last["sessions"], last["minutes_per_user_and_day"]) == ("event store", 0, None)
    assert last["newest_session"] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert rows(sheets, "activity_days").rows["sessions"].to_list() == [0] * 7
    assert rows(sheets, "top_shows").rows.is_empty()


def test_a_held_session_changes_nothing(sheets, events, clock):
    log(events, event(user_id="nobody"))
    assert rows(sheets, "activity").rows["source"].to_list()[0] == "datasets"


def test_a_title_that_is_registered_later_is_told(sheets, events, clock):
    log(events, event())
    assert rows(sheets, "top_shows").rows["title"][0] == "s1"
    with collecting(events) as client:
        show = {
            "show_id": "s1",
            "title": "A show",
            "genre": None,
            "duration_min": 30,
            "released_at": None,
            "rating": None,
        }
        assert client.post("/register-show", json=show).status_code == 201
    assert rows(sheets, "top_shows").rows["title"][0] == "A show"


def test_the_hours_ahead_follow_the_last_day_that_is_over(sheets, clock):
    found = rows(sheets, "hours_ahead")
    past, ahead = found.rows.partition_by("kind", maintain_order=True)
    assert (past["kind"][0], ahead["kind"][0]) == ("past", "ahead")
    assert (len(past), len(ahead)) == (168, 24)
    assert ahead["hour"][0] - past["hour"][-1] == timedelta(hours=1)
    assert ahead["local"][0].endswith("00:00")
    assert ahead["users"].null_count() == 24
    for level in (80, 95):
        assert (ahead[f"low_{level}"] <= ahead["expected"]).all()
        assert (ahead["expected"] <= ahead[f"high_{level}"]).all()
    assert (ahead["low_95"] <= ahead["low_80"]).all()
    by_clock = {row["local"][-5:]: row["users"] for row in past.head(24).to_dicts()}
    assert ahead["week_ago"].to_list() == [by_clock[row["local"][-5:]] for row in ahead.to_dicts()]
    assert [model.is_baseline for model in found.models] == [False, True]


def test_the_hours_ahead_of_the_store_follow_its_last_day(sheets, events, clock):
    days = range(10, 31)
    log(events, *(event(login_time=f"2026-04-{day}T10:00:00Z", total_watch_time=60.0) for day in days))
    found = rows(sheets, "hours_ahead").rows
    assert set(found["source"]) == {"event store"}
    assert found["as_of"][0] == date(2026, 4, 30)
    past, ahead = found.partition_by("kind", maintain_order=True)
    watched = past.filter(pl.col("users") > 0)["local"].to_list()
    assert watched == [f"2026-04-{day} 12:00" for day in range(24, 31)]  # ten o'clock in Berlin's summer
    assert ahead.filter(pl.col("week_ago") > 0)["local"].to_list() == ["2026-05-01 12:00"]
    log(events, event(login_time="2026-04-30T15:00:00Z", total_watch_time=30.0), registered=True)
    again = rows(sheets, "hours_ahead").rows.filter(kind="past", local="2026-04-30 17:00")
    assert again["users"].to_list() == [1.0]


def test_a_store_of_a_day_says_that_its_record_is_too_short(sheets, events, clock):
    log(events, event())
    assert "too short" in rows(sheets, "hours_ahead").missing


def test_a_project_without_anything_says_what_to_run(hours_only, shelf, tmp_path):
    shutil.copy(hours_only.params_file, tmp_path / "params.yaml")
    empty = Sheets(Material(Project(tmp_path), shelf, None))
    for name in ("activity", "activity_days", "top_shows", "hours_ahead"):
        assert "refrain run audience" in rows(empty, name).missing, name
