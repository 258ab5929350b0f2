"""The Prefect server that a run talks to: the caller's, or one that lives as long as the run."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType

from flows.addresses import HOST
from refrain.errors import RefrainError

_PATIENCE_SECONDS = 180.0
_PAUSE_SECONDS = 0.05


class TemporaryServer:
    """A Prefect server on loopback over the project's own database, for one run.

    It is what Prefect starts by itself where no server is named, but started before the heavy imports rather than after
    them (it needs 5 to 25 s), and without importing the server into the run's own process. Where PREFECT_API_URL names
    a server, that one is used and nothing is started.
    """

    def __init__(self, folder: Path) -> None:
        self._log = folder / "server.log"
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "TemporaryServer":
        if os.environ.get("PREFECT_API_URL"):
            return self
        self._port = free_port()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flows.temporary_server", str(self._port)],
                env={**os.environ, "PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                # Not in the terminal's process group: Ctrl-C reaches the run, which then ends the server itself.
                start_new_session=True,
            )
        os.environ["PREFECT_API_URL"] = f"http://{HOST}:{self._port}/api"
        return self

    def wait(self) -> None:
        """Return once the server answers. Raises RefrainError if it ends or stays silent instead."""
        if self._process is None:
            return
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not answers(self._port, "/api/health"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RefrainError(
                    f"The Prefect server for this run did not start; it said: {_last_line(self._log)}.",
                    hint=f"The whole of it is in {self._log}.",
                )
            time.sleep(_PAUSE_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        os.environ.pop("PREFECT_API_URL", None)
        stop(self._process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a server that we started, and what it started itself: politely, then firmly.

    Each of our servers leads a process group of its own.
    """
    for firmness in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, firmness)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)


def answers(port: int, path: str) -> bool:
    """Whether a server on loopback answers `path` with 200."""
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_port(wanted: int = 0) -> int:
    """`wanted` if nothing listens there on loopback, else some free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.is_file() else []
    return next((line for line in reversed(lines) if line.strip()), "nothing")
