"""The door: what holds for every request, whoever answers it."""

import asyncio
import json
import os

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from refrain.errors import ModelError
from serving.web.door import Door, Limits
from serving.web.endpoint import Call, Endpoint, Predicted, Reply
from serving.web.keys import ApiKeys, new_key, read_keys
from serving.web.metrics import RequestMetrics
from serving.web.problems import unavailable
from serving.web.request_log import LineLog

SECRET = "somebody@mail.example"


async def _echo(call: Call) -> Reply:
    said = {"body": call.body.decode(), "query": dict(call.query), "id": call.request_id}
    return Reply(json.dumps(said).encode(), predicted=(Predicted("hits.hit", 3, 2, 1, 1),))


async def _slow(_: Call) -> Reply:
    await asyncio.sleep(30)
    raise AssertionError("nobody waited for this")


async def _broken(_: Call) -> Reply:
    raise ValueError(SECRET)


async def _modelless(_: Call) -> Reply:
    raise ModelError("hits.hit has no champion yet.")


async def _busy(_: Call) -> Reply:
    raise unavailable("Too much waits.", 1)


ENDPOINTS = [
    Endpoint("POST", "/echo", "", _echo, "t", body={}),
    Endpoint("GET", "/read", "", _echo, "t"),
    Endpoint("GET", "/health", "", _echo, "t"),
    Endpoint("GET", "/slow", "", _slow, "t"),
    Endpoint("GET", "/broken", "", _broken, "t"),
    Endpoint("GET", "/modelless", "", _modelless, "t"),
    Endpoint("GET", "/busy", "", _busy, "t"),
]


async def _beyond(scope, receive, send):
    """What the door knows nothing of."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/broken-beyond":
        raise ValueError(SECRET)
    if scope["path"] == "/broken-half-way":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(SECRET)
    if scope["path"] == "/slow-beyond":
        await asyncio.sleep(30)
    await PlainTextResponse(f"beyond {scope['method']}", status_code=404)(scope, receive, send)


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines = []

    def offer(self, line):
        self.lines.append(json.loads(line.written()))


class House:
    """A door, what it logs and counts, and a client before it."""

    def __init__(self, keys: ApiKeys, seconds: float, *hosts: bytes) -> None:
        self.log, self.metrics = Lines(), RequestMetrics()
        limits = Limits(max_body_bytes=100, seconds_to_answer=seconds, hosts=frozenset(hosts))
        self.door = Door(_beyond, ENDPOINTS, limits=limits, keys=keys, metrics=self.metrics, log=self.log)  # type: ignore[arg-type]
        self.client = TestClient(self.door, raise_server_exceptions=False)

    @property
    def figures(self) -> str:
        return self.metrics.page().decode()


@pytest.fixture
def house():
    return House(ApiKeys(), 5)


def _problem(response, status):
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status
    return response.json()


def test_an_endpoint_is_told_body_query_and_id(house):
    answer = house.client.post("/echo?a=1&b=%C3%A9&b=2&c=", content="{}", headers={"X-Request-ID": "my.id-1"})
    assert answer.json() == {"body": "{}", "query": {"a": "1", "b": "2", "c": ""}, "id": "my.id-1"}
    assert answer.headers["x-request-id"] == "my.id-1"


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 65, "a\u00e9", '"}'])
def test_an_id_that_might_do_harm_is_replaced(house, given):
    headers = {} if given is None else {"X-Request-ID": given.encode("latin-1")}
    answers = [house.client.get("/read", headers=headers) for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == 2
    assert given not in ids
    assert [answer.json()["id"] for answer in answers] == ids


def test_a_path_that_is_not_its_own_is_passed_on_with_an_id(house):
    answer = house.client.put("/echo/more", headers={"X-Request-ID": "one"})
    assert (answer.status_code, answer.text, answer.headers["x-request-id"]) == (404, "beyond PUT", "one")
    assert house.client.get("/echo").text == "beyond GET"


def _sent(house, method, path, receive=None, headers=()):
    """What the door sends, message for message."""
    sent = []

    async def ask():
        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": list(headers)}
        await house.door(scope, receive, send)

    asyncio.run(ask())
    return sent


def test_head_is_get_without_a_body(house):
    for path, status in (("/read", 200), ("/elsewhere", 404)):
        start, *bodies = _sent(house, "HEAD", path)
        assert start["status"] == status
        assert int(dict(start["headers"])[b"content-length"]) > 0
        assert [message["body"] for message in bodies] == [b""]


def test_what_is_announced_as_too_large_is_not_read(house):
    start, _ = _sent(house, "POST", "/echo", receive=None, headers=[(b"content-length", b"101")])
    assert start["status"] == 413


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", None])
def test_json_is_taken_whatever_it_is_said_to_be_exactly(house, kind):
    answer = house.client.post("/echo", content=b"1", headers={} if kind is None else {"content-type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_is_not_said_to_be_json_is_refused(house, kind):
    problem = _problem(house.client.post("/echo", content=b"1", headers={"content-type": kind}), 415)
    assert "application/json" in problem["detail"]


def test_a_body_above_the_limit_is_refused_announced_or_not(house):
    for content in (b" " * 101, iter([b" " * 60, b" " * 60])):
        answer = house.client.post("/echo", content=content)
        assert "100 bytes" in _problem(answer, 413)["detail"]
        assert answer.headers["connection"] == "close"
    assert house.client.post("/echo", content=iter([b" " * 50, b" " * 50])).json()["body"] == " " * 100


def test_too_many_parameters_headers_or_letters_are_refused(house):
    _problem(house.client.get("/read?" + "&".join("a=1" for _ in range(60))), 422)
    _problem(house.client.get("/read", headers={f"x-{number}": "1" for number in range(120)}), 431)
    _problem(house.client.get("/read", headers={"x-long": "y" * 70_000}), 431)
    _problem(house.client.get("/" + "a" * 9_000), 414)


@pytest.mark.parametrize("path", ["/slow", "/slow-beyond"])
def test_who_is_not_answered_in_time_is_told_so(path, monkeypatch):
    monkeypatch.setattr("serving.web.door._SECONDS_OF_GRACE", 0.05)
    house = House(ApiKeys(), 0.05)
    answer = house.client.get(path)
    assert "There was no answer within" in _problem(answer, 503)["detail"]
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/broken", "/broken-beyond"])
def test_a_fault_of_our_own_is_logged_by_its_kind_and_place_alone(house, path, caplog):
    answer = house.client.get(path)
    _problem(answer, 500)
    assert "ValueError at " in caplog.text
    assert "test_door.py" in caplog.text
    assert SECRET not in caplog.text + answer.text + json.dumps(house.log.lines)
    assert house.log.lines[0]["level"] == "warning"


def test_an_answer_that_fails_half_way_is_ended_not_begun_again(house):
    sent = []

    async def ask():
        async def send(message):
            sent.append(message["type"])

        scope = {"type": "http", "method": "GET", "path": "/broken-half-way", "query_string": b"", "headers": []}
        with pytest.raises(Exception, match="fault of the server"):
            await house.door(scope, None, send)

    asyncio.run(ask())
    assert sent == ["http.response.start"]


def test_a_client_that_leaves_ends_its_request(house):
    async def ask():
        async def receive():
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "POST", "path": "/echo", "query_string": b"", "headers": []}
        await house.door(scope, receive, None)

    asyncio.run(ask())
    assert [line["status"] for line in house.log.lines] == [499]


def test_problems_of_endpoints_are_answered_as_such(house):
    assert _problem(house.client.get("/modelless"), 503)["detail"] == "hits.hit has no champion yet."
    answer = house.client.get("/busy")
    assert (_problem(answer, 503)["detail"], answer.headers["retry-after"]) == ("Too much waits.", "1")


def test_a_line_says_what_was_asked_and_nothing_that_was_sent(house):
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    house.client.post(
        f"/echo?who={SECRET}", content=json.dumps(SECRET), headers={"x-request-id": "i1", "traceparent": trace}
    )
    house.client.get(f"/{SECRET}", headers={"traceparent": SECRET, "x-request-id": SECRET})
    house.client.request("BREW", "/read")
    line, other, odd = house.log.lines
    assert set(line) == {
        "at", "level", "message", "method", "route", "status", "ms", "bytes", "request_id", "traceparent"
    }  # fmt: skip
    assert [line[name] for name in ("method", "route", "status", "request_id", "traceparent")] == [
        "POST", "/echo", 200, "i1", trace
    ]  # fmt: skip
    assert (other["route"], other["status"]) == ("unknown", 404)
    assert odd["method"] == "unknown"
    assert SECRET not in json.dumps(house.log.lines) + house.figures


def test_figures_are_of_routes_methods_and_answers(house):
    house.client.post("/echo", content=b"1")
    house.client.post("/echo", content=b"1")
    house.client.post("/echo", content=b" " * 200)
    house.client.get("/anywhere")
    figures = house.figures.splitlines()
    assert 'refrain_requests_total{key="",method="POST",route="/echo",status="200"} 2.0' in figures
    assert 'refrain_requests_total{key="",method="POST",route="/echo",status="413"} 1.0' in figures
    assert 'refrain_requests_total{key="",method="GET",route="unknown",status="404"} 1.0' in figures
    assert 'refrain_request_seconds_count{route="/echo"} 3.0' in figures
    assert 'refrain_request_seconds_bucket{le="+Inf",route="/echo"} 3.0' in figures
    assert 'refrain_predicted_rows_total{target="hits.hit",version="3"} 4.0' in figures
    assert 'refrain_predicted_imputed_rows_total{target="hits.hit",version="3"} 2.0' in figures
    assert "refrain_requests_in_flight 0.0" in figures


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((name, 200) for name in ("localhost", "LOCALHOST:8000", "[::1]:8000", "[::1]")),
        *((name, 421) for name in ("evil.example", "localhost.evil.example:8000", "", "localhost:8000:1")),
    ],
)
def test_another_name_that_points_here_is_not_answered(host, status):
    house = House(ApiKeys(), 5, b"localhost", b"[::1]")
    answer = house.client.post("/echo", content="{}", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert "localhost" in _problem(answer, 421)["detail"]


def test_with_keys_all_but_health_needs_one():
    (key, entry), (other, other_entry) = new_key("dashboard"), new_key("batch")
    house = House(read_keys(f"{entry},{other_entry}"), 5)
    for path in ("/read", "/elsewhere", "/slow"):
        answer = house.client.get(path)
        assert "X-API-Key" in _problem(answer, 401)["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"
    assert house.client.post("/echo", content=b" " * 101).status_code == 401
    assert house.client.get("/health").status_code == 200
    for wrong in ("", key[:-1], key + "a", entry, "x" * 10_000):
        assert house.client.get("/read", headers={"x-api-key": wrong}).status_code == 401
    assert house.client.get("/read", headers={"x-api-key": key}).status_code == 200
    assert house.client.get("/read", headers={"authorization": f"bearer {other}"}).status_code == 200
    assert house.client.get("/elsewhere", headers={"authorization": f"Bearer {other}"}).status_code == 404
    assert [line.get("key") for line in house.log.lines[-3:]] == ["dashboard", "batch", "batch"]
    assert 'refrain_requests_total{key="batch",method="GET",route="/read",status="200"} 1.0' in house.figures
    assert key not in json.dumps(house.log.lines) + house.figures


def test_lines_are_written_by_a_thread_and_dropped_where_nobody_reads():
    reading, writing = os.pipe()
    log = LineLog(writing, most_waiting=3)
    for number in range(5):
        log.offer(f"{number}\n")
    assert log.dropped == 2
    log.start()
    log.close()
    with os.fdopen(reading, "rb") as stream:
        assert os.read(stream.fileno(), 100) == b"0\n1\n2\n"
    log.offer("nobody reads this\n")
    log.start()
    log.close()  # the pipe has no other end, and nothing is raised
    assert log.dropped == 3
    os.close(writing)
