"""Who may leave, over HTTP: the library's own numbers, from the datasets and from the store; what is refused."""

import json
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from audience_of import ask, endpoints_of, fill, models_of, new_store
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from refrain.project import Project
from serving.audience.endpoints import PREDICT, SUMMARY
from serving.web.endpoint import Endpoint
from serving.web.problems import ProblemError
from tasks.champions.shelf import Shelf, Shown
from tasks.churn_figures import CHURN, REASON, churn_figures, explained, read_users
from tasks.collected.store import EventStore

WEEK_END, SUNDAY = date(2024, 12, 29), date(2024, 12, 8)
Endpoints = Mapping[str, Endpoint]


@pytest.fixture(scope="module")
def embedded(small_data: Project, small_registry: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Endpoints:
    """With an empty store."""
    return endpoints_of(small_data, small_registry, new_store(tmp_path_factory.mktemp("empty")))


@pytest.fixture(scope="module")
def stored(small_data: Project, small_registry: Shelf, filled: EventStore) -> Endpoints:
    return endpoints_of(small_data, small_registry, filled)


def by_library(project: Project, shelf: Shelf, as_of: date, threshold: float | None = None) -> Any:
    """(figures, users, the first ten explained)."""
    models = models_of(shelf)
    churn, reason = (models(name, shelf.of(name).champion.version.version) for name in (CHURN, REASON))
    day = read_users(project.snapshot(CHURN), as_of)
    figures, users = churn_figures(day, churn, reason, threshold)
    return figures, users, explained(users.head(10), day, churn)[0]


def reasons_of(problem: Any) -> dict[str, str]:
    assert isinstance(problem, ProblemError), problem
    assert problem.status == 422
    assert all(error.hint for error in problem.errors)
    return {error.field: error.reason for error in problem.errors}


@pytest.mark.parametrize("kept", ["embedded", "stored"])
def test_users_are_said_of_what_the_library_says_of_them(kept, request, small_data, small_registry):
    endpoint = request.getfixturevalue(kept)[PREDICT]
    users = by_library(small_data, small_registry, SUNDAY)[1]
    ids = list(users["user_id"])[::-1]
    found = ask(endpoint, {"user_ids": [*ids, "nobody"], "at": str(SUNDAY)}, {"drivers": "3"})
    assert (found["source"], found["as_of"]) == ({"embedded": "datasets", "stored": "event store"}[kept], str(SUNDAY))
    assert [one["user_id"] for one in found["predictions"]] == ids
    assert [one["probability"] for one in found["predictions"]] == pytest.approx(
        list(users["probability"])[::-1], abs=1e-9
    )
    assert found["unanswered"] == [{"user_id": "nobody", "reason": "is not registered"}]
    threshold = found["threshold"]
    for one in found["predictions"]:
        assert one["likely"] == (one["probability"] >= threshold)
        assert sum(one["reasons"].values()) == pytest.approx(1.0)
        assert len(one["contributions"]) <= 3
    likeliest = found["predictions"][-1]
    first = users.iloc[0]
    assert likeliest["reason"] == first["reason"]
    assert likeliest["reasons"]["price"] == pytest.approx(first["reason_price"], abs=1e-9)


def test_a_record_of_the_same_features_is_answered_alike(embedded, small_data):
    rows = read_users(small_data.snapshot(CHURN), SUNDAY).rows.head(2)
    numeric = rows.drop(columns=["as_of", "label", "label_known_at"])
    records = [{name: value for name, value in row.items() if not pd.isna(value)} for row in numeric.to_dict("records")]
    ids = list(rows["user_id"])
    by_id = ask(embedded[PREDICT], {"user_ids": ids, "at": str(SUNDAY)})
    by_record = ask(embedded[PREDICT], {"records": records})
    for one, other in zip(by_id["predictions"], by_record["predictions"], strict=True):
        assert {name: one[name] for name in other} == other
    single = ask(embedded[PREDICT], records[0])
    assert single["probability"] == by_record["predictions"][0]["probability"]
    assert single["model"] == by_record["model"]
    assert "source" not in single


def test_a_large_request_is_answered_whole_and_in_order(embedded):
    records = [
        {"sessions_28": number % 40, "days_since_last": number % 27, "user_id": f"u{number}"} for number in range(900)
    ]
    found = ask(embedded[PREDICT], {"records": records}, {"drivers": "1"})["predictions"]
    assert [one["user_id"] for one in found] == [record["user_id"] for record in records]
    for place in (0, 511, 512, 899):
        alone = ask(embedded[PREDICT], records[place], {"drivers": "1"})
        assert alone["probability"] == pytest.approx(found[place]["probability"], abs=1e-9)
        assert alone["reasons"] == pytest.approx(found[place]["reasons"], abs=1e-9)
        assert alone["contributions"][0]["feature"] == found[place]["contributions"][0]["feature"]


@pytest.mark.parametrize("kept", ["embedded", "stored"])
def test_whoever_has_no_row_is_told_why(kept, request, small_data):
    users = pd.read_csv(small_data.raw("users"), parse_dates=["registered_at", "cancelled_at"])
    there = set(read_users(small_data.snapshot(CHURN), SUNDAY).rows["user_id"])
    left = users[users["cancelled_at"] < "2024-06-01"]["user_id"].iloc[0]
    silent = next(user for user in users[users["cancelled_at"].isna()]["user_id"] if user not in there)
    found = ask(request.getfixturevalue(kept)[PREDICT], {"user_ids": [left, silent], "at": str(SUNDAY)})
    assert found["predictions"] == []
    reasons = {one["user_id"]: one["reason"] for one in found["unanswered"]}
    assert reasons == {
        left: f"had said by {SUNDAY} that they leave",
        silent: f"had no session in the 28 days up to {SUNDAY}",
    }


def test_the_threshold_and_the_drivers_are_chosen(embedded, small_data):
    user = read_users(small_data.snapshot(CHURN), WEEK_END).rows["user_id"].iloc[0]
    chosen = ask(embedded[PREDICT], {"user_ids": [user], "threshold": 0.0}, {"drivers": "0"})
    assert chosen["as_of"] == str(WEEK_END)
    (one,) = chosen["predictions"]
    assert (chosen["threshold"], one["likely"]) == (0.0, True)
    assert "contributions" not in one
    (whole,) = ask(embedded[PREDICT], {"user_ids": [user]}, {"drivers": "100"})["predictions"]
    effects = [abs(driver["effect"]) for driver in whole["contributions"]]
    assert effects == sorted(effects, reverse=True)
    assert len(effects) > 5


def test_without_a_model_of_reasons_there_are_none(small_data, small_registry, tmp_path):
    shelf = Shelf(small_registry.store, [CHURN])
    shelf._shown = Shown(loaded={CHURN: small_registry.of(CHURN)})
    endpoints = endpoints_of(small_data, shelf, new_store(tmp_path))
    user = read_users(small_data.snapshot(CHURN), WEEK_END).rows["user_id"].iloc[0]
    found = ask(endpoints[PREDICT], {"user_ids": [user]})
    assert (found["reason_model"], found["predictions"][0]["reasons"]) == (None, None)
    summary = ask(endpoints[SUMMARY])
    assert (summary["reason_model"], summary["reasons"], summary["top_users"][0]["reason"]) == (None, None, None)


def test_without_a_champion_it_is_503(small_data, small_registry, tmp_path):
    endpoints = endpoints_of(small_data, Shelf(small_registry.store, [CHURN]), new_store(tmp_path))
    assert ask(endpoints[PREDICT], {"sessions_28": 3, "days_since_last": 2}).status == 503
    assert ask(endpoints[SUMMARY]).status == 503


@pytest.mark.parametrize("kept", ["embedded", "stored"])
@pytest.mark.parametrize("at", [None, str(SUNDAY), "2024-12-14", "2024-12-09T00:00:00+01:00"])
def test_the_summary_is_the_librarys(kept, at, request, small_data, small_registry):
    found = ask(request.getfixturevalue(kept)[SUMMARY], query={} if at is None else {"at": at})
    # On Monday at midnight in Berlin, Sunday is not over in UTC.
    as_of = {None: WEEK_END, "2024-12-09T00:00:00+01:00": date(2024, 12, 1)}.get(at, SUNDAY)
    figures, users, table = by_library(small_data, small_registry, as_of)
    said = {name: found[name] for name in type(figures).model_fields}
    assert said == figures.model_dump(mode="json")
    assert [user["user_id"] for user in found["top_users"]] == list(users["user_id"].head(10))
    assert [user["probability"] for user in found["top_users"]] == list(users["probability"].head(10))
    assert found["top_users"][0]["drivers"][0]["feature"] == table["driver_1"].iloc[0]
    assert found["top_users"][0]["drivers"][0]["effect"] == pytest.approx(table["effect_1"].iloc[0])


def test_threshold_and_users_of_the_summary(embedded, small_data, small_registry):
    query = {"at": str(SUNDAY), "threshold": "0.05", "users": "3"}
    figures = by_library(small_data, small_registry, SUNDAY, 0.05)[0]
    found = ask(embedded[SUMMARY], query=query)
    assert (found["likely"], found["threshold"], len(found["top_users"])) == (figures.likely, 0.05, 3)
    assert ask(embedded[SUMMARY], query={**query, "users": "0"})["top_users"] == []


def test_what_is_stored_later_is_in_the_next_answer_and_nothing_is_made_twice(
    small_data, small_registry, tmp_path, monkeypatch
):
    store = new_store(tmp_path)
    endpoints = endpoints_of(small_data, small_registry, store)
    assert ask(endpoints[SUMMARY])["source"] == "datasets"
    fill(store, small_data)
    first = ask(endpoints[SUMMARY], query={"at": str(SUNDAY)})
    assert first["source"] == "event store"
    made: list[date] = []
    monkeypatch.setattr(
        "serving.audience.asking.churn_figures", lambda day, *more: made.append(day.as_of) or churn_figures(day, *more)
    )
    assert ask(endpoints[SUMMARY], query={"at": str(SUNDAY)}) == first
    assert made == []
    leaving = first["top_users"][0]["user_id"]
    with store.writing() as connection:
        row = "(user_id, cancelled_at, received_at)"
        connection.exec_driver_sql(
            f"INSERT INTO collected_cancellations {row} VALUES (?, ?, ?)", (leaving, 1_700_000_000, 1_733_000_000)
        )
    second = ask(endpoints[SUMMARY], query={"at": str(SUNDAY)})
    assert made == [SUNDAY]
    assert second["users"] == first["users"] - 1
    assert second["top_users"][0]["user_id"] != leaving


@pytest.mark.parametrize("path", [SUMMARY, PREDICT])
@pytest.mark.parametrize("kept", ["embedded", "stored"])
def test_before_the_data_there_is_nothing(kept, path, request):
    endpoint = request.getfixturevalue(kept)[path]
    asked: dict[str, Any] = {"query": {"at": "2001-01-01"}}
    if path == PREDICT:
        asked = {"body": {"user_ids": ["u"], "at": "2001-01-01"}}
    assert reasons_of(ask(endpoint, **asked)) == {"at": "lies before the data"}


def test_without_data_it_is_503(small_registry, small_data, tmp_path):
    bare = Project(tmp_path)
    (tmp_path / "params.yaml").write_text(small_data.params_file.read_text())
    endpoints = endpoints_of(bare, small_registry, new_store(tmp_path))
    problem = ask(endpoints[SUMMARY])
    assert problem.status == 503
    assert "refrain run audience" in problem.detail
    assert ask(endpoints[PREDICT], {"user_ids": ["u1"]}).status == 503
    assert ask(endpoints[PREDICT], {"sessions_28": 3, "days_since_last": 2})["probability"] > 0


def test_a_store_that_is_away_is_503(small_data, small_registry, tmp_path):
    store = new_store(tmp_path)
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE collected_events")
    problem = ask(endpoints_of(small_data, small_registry, store)[SUMMARY])
    assert (problem.status, "Retry-After" in problem.headers) == (503, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[]", "records"),
        (b"{}", "sessions_28"),
        (b'{"user_ids": [NaN]}', "body"),
        ({"user_ids": []}, "user_ids"),
        ({"user_ids": "u1"}, "user_ids"),
        ({"user_ids": [1]}, "user_ids"),
        ({"user_ids": [""]}, "user_ids"),
        ({"user_ids": ["a\x00"]}, "user_ids"),
        ({"user_ids": ["u1", "u1"]}, "user_ids"),
        ({"user_ids": [str(number) for number in range(1001)]}, "user_ids"),
        ({"user_ids": ["u1"], "at": 5}, "at"),
        ({"user_ids": ["u1"], "at": "2024-13-01"}, "at"),
        ({"user_ids": ["u1"], "at": "yesterday"}, "at"),
        ({"user_ids": ["u1"], "threshold": 2}, "threshold"),
        ({"user_ids": ["u1"], "records": []}, "records"),
        ({"user_ids": ["u1"], "when": 3}, "when"),
        ({"records": [{"sessions_28": 1, "days_since_last": 1, "mood": 1}]}, "mood"),
        ({"records": [{"sessions_28": "many", "days_since_last": 1}]}, "sessions_28"),
        ({"records": [{"sessions_28": 1, "days_since_last": 1}], "threshold": -1}, "threshold"),
    ],
)
def test_a_bad_field_is_named(embedded, body, field):
    assert field in reasons_of(ask(embedded[PREDICT], body))


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (SUMMARY, {"at": "soon"}, "at"),
        (SUMMARY, {"at": "2024/12/29"}, "at"),
        (SUMMARY, {"threshold": "2"}, "threshold"),
        (SUMMARY, {"threshold": "nan"}, "threshold"),
        (SUMMARY, {"users": "-1"}, "users"),
        (SUMMARY, {"users": "1001"}, "users"),
        (SUMMARY, {"top": "5"}, "top"),
        (PREDICT, {"drivers": "many"}, "drivers"),
        (PREDICT, {"at": "2024-12-29"}, "at"),
    ],
)
def test_a_bad_parameter_is_named(embedded, path, query, field):
    body = {"sessions_28": 3, "days_since_last": 2} if path == PREDICT else None
    assert field in reasons_of(ask(embedded[path], body, query))


def test_what_was_said_is_kept(small_data, small_registry, tmp_path):
    offers: list[Any] = []
    log: Any = SimpleNamespace(offer=lambda *offer: offers.append(offer))
    endpoints = endpoints_of(small_data, small_registry, new_store(tmp_path), log=log)
    users = list(read_users(small_data.snapshot(CHURN), WEEK_END).rows["user_id"].head(3))
    found = ask(endpoints[PREDICT], {"user_ids": users})
    assert [offer[1].target for offer in offers] == [CHURN, REASON]
    assert offers[0][3].tolist() == [one["probability"] for one in found["predictions"]]
    assert [keys["user_id"] for keys in offers[0][4]] == users


def test_answers_and_examples_are_as_described(embedded, small_data):
    users = list(read_users(small_data.snapshot(CHURN), WEEK_END).rows["user_id"].head(2))
    for path, endpoint in embedded.items():
        Draft202012Validator(endpoint.answers).validate(endpoint.example)
        if endpoint.body is None:
            Draft202012Validator(endpoint.answers).validate(ask(endpoint))
            continue
        assert path == PREDICT
        for example in [*endpoint.body["examples"], {"user_ids": [*users, "nobody"]}]:
            Draft202012Validator(endpoint.body).validate(example)
            Draft202012Validator(endpoint.answers).validate(ask(endpoint, example))


_ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.text(), max_size=2)
_AT = st.none() | st.text(max_size=12) | st.dates().map(str) | st.datetimes().map(str)


@settings(max_examples=150, deadline=None)
@given(
    body=st.fixed_dictionaries(
        {"user_ids": st.lists(st.sampled_from(["u1", "U0000012"]) | st.text(max_size=4), max_size=3) | _ANY},
        optional={"at": _AT | _ANY, "threshold": st.floats(0, 1) | _ANY},
    )
    | st.fixed_dictionaries({"sessions_28": st.integers(0, 99), "days_since_last": st.integers(0, 99) | _ANY})
    | _ANY
)
def test_no_body_is_answered_with_a_fault_of_ours(embedded, body):
    found = ask(embedded[PREDICT], json.dumps(body).encode())
    assert isinstance(found, dict) or found.status == 422


@settings(max_examples=100, deadline=None)
@given(at=_AT, threshold=st.none() | st.floats().map(str) | st.text(max_size=4))
def test_no_query_is_answered_with_a_fault_of_ours(embedded, at, threshold):
    query = {name: value for name, value in (("at", at), ("threshold", threshold)) if value is not None}
    found = ask(embedded[SUMMARY], query=query)
    assert isinstance(found, dict) or found.status == 422
