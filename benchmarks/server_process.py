"""A server of any kind as a process on a core of its own, for as long as a benchmark asks it."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import ROOT

_LONGEST_START = 120.0
_LONGEST_END = 30.0


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    port: int
    seconds_to_ready: float
    process: "subprocess.Popen[bytes]"

    def resident_mb(self) -> float:
        """Memory of the process and of those it started, in megabytes."""
        return sum(_resident_kb(number) for number in _family(self.process.pid)) / 1024

    def processor_seconds(self) -> float:
        """Time that they have spent on a processor: what a request costs, whoever else uses the machine."""
        return sum(_ticks(number) for number in _family(self.process.pid)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    command: Sequence[str],
    port: int,
    folder: Path,
    *,
    ready: str,
    core: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a command that serves on `port`, from when GET `ready` is answered with 200 until the block ends.

    Raises RuntimeError, with what it said, where that does not come to pass. What it started ends with it.
    """
    log = folder / f"server-{port}.log"
    with log.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdout=said,
            stderr=said,
            start_new_session=True,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - no locks
        )
    try:
        while not _answers(port, ready):
            if process.poll() is not None or time.perf_counter() - began > _LONGEST_START:
                raise RuntimeError(f"{' '.join(command)} does not serve: {log.read_text()[-3000:]}")
            time.sleep(0.02)
        yield Server(port, time.perf_counter() - began, process)
    finally:
        _end(process)


def _answers(port: int, path: str) -> bool:
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        finally:
            connection.close()
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole group: `mlflow models serve` leaves its server behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LONGEST_END)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [root]
    for number in found:
        found += [child for child, parent in parents.items() if parent == number]
    return found


def _resident_kb(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def _ticks(process: int) -> int:
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0
