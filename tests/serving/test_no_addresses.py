"""An e-mail address is in no table, log or answer: with a key, a hash of it is in one column."""

import logging

import pytest
from collector_client import collecting, event, rows, user

from refrain.errors import UsageError
from serving.collector.emails import KEY, email_key, hashed
from tasks.collected import tables

ADDRESS = "Ada.Lovelace+tv@mail.example"
SECRET = b"a key of more than sixteen bytes"


def _everything(store):
    return "".join(str(rows(store, table)) for table in tables.metadata.sorted_tables).lower()


def _requests(client):
    """The address wherever a body can hold it."""
    yield client.post("/register-user", json=user(email=ADDRESS))
    yield client.post("/register-user", json=user(email=ADDRESS))
    yield client.post("/register-user", json=user("u2", email=ADDRESS, age=-1))
    for field in user():
        yield client.post("/register-user", json=user("u3", **{field: ADDRESS}))
    for field in (*event(), "event_id", "logout_time", ADDRESS):
        yield client.post("/log-event", json=event(**{field: ADDRESS}))
        yield client.post("/log-events", json=[event(**{field: [ADDRESS]})])
        yield client.post("/log-events?partial=true", json=[event(), event(**{field: ADDRESS})])
    for body in (f'{{"{ADDRESS}": 1}}', ADDRESS, f'{{"email": "{ADDRESS}"', f'["{ADDRESS}"]'):
        for path in ("/register-user", "/log-event", "/log-events", "/cancel-user", "/register-show"):
            yield client.post(path, content=body)
    leaving = {"user_id": "u1", "cancelled_at": "2026-04-01"}
    yield client.post("/cancel-user", json={**leaving, "reason": f"write to {ADDRESS}"})
    yield client.post("/register-show", json={"show_id": ADDRESS, "title": ADDRESS})
    yield client.post(f"/log-event?email={ADDRESS}", json=event(content_watched="x"))
    yield client.get(f"/{ADDRESS}")


@pytest.mark.parametrize("key", [None, SECRET])
def test_an_address_gets_nowhere(store, caplog, key):
    caplog.set_level(logging.DEBUG, logger="refrain")
    with collecting(store, email_key=key) as client:
        for answer in _requests(client):
            assert answer.status_code < 500
            assert "lovelace" not in (answer.text + str(answer.headers)).lower()
    assert "lovelace" not in _everything(store)
    assert caplog.records
    assert "lovelace" not in caplog.text.lower()
    registered = {row["user_id"]: row["email_hash"] for row in rows(store, tables.USERS)}
    assert registered["u1"] == (None if key is None else hashed(ADDRESS, SECRET))


def test_an_address_has_one_hash_for_each_key():
    assert hashed(" ada.lovelace+tv@MAIL.example", SECRET) == hashed(ADDRESS, SECRET)
    assert hashed(ADDRESS, SECRET) != hashed(ADDRESS, SECRET[::-1])
    assert len(hashed(ADDRESS, SECRET)) == 64


def test_a_short_key_is_refused_without_showing_it(monkeypatch):
    monkeypatch.setenv(KEY, "tooshort")
    with pytest.raises(UsageError, match=KEY) as caught:
        email_key()
    assert "tooshort" not in str(caught.value)
    monkeypatch.setenv(KEY, "")
    assert email_key() is None


def test_a_store_that_fails_says_nothing_of_what_it_was_given(store, caplog):
    """A fault within the database, whose driver would repeat the row."""
    with collecting(store) as client:
        with store.writing() as connection:
            tables.USERS.drop(connection)
        answer = client.post("/register-user", json=user("lovelace"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "nothing stored" in caplog.text
    assert "lovelace" not in answer.text + caplog.text
