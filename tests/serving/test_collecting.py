"""What the collector takes, and in which words it answers."""

import json
from datetime import date

import pytest
from collector_client import collecting, count, event, faults, rows, user

from serving.collector.fields import seconds_of
from tasks.collected.tables import CANCELLATIONS, SHOWS, USERS

LOGIN = 1_777_629_600  # 2026-05-01T10:00:00Z


@pytest.fixture
def client(store):
    with collecting(store) as found:
        yield found


def ndjson(*events):
    return "\n".join(json.dumps(one) for one in events) + "\n"


def test_a_session_is_stored_as_the_datasets_have_it(client, store):
    assert client.post("/register-user", json=user()).status_code == 201
    answer = client.post("/log-event", json=event())
    assert (answer.status_code, answer.json()) == (201, {"status": "stored", "duplicate": False})
    (row,) = rows(store)
    assert row.pop("session_digest") != 0
    assert row == {
        "seq": 1,
        "event_id": None,
        "user_id": "u1",
        "login_time": LOGIN,
        "content_watched": "s1|s2",
        "genres_watched": "drama",
        "total_watch_time": 42.5,
        "num_pauses": 2,
        "buffer_events": 0,
        "was_recommended": True,
        "received_at": LOGIN + 7200,
    }


@pytest.mark.parametrize(
    ("given", "cell"),
    [
        (["a", " b "], "a|b"),
        ("a", "a"),
        ("a|b | c", "a|b|c"),
        ('["a", "b"]', "a|b"),
        ([], ""),
        ("", ""),
        ("[]", ""),
    ],
)
def test_lists_are_taken_in_several_forms(client, store, given, cell):
    assert client.post("/log-event", json=event(content_watched=given, genres_watched=given)).status_code == 202
    (row,) = rows(store)
    assert (row["content_watched"], row["genres_watched"]) == (cell, cell)


@pytest.mark.parametrize(
    "login", ["2026-05-01T10:00:00", "2026-05-01 12:00:00+02:00", "2026-05-01T10:00:00.999Z", LOGIN]
)
def test_times_are_utc_to_the_second(client, store, login):
    assert client.post("/log-event", json=event(login_time=login)).status_code == 202
    assert rows(store)[0]["login_time"] == LOGIN


def test_what_nobody_measures_is_null(client, store):
    unknown = dict.fromkeys(("genres_watched", "num_pauses", "buffer_events", "was_recommended"))
    assert client.post("/log-event", json=event(**unknown)).status_code == 202
    assert {name: rows(store)[0][name] for name in unknown} == unknown


def test_an_event_id_makes_sending_again_harmless(client, store):
    for status, duplicate in ((202, False), (200, True), (200, True)):
        answer = client.post("/log-event", json=event(event_id="e1"))
        assert (answer.status_code, answer.json()["duplicate"]) == (status, duplicate)
    assert count(store) == 1


def test_an_event_id_of_another_event_is_refused(client, store):
    client.post("/log-event", json=event(event_id="e1"))
    for other in ({"total_watch_time": 43}, {"user_id": "u2"}, {"login_time": "2026-05-01T10:00:01Z"}):
        answer = client.post("/log-event", json=event(event_id="e1", **other))
        assert (answer.status_code, faults(answer)) == (422, [("event_id",)])
    assert count(store) == 1


@pytest.mark.parametrize("again", [{}, {"event_id": "e2"}, {"total_watch_time": 1}])
def test_a_session_that_is_stored_is_not_stored_again(client, store, again):
    client.post("/log-event", json=event())
    answer = client.post("/log-event", json=event(**again))
    assert (answer.status_code, faults(answer)) == (422, [("login_time",)])
    assert count(store) == 1


def test_events_of_an_unknown_user_are_held_until_the_user_registers(client, store):
    assert client.post("/log-event", json=event()).json()["status"] == "held"
    assert client.post("/register-user", json=user()).status_code == 201
    assert client.post("/log-event", json=event(content_watched="s3")).json()["status"] == "stored"
    assert count(store) == 2


def test_events_of_an_unknown_user_are_refused_where_the_settings_say_so(store):
    with collecting(store, unknown_users="refuse") as client:
        for path, body in (
            ("/log-event", event()),
            ("/cancel-user", {"user_id": "u1", "cancelled_at": "2026-05-01T09:00:00Z"}),
        ):
            answer = client.post(path, json=body)
            assert (answer.status_code, faults(answer)) == (422, [("user_id",)])
        client.post("/register-user", json=user())
        assert client.post("/log-event", json=event()).status_code == 201
    assert count(store) == 1


def test_late_and_out_of_order_events_are_normal(client, store):
    for day in (20, 3, 11):
        login = f"2020-04-{day:02}T10:00:00Z"
        assert client.post("/log-event", json=event(login_time=login)).status_code == 202
    assert count(store) == 3


def test_a_user_is_registered_once(client, store):
    assert client.post("/register-user", json=user()).status_code == 201
    for again, said in ((user(), "as it is said here"), (user(age=34), "as somebody else")):
        answer = client.post("/register-user", json=again)
        assert (answer.status_code, faults(answer)) == (422, [("user_id",)])
        assert said in answer.text
    (row,) = rows(store, USERS)
    assert (row["registered_at"], row["age"], row["subscription"]) == (1_768_435_200, 33, "basic")


def test_a_cancellation_is_stored_once(client, store):
    client.post("/register-user", json=user())
    leaving = {"user_id": "u1", "cancelled_at": "2026-04-30T08:00:00Z", "reason": "too expensive"}
    assert [client.post("/cancel-user", json=leaving).status_code for _ in range(2)] == [201, 200]
    answer = client.post("/cancel-user", json={**leaving, "reason": "price"})
    assert (answer.status_code, faults(answer)) == (422, [("user_id",)])
    (row,) = rows(store, CANCELLATIONS)
    assert (row["user_id"], row["cancelled_at"], row["reason"]) == ("u1", 1_777_536_000, "too expensive")


def test_nobody_cancels_before_they_registered(client):
    early = {"user_id": "u1", "cancelled_at": "2026-01-14T08:00:00Z"}
    assert client.post("/cancel-user", json={**early, "user_id": "u2"}).status_code == 202
    assert faults(client.post("/register-user", json=user("u2"))) == [("registration_date",)]
    client.post("/register-user", json=user())
    assert faults(client.post("/cancel-user", json=early)) == [("cancelled_at",)]


def test_once_a_show_is_registered_others_are_unknown(client, store):
    assert client.post("/log-event", json=event(content_watched=["anything"])).status_code == 202
    shows = [
        {"show_id": "s1", "title": "One", "released_at": "2026-04-01"},
        {"show_id": "s2", "title": "Two"},
    ]
    answer = client.post("/register-show", json=shows)
    assert (answer.status_code, answer.json()) == (201, {"accepted": 2, "held": 0, "duplicates": 0, "refused": []})
    assert client.post("/log-event", json=event(content_watched=["s2", "s1"])).status_code == 202
    answer = client.post("/log-event", json=event(content_watched=["s1", "nothing known"]))
    assert (answer.status_code, faults(answer)) == (422, [("content_watched",)])
    assert client.post("/register-show", json={"show_id": "nothing known", "title": "Three"}).status_code == 201
    assert client.post("/log-event", json=event(content_watched=["s1", "nothing known"])).status_code == 202
    assert rows(store, SHOWS)[0]["released_at"] == date(2026, 4, 1)


def test_a_show_is_registered_in_one_wording(client, store):
    show = {"show_id": "s1", "title": "One", "released_at": "2026-04-01", "rating": 7}
    assert [client.post("/register-show", json=show).status_code for _ in range(2)] == [201, 200]
    assert faults(client.post("/register-show", json={**show, "rating": 8})) == [("show_id",)]
    assert faults(client.post("/register-show", json=[{**show, "show_id": "s2"}, {**show, "rating": 8}])) == [
        (2, "show_id")
    ]
    assert count(store, SHOWS) == 1


@pytest.mark.parametrize("form", ["list", "ndjson"])
def test_a_batch_is_stored_whole(client, store, form):
    client.post("/register-user", json=user())
    events = [event(event_id=f"e{n}", content_watched=f"s{n}", user_id=f"u{n}") for n in range(3)]
    sent = {"json": events} if form == "list" else {"content": ndjson(*events)}
    for expected in (
        (201, {"accepted": 3, "held": 2, "duplicates": 0, "refused": []}),
        (200, {"accepted": 0, "held": 0, "duplicates": 3, "refused": []}),
    ):
        answer = client.post("/log-events", **sent)
        assert (answer.status_code, answer.json()) == expected
    assert [row["event_id"] for row in rows(store)] == ["e0", "e1", "e2"]


def test_an_empty_list_is_nothing_and_an_empty_body_is_a_mistake(client):
    assert client.post("/log-events", json=[]).json() == {"accepted": 0, "held": 0, "duplicates": 0, "refused": []}
    assert faults(client.post("/log-events", content=b" \n\n")) == [("body",)]


# Line 1 and 5 are good; 2 is empty.
_MIXED = "\n".join(
    [
        json.dumps(event(event_id="good")),
        "",
        json.dumps(event(total_watch_time=-1)),
        "{",
        json.dumps(event(content_watched="other")),
        json.dumps(event(login_time="2027-01-01T00:00:00Z")),
        json.dumps(event(event_id="good", num_pauses=9)),
        json.dumps(event(content_watched="other", event_id="twice")),
    ]
)
_FOUND_BY_READING = [(3, "total_watch_time"), (4, "body"), (6, "login_time")]
_FOUND_BY_STORING = [(7, "event_id"), (8, "login_time")]


def test_a_batch_with_bad_lines_is_refused_whole(client, store):
    answer = client.post("/log-events", content=_MIXED)
    assert (answer.status_code, faults(answer)) == (422, _FOUND_BY_READING)
    events = [event(event_id="good"), event(content_watched="other"), event(event_id="good", num_pauses=9)]
    answer = client.post("/log-events", json=events)
    assert (answer.status_code, faults(answer)) == (422, [(3, "event_id")])
    assert count(store) == 0
    # What was refused leaves no trace that a later event could meet.
    assert client.post("/log-events", json=events[:2]).json()["accepted"] == 2


@pytest.mark.parametrize("form", ["list", "ndjson"])
def test_a_partial_batch_keeps_the_good_lines(client, store, form):
    content = _MIXED
    if form == "list":
        lines = ["{}" if line in ("", "{") else line for line in _MIXED.split("\n")]
        content = f"[{','.join(lines)}]"
    answer = client.post("/log-events?partial=true", content=content)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["accepted"], said["duplicates"]) == (2, 0)
    refused = [(one["line"], one["field"]) for one in said["refused"]]
    assert [one for one in refused if one[0] not in (2, 4)] == [
        one for one in _FOUND_BY_READING + _FOUND_BY_STORING if one[0] != 4
    ]
    assert {line for line, _ in refused} == ({2, 3, 4, 6, 7, 8} if form == "list" else {3, 4, 6, 7, 8})
    assert [row["content_watched"] for row in rows(store)] == ["s1|s2", "other"]
    # Sent again, the one with an event_id is a duplicate, the other is stored already.
    again = client.post("/log-events?partial=true", content=content)
    assert (again.status_code, again.json()["accepted"], again.json()["duplicates"]) == (200, 0, 1)


def test_nothing_of_a_partial_batch_is_good(client):
    assert faults(client.post("/log-events?partial=1", json=[event(num_pauses=-1)])) == [(1, "num_pauses")]
    assert faults(client.post("/log-events?partial=maybe", json=[event()])) == [("partial",)]


def test_the_batch_of_one_client_spoils_nobody_elses(client, store):
    client.post("/log-event", json=event(event_id="e1"))
    bad = client.post("/log-events", json=[event(event_id="e1", num_pauses=7), event(content_watched="new")])
    good = client.post("/log-events", json=[event(content_watched="new")])
    assert (bad.status_code, good.status_code, count(store)) == (422, 201, 2)


def test_health_and_documentation(client):
    assert client.get("/health").json() == {"status": "ok", "waiting": 0}
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/log-event", "/log-events", "/register-user", "/register-show", "/cancel-user", "/health"} <= set(paths)
    schema = paths["/log-event"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(event()) <= set(schema["properties"])


def test_moments_before_1970_are_rounded_down():
    from datetime import UTC, datetime  # noqa: PLC0415

    assert seconds_of(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1
