"""What cannot be taken is refused with the field's name, is never the server's fault, and nothing of it is stored."""

import json

import pytest
from collector_client import collecting, count, event, faults, rows, user
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks.collected.opening import store_in
from tasks.collected.schema import prepare
from tasks.collected.tables import SHOWS, USERS

PATHS = ("/log-event", "/log-events", "/register-user", "/register-show", "/cancel-user")


@pytest.fixture(scope="module")
def file_store(tmp_path_factory):
    opened = store_in(tmp_path_factory.mktemp("bad") / "events.db")
    prepare(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(file_store):
    with collecting(file_store, max_body_bytes=20_000) as found:
        yield found


_BAD_EVENTS = [
    ("user_id", ""),
    ("user_id", "   "),
    ("user_id", None),
    ("user_id", 7),
    ("user_id", "x" * 201),
    ("user_id", "nul\x00"),
    ("user_id", "somebody@mail.example"),
    ("event_id", "somebody@mail.example"),
    ("event_id", ""),
    ("login_time", "yesterday"),
    ("login_time", "2026-05-01T12:10:01Z"),
    ("login_time", "2026-05-01T23:00:00+02:00"),
    ("login_time", "1999-12-31T23:59:59Z"),
    ("login_time", "0001-01-01T00:00:00+14:00"),
    ("login_time", "2026-02-30T00:00:00Z"),
    ("login_time", None),
    ("login_time", 1e30),
    ("content_watched", None),
    ("content_watched", ["a", 1]),
    ("content_watched", ["a", ""]),
    ("content_watched", ["a|b"]),
    ("content_watched", ["a\x00"]),
    ("content_watched", "a||b"),
    ("content_watched", "|"),
    ("content_watched", "[1, 2]"),
    ("content_watched", "['a', 'b'"),
    ("content_watched", '["a|b"]'),
    ("content_watched", {"a": 1}),
    ("content_watched", ["x" * 201]),
    ("content_watched", ["x"] * 1001),
    ("content_watched", ["somebody@mail.example"]),
    ("genres_watched", ["a", None]),
    ("genres_watched", "a|"),
    ("genres_watched", 5),
    ("total_watch_time", -0.1),
    ("total_watch_time", 1440.1),
    ("total_watch_time", 10**400),
    ("total_watch_time", "42"),
    ("total_watch_time", None),
    ("total_watch_time", True),
    ("num_pauses", -1),
    ("num_pauses", 10_001),
    ("num_pauses", 2**70),
    ("num_pauses", 1.5),
    ("buffer_events", -1),
    ("buffer_events", "many"),
    ("was_recommended", "perhaps"),
    ("was_recommended", 2),
    ("logout_time", "2026-05-01T09:59:59Z"),
    ("seconds", 1),
]


@pytest.mark.parametrize(("field", "value"), _BAD_EVENTS)
def test_each_bad_field_is_named(client, file_store, field, value):
    before = count(file_store)
    answer = client.post("/log-event", json=event(**{field: value}))
    assert (answer.status_code, faults(answer)) == (422, [(field,)])
    answer = client.post("/log-events", json=[event(), event(**{field: value})])
    assert (answer.status_code, faults(answer)) == (422, [(2, field)])
    assert count(file_store) == before


@pytest.mark.parametrize("field", list(event()))
def test_each_missing_field_is_named(client, field):
    body = event()
    del body[field]
    assert faults(client.post("/log-event", json=body)) == [(field,)]


def test_more_cannot_be_watched_than_the_session_lasts(client):
    answer = client.post("/log-event", json=event(logout_time="2026-05-01T10:40:00Z"))
    assert (answer.status_code, faults(answer)) == (422, [("total_watch_time",)])


def test_a_clock_may_be_a_little_ahead(client):
    answer = client.post("/log-event", json=event(login_time="2026-05-01T12:10:00Z", user_id="ahead"))
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", 4),
        ("age", 121),
        ("age", "33"),
        ("country", None),
        ("country", ""),
        ("country", "me@mail.example"),
        ("registration_date", "2026-05-02"),
        ("registration_date", "15/01/2026"),
        ("registration_date", "1999-01-01"),
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "two words@mail.example"),
        ("email", 5),
        ("subscription_type", None),
        ("preferred_genre", "me@mail.example"),
        ("user_id", "me@mail.example"),
        ("plan", "basic"),
    ],
)
def test_each_bad_field_of_a_user_is_named(client, file_store, field, value):
    answer = client.post("/register-user", json=user(**{field: value}))
    assert (answer.status_code, faults(answer)) == (422, [(field,)])
    assert count(file_store, USERS) == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/register-show", {"show_id": "a|b", "title": "A"}, "show_id"),
        ("/register-show", {"show_id": "a", "title": "A", "rating": 10.5}, "rating"),
        ("/register-show", {"show_id": "a", "title": "A", "duration_min": 0}, "duration_min"),
        ("/register-show", {"show_id": "a", "title": "A", "released_at": "soon"}, "released_at"),
        ("/register-show", {"show_id": "a", "title": "by me@mail.example"}, "title"),
        ("/cancel-user", {"user_id": "u1", "cancelled_at": "2026-06-01T00:00:00Z"}, "cancelled_at"),
        ("/cancel-user", {"user_id": "u1", "cancelled_at": "2026-04-01", "reason": "x" * 201}, "reason"),
        ("/cancel-user", {"user_id": "u1", "cancelled_at": "2026-04-01", "reason": "ask me@mail.example"}, "reason"),
    ],
)
def test_each_bad_field_of_a_show_or_a_cancellation_is_named(client, file_store, path, body, field):
    answer = client.post(path, json=body)
    assert (answer.status_code, faults(answer)) == (422, [(field,)])
    assert count(file_store, SHOWS) == 0


_GOOD = json.dumps(event()).encode()
_NO_JSON = [
    b"",
    b"{",
    b"[",
    b"null",
    b"7",
    b'"text"',
    b"[[]]",
    b"[null]",
    b"{}{}",
    b"\xff\xfe",
    b"\x00",
    b"\xef\xbb\xbf" + _GOOD,
    _GOOD.replace(b"42.5", b"NaN"),
    _GOOD.replace(b"42.5", b"-Infinity"),
    _GOOD.replace(b"42.5", b"9" * 5000),
    _GOOD.replace(b'"u1"', b'"\\ud800"'),
    _GOOD.replace(b'"u1"', b'"\xff"'),
    b"[" * 9000 + b"]" * 9000,
    b'{"user_id":' * 500 + b"1" + b"}" * 500,
    b"user_id=u1&login_time=now",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", _NO_JSON, ids=lambda body: repr(body[:20]))
def test_what_is_no_json_is_refused(client, path, body):
    answer = client.post(path, content=body)
    assert answer.status_code == 422
    assert faults(answer)


def test_no_number_is_no_number_in_partial_batches_either(client, file_store):
    before = count(file_store)
    bodies = [_GOOD.replace(b'"num_pauses": 2', b'"num_pauses": NaN'), _GOOD.replace(b"42.5", b"-1")]
    answer = client.post("/log-events?partial=true", content=b"[" + b",".join(bodies) + b"]")
    assert (answer.status_code, faults(answer)) == (422, [(1, "num_pauses"), (2, "total_watch_time")])
    assert count(file_store) == before


@pytest.mark.parametrize("path", PATHS)
def test_a_body_above_the_limit_is_refused(client, path):
    for content in (b" " * 20_001, iter([b" " * 15_000, b" " * 15_000])):  # the second without Content-Length
        answer = client.post(path, content=content)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert "20,000 bytes" in answer.json()["detail"]


def test_what_is_not_there_is_said_in_problem_details(client):
    for response, status in ((client.get("/nowhere/me@mail.example"), 404), (client.get("/log-event"), 405)):
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
        assert "mail.example" not in response.text


def test_an_answer_lists_a_hundred_faults_and_counts_the_others(client):
    answer = client.post("/log-events", content=b"{}\n" * 150)
    assert (len(answer.json()["errors"]), answer.json()["faults"]) == (100, 150 * 8)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["u1", "2026-05-01T10:00:00Z", "a|b", "['a']", "\ud800", "\x00", "1e999", "-0"])
)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
_FIELDS = sorted({*event(), *user(), "event_id", "logout_time", "cancelled_at", "reason", "show_id", "title", "rating"})
_BODIES = st.dictionaries(st.sampled_from(_FIELDS), _SCALARS | st.lists(_SCALARS, max_size=3))
_NEARLY = st.builds(lambda base, changes: {**base, **changes}, st.sampled_from([event(), user()]), _BODIES)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), _JSON | _BODIES | _NEARLY | st.lists(_NEARLY, max_size=3))
@example("/log-event", event(total_watch_time=float("inf")))
@example("/log-events", [event(), event(content_watched="[" * 5000)])
def test_any_json_is_stored_or_refused(client, path, body):
    answer = client.post(path, content=json.dumps(body).encode())
    assert answer.status_code in (200, 201, 202, 422), answer.text
    assert answer.headers["content-type"].startswith("application/")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), st.binary(max_size=200))
def test_any_bytes_are_stored_or_refused(client, path, body):
    assert client.post(path, content=body).status_code in (200, 201, 202, 422)


def test_what_was_stored_can_all_be_read(file_store):
    """After all of the above: nothing that a dataset could not hold."""
    for row in rows(file_store):
        assert "\x00" not in f"{row}"
        assert row["total_watch_time"] >= 0
        assert all(row["content_watched"].split("|")) or row["content_watched"] == ""
