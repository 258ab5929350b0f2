"""GET /audience/activity: live figures of the collector's store, and what is wrong said by field."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from refrain.settings import CollectorSettings
from serving.app import collector_app
from serving.audience.activity import PATH
from serving.audience.activity import activity_figures as routes
from serving.audience.figures import FiguresBeside, FiguresHere
from serving.collector.collector import Collector
from tasks.collected.store import EventStore, EventStoreError
from tasks.database.address import address_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def client(store: EventStore) -> Iterator[TestClient]:
    app = collector_app(
        Collector(store, CollectorSettings(), clock=lambda: NOW),
        [routes(FiguresHere(store, "Europe/Berlin"), lambda: NOW)],
    )
    with TestClient(app) as opened:
        yield opened


def register(client: TestClient, name: str) -> None:
    user = {
        "user_id": name,
        "email": None,
        "age": None,
        "country": "DE",
        "registration_date": "2026-01-01",
        "preferred_genre": None,
        "subscription_type": "basic",
    }
    answer = client.post("/register-user", json=user)
    assert answer.status_code == 201, answer.text


def log(client: TestClient, login: str, name: str = "u1", minutes: float = 30.0, shows: str = "s1") -> None:
    event = {
        "user_id": name,
        "login_time": login,
        "content_watched": shows,
        "genres_watched": None,
        "total_watch_time": minutes,
        "num_pauses": 0,
        "buffer_events": 0,
        "was_recommended": False,
    }
    answer = client.post("/log-event", json=event)
    assert answer.status_code in (201, 202), answer.text


def test_an_event_just_logged_is_in_the_next_answer(client):
    register(client, "u1")
    for number in range(3):
        assert client.get(PATH).json()["sessions"] == number
        log(client, f"2026-11-20T1{number}:00:00Z")
    found = client.get(PATH).json()
    assert (found["users"], found["watch_minutes"]) == (1, 90.0)
    assert found["minutes_per_user_and_day"] == pytest.approx(90 / 7, abs=1e-6)
    # Ten to twelve o'clock is eleven to one in Berlin.
    assert [hour["hour"] for hour in found["by_hour"] if hour["sessions"]] == [11, 12, 13]
    assert (found["at"], found["since"]) == ("2026-11-21T12:00:00Z", "2026-11-14T12:00:00Z")


def test_only_what_ended_in_the_seven_days_counts(client):
    register(client, "u1")
    log(client, "2026-11-13T12:30:00Z", minutes=1440.0)  # within, though it began eight days before
    log(client, "2026-11-14T11:00:00Z", minutes=60.0)  # ended when the seven days begin
    log(client, "2026-11-21T11:45:00Z", minutes=30.0)  # has not ended
    assert client.get(PATH).json()["watch_minutes"] == 1440.0
    assert client.get(PATH, params={"at": "2026-11-21T13:15:00+01:00"}).json()["watch_minutes"] == 1470.0
    assert client.get(PATH, params={"at": "2026-11-14"}).json()["sessions"] == 0


def test_shows_are_called_by_their_titles_and_as_many_as_asked_for(client):
    register(client, "u1")
    client.post("/register-show", json=[{"show_id": "s1", "title": "Heat"}, {"show_id": "s2", "title": "Dust"}])
    log(client, "2026-11-20T10:00:00Z", shows="s1|s2")
    log(client, "2026-11-20T11:00:00Z", shows="s2")
    shows = client.get(PATH).json()["top_shows"]
    assert [(show["title"], show["sessions"]) for show in shows] == [("Dust", 2), ("Heat", 1)]
    assert len(client.get(PATH, params={"top": 1}).json()["top_shows"]) == 1


def test_sessions_of_users_who_are_not_registered_wait(client):
    log(client, "2026-11-20T10:00:00Z", name="somebody")
    assert client.get(PATH).json()["sessions"] == 0
    register(client, "somebody")
    assert client.get(PATH).json()["sessions"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("at=yesterday", "at"),
        ("at=", "at"),
        ("at=2026-11-21T12:00:00+02:00", "at"),  # without %2B the + is a space
        ("at=1812-01-01", "at"),
        ("top=0", "top"),
        ("top=101", "top"),
        ("top=%D9%A3", "top"),
        ("when=2026-11-21", "query"),
    ],
)
def test_a_parameter_that_is_not_understood_is_named(client, query, field):
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["hint"]


def test_a_store_that_is_away_is_503(client, store, monkeypatch):
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE collected_events")
    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "Retry-After" in answer.headers


def test_the_figures_are_described(client):
    described = client.get("/openapi.json").json()["paths"][PATH]["get"]
    assert [parameter["name"] for parameter in described["parameters"]] == ["at", "top"]
    assert json.dumps(described).count("application/problem+json") == 2


def test_the_zone_changes_hours_and_nothing_else(client, store):
    register(client, "u1")
    for hours in range(0, 160, 7):
        log(client, (NOW - timedelta(hours=hours + 1)).isoformat())
    app = collector_app(Collector(store, CollectorSettings()), [routes(FiguresHere(store, "UTC"), lambda: NOW)])
    berlin, utc = client.get(PATH).json(), TestClient(app).get(PATH).json()
    first, *others = [hour["sessions"] for hour in berlin["by_hour"]]
    assert [hour["sessions"] for hour in utc["by_hour"]] == [*others, first]
    assert berlin["watch_minutes"] == utc["watch_minutes"]


@pytest.mark.parametrize("store_address", ["sqlite"], indirect=True)
def test_a_process_beside_makes_the_same_figures_and_ends_with_the_application(client, store):
    register(client, "u1")
    log(client, "2026-11-20T10:00:00Z")
    beside = FiguresBeside(store.address, "Europe/Berlin")
    app = collector_app(Collector(store, CollectorSettings()), [routes(beside, lambda: NOW)])
    with TestClient(app) as other:
        assert other.get(PATH).json() == client.get(PATH).json()
        log(client, "2026-11-20T11:00:00Z")
        assert other.get(PATH).json()["sessions"] == 2
        process = beside.beside.process
        assert process is not None
        process.kill()
        assert other.get(PATH).status_code == 503
        assert other.get(PATH).json()["sessions"] == 2
        process = beside.beside.process
    assert process is not None
    assert process.poll() is not None
    assert beside.beside.process is None


@pytest.mark.parametrize("store_address", ["sqlite"], indirect=True)
def test_a_process_that_does_not_answer_in_time_is_given_up(store):
    beside = FiguresBeside(store.address, "UTC", seconds_to_make=0.01)
    with pytest.raises(EventStoreError, match="has ended"):
        beside.at(NOW, 10)
    assert beside.beside.process is None


def test_a_store_that_is_away_is_told_by_the_process_beside():
    beside = FiguresBeside(address_of("postgresql://someone:very%20secret@127.0.0.1:1/events"), "UTC")
    with pytest.raises(EventStoreError) as caught:
        beside.at(NOW, 10)
    beside.close()
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)
