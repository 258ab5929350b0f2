"""The hours ahead over HTTP: the library's own amounts, what is usual, what came; and the process that makes them."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import pytest
from audience_of import NOW, ask, endpoints_of, fill, models_of, new_store
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from refrain.errors import ModelError
from refrain.project import Project
from refrain.settings import ServingSettings
from serving.audience.asking import registered
from serving.audience.endpoints import HOURS, PREDICT, audience_endpoints
from serving.audience.figures import FiguresBeside
from serving.web.endpoint import Endpoint
from tasks.audience.in_store import StoredAudience
from tasks.audience.known import HOURLY, AudienceSettings
from tasks.champions.shelf import Shelf
from tasks.churn_figures import CHURN, read_users
from tasks.kinds.registry import kind_of
from tasks.tracking import open_store

DAY, DAY_BEFORE_SHORT, LAST = date(2024, 12, 10), date(2024, 3, 30), date(2024, 12, 31)


@pytest.fixture(scope="module")
def embedded(small_data: Project, small_registry: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Endpoint:
    """With an empty store."""
    return endpoints_of(small_data, small_registry, new_store(tmp_path_factory.mktemp("empty")))[HOURS]


@pytest.fixture(scope="module")
def snapshot(small_data: Project) -> pd.DataFrame:
    return pd.read_parquet(small_data.snapshot(HOURLY)).sort_values("hour")


def rows_of(snapshot: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return snapshot[snapshot["as_of"] == as_of].reset_index(drop=True)


def said_by(shelf: Shelf, rows: pd.DataFrame, which: str) -> Any:
    loaded = getattr(shelf.of(HOURLY), which)
    asked = models_of(shelf)(HOURLY, loaded.version.version)
    return kind_of(asked.target).ask(asked.model, rows[list(asked.target.features)].astype(float))


@pytest.mark.parametrize("as_of", [DAY, DAY_BEFORE_SHORT, date(2024, 10, 26)])
def test_the_hours_ahead_are_the_librarys_with_what_is_usual_and_what_came(embedded, small_registry, snapshot, as_of):
    found = ask(embedded, query={"at": str(as_of)})
    rows = rows_of(snapshot, as_of)
    assert (found["source"], found["as_of"], found["timezone"]) == ("datasets", str(as_of), "Europe/Berlin")
    hours = found["hours"]
    assert len(hours) == (25 if as_of == date(2024, 10, 26) else 24)
    assert [pd.Timestamp(one["hour"]).tz_localize(None) for one in hours] == list(rows["hour"])
    said, usual = said_by(small_registry, rows, "champion"), said_by(small_registry, rows, "baseline")
    assert [[one["prediction"], *one["interval_80"], *one["interval_95"]] for one in hours] == said.tolist()
    assert [one["usual"] for one in hours] == usual[:, 0].tolist()
    assert [one["actual"] for one in hours] == rows["label"].tolist()
    assert found["usual_model"]["is_baseline"]


def test_the_seven_days_before_are_those_that_came(embedded, snapshot):
    past = ask(embedded, query={"at": str(DAY)})["past"]
    assert len(past) == 7 * 24
    came = snapshot.drop_duplicates("hour").set_index("hour")["label"]
    assert [one["users"] for one in past] == [came[pd.Timestamp(one["hour"]).tz_localize(None)] for one in past]
    assert past[-1]["hour"] == "2024-12-10T22:00:00Z"  # an hour before midnight in Berlin


def test_of_the_last_day_there_is_what_was_known_at_its_end(embedded, snapshot):
    found = ask(embedded)
    assert found["as_of"] == str(LAST)  # the day after is not over, although the last session ended in it
    last = found["past"][-24:]
    known = rows_of(snapshot, LAST).set_index("hour_of_day")["days_ago_1"]
    final = rows_of(snapshot, date(2024, 12, 30)).set_index("hour_of_day")["label"]
    expected = final.where(final.notna(), known).reindex(range(24))
    assert final.isna().any()
    assert [one["users"] for one in last] == expected.tolist()


@pytest.mark.parametrize("store_address", ["sqlite", "postgresql"], indirect=True)
def test_the_store_says_what_the_datasets_say(store, embedded, small_data, small_registry):
    fill(store, small_data)
    endpoints = endpoints_of(small_data, small_registry, store)
    found, same = (ask(endpoint, query={"at": str(DAY)}) for endpoint in (endpoints[HOURS], embedded))
    assert (found["source"], same["source"]) == ("event store", "datasets")
    for one, other in zip(found["hours"], same["hours"], strict=True):
        # What came is not looked up in the store: it did not know it then.
        assert {**one, "actual": None} == {**other, "actual": None}
    assert found["past"][:-48] == same["past"][:-48]
    users = list(read_users(small_data.snapshot(CHURN), date(2024, 12, 8)).rows["user_id"].head(5))
    churn = ask(endpoints[PREDICT], {"user_ids": users, "at": "2024-12-08"})
    assert [one["user_id"] for one in churn["predictions"]] == users


def test_at_picks_the_last_day_that_was_over(embedded):
    for at, as_of in {
        "2024-12-10T22:59:59Z": "2024-12-09",
        "2024-12-11T00:00:00+01:00": "2024-12-10",
        "2024-12-10": "2024-12-10",
        "2030-01-01": "2025-01-01",
    }.items():
        assert ask(embedded, query={"at": at})["as_of"] == as_of


def test_before_the_data_and_what_is_no_day_is_refused(embedded, small_data, small_registry, filled):
    stored = endpoints_of(small_data, small_registry, filled)[HOURS]
    for endpoint in (embedded, stored):
        for at in ("2001-01-01", "soon", ""):
            problem = ask(endpoint, query={"at": at})
            assert problem.status == 422
            assert [error.field for error in problem.errors] == ["at"]
            assert all(error.hint for error in problem.errors)
    assert ask(embedded, query={"hours": "3"}).status == 422


def test_without_data_or_model_it_is_503(small_data, small_registry, tmp_path):
    bare = Project(tmp_path)
    (tmp_path / "params.yaml").write_text(small_data.params_file.read_text())
    store = new_store(tmp_path)
    assert ask(endpoints_of(bare, small_registry, store)[HOURS]).status == 503
    assert ask(endpoints_of(small_data, Shelf(small_registry.store, [HOURLY]), store)[HOURS]).status == 503


def test_a_record_that_is_too_short_tells_nothing_yet(small_data, tmp_path):
    store = new_store(tmp_path)
    with store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO collected_users (user_id, registered_at, country, subscription, received_at) "
            "VALUES ('u', 1, 'DE', 'basic', 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO collected_events (user_id, login_time, content_watched, total_watch_time, session_digest, "
            "received_at) VALUES ('u', 1735600000, '', 10, 1, 1)"
        )
    audience = StoredAudience(store, AudienceSettings.of(small_data), lambda: NOW)
    for ask_as_of in (audience.churn_as_of, audience.hourly_as_of):
        with pytest.raises(Exception, match="too short"):
            ask_as_of(None)


def test_the_answer_is_as_described(embedded):
    Draft202012Validator(embedded.answers).validate(embedded.example)
    for query in ({}, {"at": str(DAY)}, {"at": "2022-01-20"}):
        Draft202012Validator(embedded.answers).validate(ask(embedded, query=query))


@settings(max_examples=60, deadline=None)
@given(at=st.text(max_size=12) | st.dates().map(str) | st.datetimes(timezones=st.timezones()).map(str))
def test_no_moment_is_answered_with_a_fault_of_ours(embedded, at):
    found = ask(embedded, query={"at": at})
    assert isinstance(found, Mapping) or found.status == 422


def test_a_process_beside_answers_alike_and_ends(small_data, small_registry, tmp_path):
    store = new_store(tmp_path)
    beside = FiguresBeside(store.address, "UTC", 300.0, small_data.root)
    there = {one.path: one for one in audience_endpoints(small_registry, beside, ServingSettings())}
    here = endpoints_of(small_data, small_registry, store)
    users = list(read_users(small_data.snapshot(CHURN), date(2024, 12, 8)).rows["user_id"].head(5))
    body = {"user_ids": [*users, "nobody"], "at": "2024-12-08"}
    try:
        assert ask(there[PREDICT], body) == ask(here[PREDICT], body)
        assert ask(there[PREDICT], {**body, "at": "2001-01-01"}).status == 422
        assert ask(there[HOURS]).status == 503  # in whose project no model is registered
        assert json.loads(beside.at(NOW, 3))["sessions"] == 0
        process = beside.beside.process
        assert process is not None
        process.kill()
        assert ask(there[PREDICT], body).status == 503
        assert ask(there[PREDICT], body)["as_of"] == "2024-12-08"
    finally:
        beside.close()
    assert beside.beside.process is None
    assert process.poll() is not None


def test_models_come_from_the_registry_by_their_version(registered_project):
    models, shelf = registered(registered_project), Shelf(open_store(registered_project), ["breakout.core"])
    shelf.refresh()
    champion = shelf.of("breakout.core").champion
    found = models("breakout.core", champion.version.version)
    assert found.served == champion.served
    assert models("breakout.core", champion.version.version) is found
    with pytest.raises(ModelError, match="no version 99"):
        models("breakout.core", 99)
