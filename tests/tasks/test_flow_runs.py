"""The last flow runs, from a server that speaks as Prefect's does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from features.registry import find_target
from tasks.flow_runs import NoPrefectError, last_flow_runs, last_run_of

RUN = {
    "id": "11111111-2222-3333-4444-555555555555",
    "name": "hits",
    "parameters": {"targets": ["hits"], "folder": "."},
    "state_name": "Failed",
    "state": {"message": "failed: hits.hit"},
    "start_time": "2026-11-21T18:02:11.450443Z",
    "end_time": "2026-11-21T18:06:24.909007Z",
    "estimated_run_time": 253.5,
}
EVERYTHING = {
    **RUN,
    "id": "all",
    "parameters": {"targets": None},
    "state_name": "Running",
    "state": {},
    "end_time": None,
}


class PrefectLike:
    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = (200, b"[]")
        self.asked: list[tuple[str, dict]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.asked.append((self.path, json.loads(body)))
                self.send_response(told.answer[0])
                self.end_headers()
                self.wfile.write(told.answer[1])

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/api"


@pytest.fixture
def prefect() -> Iterator[PrefectLike]:
    found = PrefectLike()
    thread = Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def test_runs_that_have_begun_are_asked_for_newest_first(prefect):
    prefect.answer = (200, json.dumps([EVERYTHING, RUN]).encode())
    running, failed = last_flow_runs(prefect.address)
    path, body = prefect.asked[0]
    assert path == "/api/flow_runs/filter"
    assert (body["sort"], body["flows"]["name"]["any_"]) == ("START_TIME_DESC", ["refrain"])
    assert body["flow_runs"]["start_time"]["is_null_"] is False
    assert (failed.state, failed.message, failed.seconds) == ("Failed", "failed: hits.hit", 253.5)
    assert failed.started == datetime(2026, 11, 21, 18, 2, 11, 450443, tzinfo=UTC)
    assert (running.state, running.message, running.ended) == ("Running", "", None)


def test_a_run_worked_on_the_targets_and_predictions_that_it_was_asked_for(prefect):
    prefect.answer = (200, json.dumps([RUN, EVERYTHING]).encode())
    runs = last_flow_runs(prefect.address)
    assert last_run_of(find_target("hits.hit"), runs) == runs[0]
    assert last_run_of(find_target("breakout.core"), runs) == runs[1]
    assert last_run_of(find_target("breakout.core"), runs[:1]) is None


@pytest.mark.parametrize("answer", [(500, b"[]"), (200, b"<html>"), (200, b'{"detail": "no"}'), (200, b"[{}]")])
def test_a_server_that_says_something_else_is_none(prefect, answer):
    prefect.answer = answer
    with pytest.raises(NoPrefectError, match="does not answer"):
        last_flow_runs(prefect.address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/api", "not an address", "http://["])
def test_a_server_that_is_not_there_is_said(address):
    with pytest.raises(NoPrefectError, match="PREFECT_API_URL"):
        last_flow_runs(address)


def test_without_an_address_nothing_is_asked():
    with pytest.raises(NoPrefectError, match="No Prefect server is known"):
        last_flow_runs("")
