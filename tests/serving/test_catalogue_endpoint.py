"""POST /catalogue/forecast: the forecaster's own numbers, values and sums; what is skipped, warned of and refused."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from small_catalogue import StandIn
from starlette.testclient import TestClient

from features.catalogue import CatalogueSettings
from models.valuation import value_catalogue
from refrain.errors import ModelError
from refrain.settings import ServingSettings
from serving.catalogue.described import EXAMPLE_ANSWER, EXAMPLE_TRACK, EXAMPLE_TRACKS
from serving.catalogue.endpoints import PATH, catalogue_endpoints
from serving.web.endpoint import Call, Endpoint, documented
from serving.web.problems import ProblemError
from tasks.champions.loaded import ServedModel
from tasks.forecasting.forecaster import TARGET, Forecaster, Forecasts
from tasks.forecasting.histories import day_of, histories, starts_of
from tasks.records import LearnedRecord

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMITS = ServingSettings(max_tracks=20, max_days=500)
WEEK = [100, 110, 90, 95, 120, 150, 140]
BEGUN = "2026-05-01"


class Shelf:
    """Serves one model, or none."""

    def __init__(self, model: Any = None, version: int = 7, is_baseline: bool = False) -> None:
        self.model = model
        served = ServedModel(
            target=TARGET,
            name="stand-in",
            family="baseline" if is_baseline else "segments",
            version=version,
            is_baseline=is_baseline,
            learned_until=date(2025, 12, 31),
        )
        learned = LearnedRecord(rows=9, mean_label=1.0, ranges={"s30": (0.0, 5000.0), "month_ahead": (1.0, 24.0)})
        named = SimpleNamespace(name="stand-in", version=version)
        self.champion = SimpleNamespace(model=model, version=named, served=served, learned=learned)

    def of(self, target: str) -> Any:
        assert target == TARGET
        if self.model is None:
            raise ModelError("There is no champion.")
        return SimpleNamespace(champion=self.champion)


def endpoint(shelf: Any = None, **more: Any) -> Endpoint:
    (found,) = catalogue_endpoints(shelf or Shelf(StandIn()), LIMITS, clock=lambda: NOW, **more)
    return found


def client_of(one: Endpoint) -> TestClient:
    app = FastAPI()
    app.include_router(documented([one], 1_000_000))
    return TestClient(app)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with client_of(endpoint()) as opened:
        yield opened


def track(name: str = "t1", weeks: int = 10, **more: Any) -> dict[str, Any]:
    return {"track_id": name, "release_date": BEGUN, "daily": WEEK * weeks, **more}


def asked(client: TestClient, body: Any, status: int = 200) -> Any:
    answer = client.post(PATH, content=body if isinstance(body, str | bytes) else json.dumps(body))
    assert answer.status_code == status, answer.text
    return answer.json()


def faults(client: TestClient, body: Any) -> dict[str, str]:
    found = asked(client, body, 422)["errors"]
    assert all(fault["hint"] for fault in found)
    return {fault["field"]: fault["reason"] for fault in found}


def said_by_library(tracks: list[dict[str, Any]], as_of: date, months: int) -> Forecasts:
    """The library's forecast of tracks that have all their days since their release date."""
    lengths = np.array([len(one["daily"]) for one in tracks])
    released = [day_of(date.fromisoformat(one["release_date"])) for one in tracks]
    known = histories(
        np.array([one["track_id"] for one in tracks], dtype=object),
        starts_of(lengths),
        np.concatenate([start + np.arange(length) for start, length in zip(released, lengths, strict=True)]).astype(
            "i4"
        ),
        np.concatenate([one["daily"] for one in tracks]).astype(np.int64),
        release_days=np.array(released, dtype=float),
        mldr=np.array([one.get("mldr", np.nan) for one in tracks]),
        artists=np.array([one["artist"] for one in tracks]),
    )
    return Forecaster(StandIn()).forecast(known, as_of, months)


TRACKS = [
    track("a", 10, artist_id="x", mldr=0.02),
    track("b", 14, artist_id="x"),
    track("c", 12, artist_id="y", release_date="2026-05-15"),
]


def test_numbers_sums_and_values_are_the_librarys(client):
    found = asked(client, {"tracks": TRACKS, "months": 5, "rate": 0.004, "discount": 0.1})
    artists = np.array([0, 0, 1])
    said = said_by_library(
        [{**one, "artist": code} for one, code in zip(TRACKS, artists, strict=True)], date(2026, 8, 6), 5
    )
    worth = value_catalogue(
        said.values, said.totals, artists, rate=0.004, yearly_discount=0.1, common_share=1.0, months_a_year=365 / 30
    )
    assert found["as_of"] == "2026-08-06"
    for place, one in enumerate(found["predictions"]):
        assert one["track_id"] == TRACKS[place]["track_id"]
        assert one["prediction"] == said.values[place, :, 0].tolist()
        assert one["interval_80"] == said.values[place, :, 1:3].tolist()
        assert one["interval_95"] == said.values[place, :, 3:].tolist()
        assert numbers(one["total"]) == said.totals[place].tolist()
        assert numbers(one["value"]) == worth.tracks[place].tolist()
    assert numbers(found["value"]) == pytest.approx(worth.catalogue.tolist())
    assert [numbers(one) for one in found["value"]["artists"]] == worth.artists.tolist()
    assert numbers(found["total"])[0] == pytest.approx(said.totals[:, 0].sum())
    assert found["model"]["version"] == 7
    assert found["months"][0] == {"first": "2026-08-07", "last": "2026-09-05"}
    assert len(found["months"]) == 5


def numbers(amount: dict[str, Any]) -> list[float]:
    return [amount["prediction"], *amount["interval_80"], *amount["interval_95"]]


def test_one_track_is_answered_flat_and_as_among_others(client):
    alone = asked(client, {**TRACKS[0], "months": 3})
    among = asked(client, {"tracks": [TRACKS[0]], "months": 3})
    (one,) = among["predictions"]
    assert {name: alone[name] for name in one} == one
    assert alone["model"] == among["model"]
    assert alone["imputed"] == []
    assert asked(client, {"track_id": "t", "last_day": "2026-07-01", "daily": WEEK * 8})["imputed"] == [
        "release_date",
        "mldr",
    ]


def test_days_are_counted_from_the_first_or_back_from_the_last(client):
    named = {"track_id": "t", "daily": WEEK * 10}
    first, last = (asked(client, {**named, **day}) for day in ({"first_day": BEGUN}, {"last_day": "2026-07-09"}))
    assert first["as_of"] == last["as_of"] == "2026-07-09"
    assert first["prediction"] == last["prediction"]


def test_a_day_that_is_null_is_not_known_and_none_is_zero(client):
    whole = track(weeks=10)
    zero, unknown = ({**whole, "daily": [*whole["daily"][:-10], day, *whole["daily"][-9:]]} for day in (0, None))
    assert asked(client, zero)["prediction"][0] == pytest.approx((sum(zero["daily"][-30:])) * np.exp(-1 / 30))
    assert asked(client, unknown)["prediction"][0] == 0.0  # 30 days of which one is not known
    assert asked(client, {**whole, "daily": [*whole["daily"], None, None]})["as_of"] == "2026-07-09"


def test_nothing_later_than_as_of_is_read(client):
    early, late = track(weeks=10), track(weeks=12)
    now = asked(client, {**early, "as_of": "2026-07-09"})
    assert asked(client, {**late, "as_of": "2026-07-09"}) == now
    not_out_yet = {**track(weeks=8), "first_day": BEGUN, "as_of": "2026-06-20"}
    later, unknown = (asked(client, {**not_out_yet, "release_date": day}) for day in ("2026-08-01", None))
    assert later["prediction"] == unknown["prediction"]
    assert (later["segment"], unknown["segment"]) == (None, None)
    assert asked(client, not_out_yet)["segment"][:3] == [1, 2, 2]  # of age 2, 3 and 4 months


def test_tracks_that_cannot_be_forecast_are_named_with_the_reason(client):
    body = {
        "tracks": [
            track("good", 10),
            {"track_id": "old", "last_day": "2025-01-01", "daily": WEEK * 8},
            {"track_id": "counter", "last_day": "2026-07-09", "daily": list(range(60))},
            {"track_id": "half", "last_day": "2026-07-09", "daily": [*WEEK * 8, 1.5]},
            track("from the future", 40),
            {"track_id": "nothing", "daily": []},
        ],
        "as_of": "2026-07-09",
    }
    found = asked(client, body)
    assert [one["track_id"] for one in found["predictions"]] == ["good"]
    reasons = {one["track_id"]: one["reason"] for one in found["skipped"]}
    assert reasons.keys() == {"old", "counter", "half", "from the future", "nothing"}
    assert "recent" in reasons["old"]
    assert "counter" in reasons["counter"]
    assert "whole" in reasons["half"]
    assert "after they were received" in reasons["from the future"]
    assert "no counts" in reasons["nothing"]
    assert "recent" in faults(client, {**body["tracks"][1], "as_of": "2026-01-01"})["daily"]


def test_what_the_model_has_never_seen_is_warned_about(client):
    big = {**track("big"), "daily": [day * 1000 for day in WEEK * 10]}
    found = asked(client, {"tracks": [track("t"), big], "months": 30})
    assert found["predictions"][0]["warnings"] == []
    (warning,) = found["predictions"][1]["warnings"]
    assert warning["field"] == "s30"
    assert "above" in warning["message"]
    assert [warning["field"] for warning in found["warnings"]] == ["months"]
    assert [warning["field"] for warning in asked(client, {**big, "months": 25})["warnings"]] == ["s30", "months"]


def test_rates_by_country_are_blended(client):
    one = asked(client, {**track(), "rate": 0.003})
    blended = asked(client, {**track(), "rates": {"US": 0.005, "other": 0.001}, "shares": {"US": 1, "DE": 1}})
    assert numbers(blended["value"]) == pytest.approx(numbers(one["value"]))
    assert asked(client, track())["value"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("[]", "body"),
        ("{", "body"),
        ("{}", "track_id"),
        ('{"tracks": []}', "tracks"),
        ('{"tracks": [5]}', "tracks[0]"),
        ({"tracks": [track(), {"track_id": "u"}]}, "tracks[1].daily"),
        ({"tracks": [track(), {**track("u"), "daily": [1, "2"]}]}, "tracks[1].daily[1]"),
        ({"tracks": [track(), {**track("u"), "daily": [1, True]}]}, "tracks[1].daily[1]"),
        ({"tracks": [track(), {**track("u"), "daily": [1, -2]}]}, "tracks[1].daily[1]"),
        ('{"track_id": "t", "first_day": "2026-05-01", "daily": [NaN]}', "daily[0]"),
        ('{"track_id": "t", "first_day": "2026-05-01", "daily": [1e999]}', "daily[0]"),
        ({**track(), "daily": [1e13]}, "daily[0]"),
        ({"tracks": [track(), track()]}, "tracks[1].track_id"),
        ({"tracks": [track(str(number)) for number in range(21)]}, "tracks"),
        (track(weeks=100), "daily"),
        ({**track(), "first_day": BEGUN, "last_day": BEGUN}, "last_day"),
        ({"track_id": "t", "daily": [1]}, "first_day"),
        ({**track(), "release_date": "yesterday"}, "release_date"),
        ({**track(), "release_date": 20000}, "release_date"),
        ({**track(), "release_date": "1066-10-14"}, "release_date"),
        ({**track(), "track_id": ""}, "track_id"),
        ({**track(), "track_id": 7}, "track_id"),
        ({**track(), "mldr": "fast"}, "mldr"),
        ({**track(), "months": 0}, "months"),
        ({**track(), "months": 401}, "months"),
        ({**track(), "months": 2.5}, "months"),
        ({**track(), "rate": -1}, "rate"),
        ({**track(), "rate": 1, "rates": {"US": 1}, "shares": {"US": 1}}, "rates"),
        ({**track(), "rates": {"US": 1}}, "shares"),
        ({**track(), "shares": {"US": 1}}, "rates"),
        ({**track(), "rates": {"US": 1}, "shares": {"DE": 1}}, "rates"),
        ({**track(), "rates": {"US": 1}, "shares": {"US": 0}}, "shares"),
        ({**track(), "rates": {"secret\n": "x"}, "shares": {"US": 0}}, "rates.a field"),
        ({**track(), "discount": -1}, "discount"),
        ({**track(), "popularity": 3}, "popularity"),
        ({**track(), "no name at all": 3}, "a field"),
        ({"tracks": [{**track(), "days": 3}]}, "tracks[0].days"),
        ({"tracks": [track()], "track_id": "t"}, "track_id"),
    ],
)
def test_a_bad_field_is_named_with_its_track(client, body, field):
    assert field in faults(client, body)


def test_many_faults_are_only_counted():
    body = {"tracks": [{"track_id": str(number)} for number in range(10_001)]}
    with client_of(endpoint()) as client:
        assert "10,001 faults" in faults(client, body)["body"]


def test_without_a_champion_it_is_503():
    with client_of(endpoint(Shelf(None))) as client:
        answer = client.post(PATH, json=track())
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_a_forecast_that_takes_too_long_is_503():
    limits = ServingSettings(seconds_to_answer=0.05)
    (slow,) = catalogue_endpoints(Shelf(StandIn(seconds=0.5)), limits, clock=lambda: NOW)
    with pytest.raises(ProblemError, match="in time"):
        asyncio.run(slow.answer(Call(json.dumps(track()).encode(), {}, {}, "r")))


def test_another_version_answers_as_soon_as_it_is_served():
    shelf = Shelf(StandIn())
    with client_of(endpoint(shelf)) as client:
        assert asked(client, track())["model"]["version"] == 7
        shelf.champion = Shelf(StandIn(), version=8, is_baseline=True).champion
        model = asked(client, track())["model"]
    assert (model["version"], model["is_baseline"]) == (8, True)


def test_a_model_that_says_no_number_is_not_believed():
    class Lost(StandIn):
        def curves(self, tracks: Any, months: int) -> Any:
            said = super().curves(tracks, months)
            said[0, -1, 4] = np.inf
            return said

    with client_of(endpoint(Shelf(Lost()))) as client:
        found = asked(client, {"tracks": TRACKS})
    assert [one["track_id"] for one in found["predictions"]] == ["b", "c"]
    assert "finite" in found["skipped"][0]["reason"]


def test_what_is_kept_of_a_forecast_is_what_was_said():
    offers = []
    log: Any = SimpleNamespace(offer=lambda *offer: offers.append(offer))
    with client_of(endpoint(log=log)) as client:
        found = asked(client, {"tracks": TRACKS[:2], "months": 3})
    ((_, model, rows, answers, keys),) = offers
    assert model.version == 7
    assert answers[:, 0].tolist() == [month for one in found["predictions"] for month in one["prediction"]]
    assert rows.column("month_ahead").tolist() == [1, 2, 3] * 2
    assert rows.column("s30")[3:].tolist() == [sum((WEEK * 5)[-30:])] * 3
    assert np.isnan(rows.column("s30")[:3]).all()
    assert [key["track_id"] for key in keys] == ["a"] * 3 + ["b"] * 3


def test_a_reply_says_what_was_predicted():
    body = json.dumps({"tracks": [*TRACKS, track("old", as_of=None) | {"release_date": "2020-01-01"}]}).encode()
    broken = json.loads(body)
    del broken["tracks"][3]["as_of"]
    reply = asyncio.run(endpoint().answer(Call(json.dumps(broken).encode(), {}, {}, "r")))
    (predicted,) = reply.predicted
    assert (predicted.target, predicted.version, predicted.rows) == (TARGET, 7, 3)
    assert (predicted.imputed, predicted.warned) == (2, 0)


@pytest.mark.parametrize("example", [EXAMPLE_TRACK, EXAMPLE_TRACKS])
def test_the_examples_are_answered_as_described(client, example):
    one = endpoint()
    Draft202012Validator(one.body).validate(example)
    Draft202012Validator(one.answers).validate(asked(client, example))
    Draft202012Validator(one.answers).validate(EXAMPLE_ANSWER)


def test_a_snapshot_of_calendar_months_is_asked_for_such():
    (calendar,) = catalogue_endpoints(Shelf(StandIn()), LIMITS, CatalogueSettings(months="calendar"), clock=lambda: NOW)
    with client_of(calendar) as client:
        assert asked(client, track())["months"][0] == {"first": "2026-08-01", "last": "2026-08-31"}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_COUNTS = st.lists(st.none() | st.integers(0, 10**12) | st.floats(0, 1e12), max_size=60)
_DAYS = st.none() | st.sampled_from([BEGUN, "2026-06-30", "1899-12-31"]) | st.dates().map(str)
_OPTIONS = {
    "months": st.integers(1, 400),
    "as_of": _DAYS,
    "rate": st.none() | st.floats(0, 1),
    "discount": st.floats(-0.9, 2),
}
_NEEDED = {"track_id": st.sampled_from(["a", "b", "c"]), "daily": _COUNTS, "last_day": _DAYS}
_OPTIONAL = {
    "release_date": _DAYS,
    "mldr": st.none() | st.floats(-10, 10),
    "artist_id": st.none() | st.sampled_from(["x", "y"]),
}
_TRACKS = st.fixed_dictionaries(_NEEDED, optional=_OPTIONAL)


@settings(max_examples=150, deadline=None)
@given(
    body=_ANY
    | st.fixed_dictionaries({"tracks": st.lists(_TRACKS | _ANY, max_size=3)}, optional=_OPTIONS)
    | st.fixed_dictionaries({"tracks": st.lists(_TRACKS, max_size=3, unique_by=str)}, optional=_OPTIONS)
    | st.fixed_dictionaries(_NEEDED, optional={**_OPTIONAL, **_OPTIONS, "month": _ANY})
)
def test_no_body_is_answered_with_a_fault_of_ours(client, body):
    answer = client.post(PATH, content=json.dumps(body))
    assert answer.status_code in (200, 422)
    assert "NaN" not in answer.text
