"""What is promised while a server is asked without pause, and models, registry and process come and go.

* A promotion and a rollback are served within seconds. No request fails, and none is answered with the probability of
  one version under the number of another; each client sees the versions in the order in which they were promoted.
* A version that does not reproduce its logged example is refused: the one before goes on, and /ready says why.
* A process that is killed (SIGKILL) takes down what it was answering. Clients that try again on a broken connection
  get right answers from its successor, which serves what the aliases say by then.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from benchmarks.collector_process import free_port
from benchmarks.projects import ROOT
from features.registry import find_target
from models.compiled.rows import Rows
from refrain.project import Project
from tasks.aliases import move_alias, serve_version
from tasks.champions.loaded import columns_of, load_version
from tasks.model_folder import EXAMPLE_OUTPUT
from tasks.tracking import Store, open_store
from tasks.versions import CHAMPION, Version, list_versions, read_target

NAME = "breakout.core"
RECORD = {"artist": "a", "listener": "l", "month": "2024-03", "plays_t": 9, "share_t": 0.02}
CLIENTS = 4
_LONGEST = 120.0
"""Seconds after which something that takes one or two, on a quiet machine, has not come."""


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + _LONGEST
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
    return found


def asked(port: int, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and answer, over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST)
    try:
        return asked_over(connection, path, body)
    finally:
        connection.close()


def asked_over(connection: http.client.HTTPConnection, path: str, body: Any = None) -> tuple[int, Any]:
    if body is None:
        connection.request("GET", path)
    else:
        connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


class Client(threading.Thread):
    """Asks for the same prediction again and again, over one connection as long as that holds."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.ending = port, threading.Event()
        self.answers: list[tuple[int, float]] = []
        """Version and probability of each good answer."""
        self.failures: list[str] = []
        """What went wrong with each other request; the client goes on."""

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_LONGEST)
        while not self.ending.is_set():
            try:
                status, answer = asked_over(connection, "/breakout/predict", RECORD)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(type(error).__name__)
                connection.close()  # http.client opens another one
                time.sleep(0.02)
                continue
            if status == 200:
                self.answers.append((answer["model"]["version"], answer["probability"]))
            else:
                self.failures.append(f"{status} {answer}")
        connection.close()

    @property
    def versions(self) -> list[int]:
        """Versions in the order in which they answered, each run of one of them once."""
        return [version for version, _ in groupby(version for version, _ in self.answers)]


@contextmanager
def asking(port: int) -> Iterator[list[Client]]:
    clients = [Client(port) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.ending.set()
        for client in clients:
            client.join(_LONGEST)
            assert not client.is_alive()


def all_answered_by(clients: list[Client], version: int) -> None:
    """Wait until each client was last answered by that version."""
    counts = [len(client.answers) for client in clients]
    until(
        lambda: all(
            len(client.answers) > count and client.answers[-1][0] == version
            for client, count in zip(clients, counts, strict=True)
        )
    )


def started(project: Path, port: int) -> subprocess.Popen[bytes]:
    """A server that is ready."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "API_KEYS")}
    log = project / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "serving.cli", "serve", "--port", str(port), "--targets", NAME],
            cwd=project,
            env={**kept, "PYTHONPATH": str(ROOT)},
            stdout=said,
            stderr=said,
        )

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError):
            return asked(port, "/ready")[0] == 200
        return False

    try:
        until(is_ready)
    except BaseException:
        end(process)
        raise
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def project(registered_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the registered project whose server looks at the aliases often."""
    folder = Path(shutil.copytree(registered_project.root, tmp_path_factory.mktemp("swapped") / "project"))
    yaml = YAML()
    params = yaml.load((folder / "params.yaml").read_text())
    params["serving"] = {"refresh_seconds": 0.1}
    with (folder / "params.yaml").open("w") as stream:
        yaml.dump(params, stream)
    return folder


@pytest.fixture(scope="module")
def store(project: Path) -> Store:
    return open_store(Project(project))


@pytest.fixture(scope="module")
def two(store: Store) -> tuple[Version, Version]:
    """The champion, and another candidate."""
    model = read_target(store, NAME)
    champion = model.aliased(CHAMPION)
    assert champion is not None
    return champion, next(one for one in model.versions if one.family not in (champion.family, "baseline"))


def promote(store: Store, version: int) -> None:
    move_alias(store, NAME, CHAMPION, version, why="test", numbers={})


def probability(store: Store, version: Version) -> float:
    """What a version says of the record."""
    target = find_target(NAME)
    columns = columns_of(target)
    numbers = np.array([[RECORD.get(name, np.nan) for name in columns.numeric]], dtype=np.float64)
    rows = Rows(columns, numbers, {name: [""] for name in (*columns.categorical, *columns.text)})
    return float(load_version(store, version).answers(rows)[0])


def require_right(clients: list[Client], store: Store) -> None:
    """Each answer holds the probability that the version named in it gives."""
    numbers = {version for client in clients for version, _ in client.answers}
    right = {one.version: probability(store, one) for one in list_versions(store, NAME) if one.version in numbers}
    assert len(set(right.values())) == len(right), "the versions can be told apart by what they say"
    for client in clients:
        versions, said = zip(*client.answers, strict=True)
        np.testing.assert_allclose(said, [right[version] for version in versions], rtol=0, atol=1e-9)


def register_altered(store: Store, version: Version) -> int:
    """A version with the files of another one, which is said to have said something else of its example."""
    said = json.loads(version.tags[EXAMPLE_OUTPUT])
    tags = {**version.tags, EXAMPLE_OUTPUT: json.dumps([said[0] + 1e-3, *said[1:]])}
    made = store.client().create_model_version(NAME, version.location, version.run_id, tags)
    return int(made.version)


def test_versions_come_and_go_under_load_and_no_request_fails(
    project: Path, store: Store, two: tuple[Version, Version]
):
    champion, other = two
    port = free_port()
    server = started(project, port)
    try:
        with asking(port) as clients:
            all_answered_by(clients, champion.version)
            promote(store, other.version)
            all_answered_by(clients, other.version)
            serve_version(store, NAME, champion.version)
            all_answered_by(clients, champion.version)
            altered = register_altered(store, other)
            promote(store, altered)
            problem = until(lambda: asked(port, "/ready")[1]["targets"][NAME]["problem"])
            assert f"version {altered}" in problem
            all_answered_by(clients, champion.version)
            promote(store, other.version)
            all_answered_by(clients, other.version)
            status, ready = asked(port, "/ready")
            assert (status, ready["targets"][NAME]["problem"]) == (200, "")
            promote(store, champion.version)
            all_answered_by(clients, champion.version)
    finally:
        end(server)
    assert [client.failures for client in clients] == [[]] * CLIENTS
    a, b = champion.version, other.version
    assert [client.versions for client in clients] == [[a, b, a, b, a]] * CLIENTS
    require_right(clients, store)


def test_what_is_killed_is_succeeded_and_no_answer_is_wrong(project: Path, store: Store, two: tuple[Version, Version]):
    champion, other = two
    port = free_port()
    server = started(project, port)
    try:
        with asking(port) as clients:
            all_answered_by(clients, champion.version)
            server.send_signal(signal.SIGKILL)
            server.wait()
            promote(store, other.version)
            server = started(project, port)
            all_answered_by(clients, other.version)
    finally:
        end(server)
        promote(store, champion.version)
    broken = {
        "ConnectionRefusedError",
        "ConnectionResetError",
        "RemoteDisconnected",
        "IncompleteRead",
        "BrokenPipeError",
    }
    assert {failure for client in clients for failure in client.failures} <= broken
    assert [client.versions for client in clients] == [[champion.version, other.version]] * CLIENTS
    require_right(clients, store)
