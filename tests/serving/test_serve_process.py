"""`refrain serve` as a process: from its start to its end."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.collector_process import free_port
from benchmarks.projects import ROOT
from refrain.project import Project
from serving.web.keys import new_key
from tasks.tracking import open_store

_LONGEST = 120.0
HEAVY = ("mlflow", "prefect", "dvc", "shap", "matplotlib", "great_expectations", "numba")
RECORD = {
    "artist": "a1",
    "listener": "l1",
    "month": "2024-03",
    "plays_t": 9,
    "share_t": 0.02,
}


@pytest.fixture(scope="module")
def project(registered_project, tmp_path_factory):
    """A copy of the registered project: a server writes into its folder."""
    folder = Path(shutil.copytree(registered_project.root, tmp_path_factory.mktemp("served") / "project"))
    open_store(Project(folder))  # finds its artifacts again
    return folder


class Serving:
    """A running server."""

    def __init__(self, project, port, process, log):
        self.project, self.port, self.process, self.log = project, port, process, log

    def ask(self, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            given = None if body is None else json.dumps(body).encode()
            kind = {} if body is None else {"Content-Type": "application/json"}
            connection.request("GET" if body is None else "POST", path, given, kind | headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    @property
    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def is_heard(self):
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False


def _until(condition):
    end = time.monotonic() + _LONGEST
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@contextmanager
def serving(project, *words, **environment):
    port, log = free_port(), project / f"serve-{time.monotonic_ns()}.log"
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "API_KEYS")}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "serving.cli", "serve", "--port", str(port), *words],
            cwd=project,
            env={**kept, "PYTHONPATH": str(ROOT), **environment},
            stdout=said,
            stderr=said,
        )
    found = Serving(project, port, process, log)
    try:
        _until(lambda: "Serving on" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield found
    finally:
        process.kill()
        process.wait()


def test_it_starts_answers_and_ends_when_it_is_told_to(project):
    with serving(project) as server:
        said = " ".join(server.log.read_text().split())
        assert f"Serving on http://127.0.0.1:{server.port}: 1 of 8 targets. Not yet: " in said
        assert server.ask("/ready", Host="somebody.example")[0] == 421
        status, ready = server.ask("/ready")
        assert (status, json.loads(ready)["targets"]["breakout.core"]["ready"]) == (503, True)
        assert server.ask("/ready?targets=breakout.core")[0] == 200
        status, answer = server.ask("/breakout/predict", RECORD)
        assert (status, json.loads(answer)["model"]["target"]) == (200, "breakout.core"), answer
        status, problem = server.ask("/hit/predict", {"danceability": 0.5, "energy": 0.5, "valence": 0.5, "tempo": 99})
        assert (status, json.loads(problem)["status"]) == (503, 503)
        assert b'refrain_predicted_rows_total{target="breakout.core"' in server.ask("/metrics")[1]
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 0
        assert "Stopped. Everything that was accepted is answered." in server.log.read_text()
        asked = [(line["route"], line["status"]) for line in server.lines if line["message"] == "request"]
    assert asked == [
        ("unknown", 421),
        ("/ready", 503),
        ("/ready", 200),
        ("/breakout/predict", 200),
        ("/hit/predict", 503),
        ("/metrics", 200),
    ]


def test_targets_may_be_chosen_and_a_registry_may_be_missing(project, tmp_path):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(project / name, tmp_path / name)
    with serving(tmp_path, "--targets", "breakout", "--targets", "hits.hit") as server:
        status, said = server.ask("/ready")
        assert (status, set(json.loads(said)["targets"])) == (503, {"breakout.core", "hits.hit"})
        assert server.ask("/health")[0] == 200
        assert server.ask("/breakout/predict", RECORD)[0] == 503


def test_a_request_that_has_begun_is_answered_after_it_was_told_to_end(project):
    body = json.dumps({"records": [RECORD] * 500}).encode()
    with serving(project) as server, socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        head = f"POST /breakout/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        wire.sendall(head.encode() + body[:1000])
        _until(lambda: b"refrain_requests_in_flight 2.0" in server.ask("/metrics")[1])
        server.process.send_signal(signal.SIGTERM)
        _until(lambda: not server.is_heard())
        assert server.process.poll() is None
        wire.sendall(body[1000:])
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        assert answer.status == 200
        assert len(json.loads(answer.read())["predictions"]) == 500
        assert server.process.wait(60) == 0


class Asking(threading.Thread):
    """Asks on new connections until it is refused, and keeps the ids of what was answered."""

    def __init__(self, server, name, key):
        super().__init__(daemon=True)
        self.server, self.prefix, self.key, self.answered, self.wrong = server, name, key, set(), []

    def run(self):
        for number in range(1_000_000):
            name = f"{self.prefix}-{number}"
            try:
                status, _ = self.server.ask(
                    "/breakout/predict", RECORD, **{"X-Request-ID": name, "X-API-Key": self.key}
                )
            except (OSError, http.client.HTTPException):
                return
            self.answered.add(name)
            if status != 200:
                self.wrong.append(status)


def test_with_keys_and_told_to_end_under_load_it_answers_whatever_it_accepted(project):
    key, entry = new_key("tests")
    with serving(project, API_KEYS=entry) as server:
        assert server.ask("/breakout/predict", RECORD)[0] == 401
        assert server.ask("/ready?targets=breakout.core")[0] == 200
        clients = [Asking(server, f"client{number}", key) for number in range(4)]
        for client in clients:
            client.start()
        _until(lambda: all(len(client.answered) > 20 for client in clients))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        for client in clients:
            client.join(60)
            assert not client.wrong
        accepted = {line["request_id"] for line in server.lines if line.get("key") == "tests"}
        assert key not in server.log.read_text()
    assert accepted == set().union(*(client.answered for client in clients))


def test_it_serves_without_the_libraries_of_the_pipeline(project):
    script = (
        "import sys; from pathlib import Path; from refrain.project import Project; "
        "import serving.cli, serving.server; from serving.assembling import assembled; "
        "from serving.web.keys import ApiKeys; parts, _ = assembled(Project(Path('.')), ApiKeys(), ()); "
        "parts.shelf.of('breakout.core'); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_it_says_in_a_sentence_why_it_cannot_start(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = [sys.executable, "-m", "serving.cli", "serve", "--port", port]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.search(rf"Nothing can listen on 127.0.0.1 port\s+{port}", done.stderr)
    assert "Traceback" not in done.stderr
