"""A collector in a process of its own, for tests and benchmarks."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.projects import ROOT

_LONGEST_START = 60.0


@dataclass
class Collector:
    """A running collector."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request and read its answer: status and JSON."""
        return ask(self.port, path, body)


def ask(port: int, path: str, body: Any = None) -> tuple[int, Any]:
    """POST a body (bytes, or what JSON makes of it), or GET where there is none; status and JSON of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        given = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request("GET" if body is None else "POST", path, given)
        response = connection.getresponse()
        said = response.read()
        return response.status, json.loads(said) if said else None
    finally:
        connection.close()


def write_project(folder: Path, collector: str = "{}") -> Path:
    """A project with settings of the collector, as YAML, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(f"sources: {{}}\ndatasets: {{}}\ntargets: {{}}\ncollector: {collector}\n")
    (folder / "dvc.yaml").write_text("")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    project: Path,
    port: int,
    database: str | None = None,
    *,
    within: Sequence[str] = (),
    before: Callable[[], None] | None = None,
) -> Collector:
    """Start `refrain collect` and wait until it answers.

    `within`: the words of a command that runs the words after it; `before` runs in the new process ahead of it.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("DATABASE_URL", None)
    if database is not None:
        environment["DATABASE_URL"] = database
    log = project / "collector.log"
    with log.open("ab") as said:
        process = subprocess.Popen(
            [*within, sys.executable, "-m", "serving.cli", "collect", "--port", str(port)],
            cwd=project,
            env=environment,
            stdout=said,
            stderr=said,
            preexec_fn=before,  # noqa: PLW1509 - sets a limit, and waits for nothing
        )
    collector = Collector(process, port, log)
    until = time.monotonic() + _LONGEST_START
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            collector.ask("/health")
            return collector
        time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"the collector did not start: {log.read_text()[-2000:]}")


@contextmanager
def running(project: Path, database: str | None = None, **options: Any) -> Iterator[Collector]:
    """A collector for as long as the block takes; it is asked to end, and must end well."""
    collector = start(project, free_port(), database, **options)
    try:
        yield collector
    finally:
        collector.process.terminate()
        if collector.process.wait(60) != 0:
            raise RuntimeError(f"the collector did not end well: {collector.log.read_text()[-2000:]}")
