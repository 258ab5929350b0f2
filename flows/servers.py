"""The servers that a person starts: the Prefect and MLflow pages, and the worker that keeps the schedules."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.addresses import HOST
from flows.control_plane import answers, free_port, stop
from refrain.errors import RefrainError
from refrain.project import Project

_PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Server:
    """A server that has been started, and where a browser finds it."""

    name: str
    port: int
    health: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.port}"


POOL = "refrain"


@contextmanager
def worker(project: Project, prefect_port: int) -> Iterator[list[Server]]:
    """A Prefect server with the deployments of prefect.yaml, and a worker that starts their runs when they are due.

    Where PREFECT_API_URL names a server, that one is used. Raises RefrainError, naming the log, if something does not
    start.
    """
    started: list[Server] = []
    try:
        if not os.environ.get("PREFECT_API_URL"):
            started.append(_prefect(project, free_port(prefect_port)))
            wait_ready(started[0])
            os.environ["PREFECT_API_URL"] = f"{started[0].address}/api"
        _prefect_command(project, "work-pool", "create", POOL, "--type", "process", "--overwrite")
        # One run at a time: two would want the same data.
        _prefect_command(project, "work-pool", "set-concurrency-limit", POOL, "1")
        _prefect_command(project, "deploy", "--all")
        health = free_port()
        settings = {"PREFECT_WORKER_WEBSERVER_PORT": str(health), "PREFECT_WORKER_WEBSERVER_HOST": HOST}
        command = ["-m", "prefect", "worker", "start", "--pool", POOL, "--with-healthcheck"]
        started.append(start("worker", health, "/health", command, settings, project))
        wait_ready(started[-1])
        yield started
    finally:
        for server in reversed(started):
            stop(server.process)


def _prefect_command(project: Project, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *words],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RefrainError(
            f"`prefect {' '.join(words)}` failed: {(done.stderr or done.stdout).strip()}",
            hint="Is the Prefect server of the version that is installed here?",
        )


@contextmanager
def servers(project: Project, prefect_port: int, mlflow_port: int) -> Iterator[list[Server]]:
    """Both servers, ready to answer; stopped at the end. A port that is taken is replaced by a free one.

    Raises RefrainError, naming the log, if one of them does not start.
    """
    started: list[Server] = []
    try:
        started.append(_prefect(project, free_port(prefect_port)))
        started.append(_mlflow(project, free_port(mlflow_port)))
        for server in started:
            wait_ready(server)
        yield started
    finally:
        for server in started:
            stop(server.process)


def watch(started: list[Server]) -> None:
    """Return only if a server ends by itself. Raises RefrainError then; Ctrl-C comes as KeyboardInterrupt."""
    while True:
        for server in started:
            if server.process.poll() is not None:
                raise RefrainError(f"The {server.name} server has ended.", hint=f"What it said is in {server.log}.")
        time.sleep(0.5)


def _prefect(project: Project, port: int) -> Server:
    settings = {
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_UI_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    command = ["-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    return start("Prefect", port, "/api/health", command, settings, project)


def _mlflow(project: Project, port: int) -> Server:
    from tasks.tracking import server_arguments  # noqa: PLC0415  (MLflow takes seconds to import)

    command = ["-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    # Its job runners serve what we do not use, and are ten processes.
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return start("MLflow", port, "/health", [*command, *server_arguments(project)], settings, project)


def start(name: str, port: int, health: str, command: list[str], settings: dict[str, str], project: Project) -> Server:
    """Start a server of ours: `command` follows the Python that runs this, `settings` are added to its environment."""
    log = project.root / ".prefect" / f"{name.lower()}-ui.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **settings},
            cwd=project.root,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(name, port, health, process, log)


def wait_ready(server: Server) -> None:
    """Return once a server answers. Raises RefrainError, naming its log, if it ends or stays silent instead."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not answers(server.port, server.health):
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise RefrainError(f"The {server.name} server did not start.", hint=f"What it said is in {server.log}.")
        time.sleep(0.1)
