"""How fast the predictions are served, beside the least that could serve them and beside `mlflow models serve`.

`python -m benchmarks.serving_speed [--runs N] [--clients N] [--requests N] [--mlflow-requests N] [--without-mlflow]`.
Everything is served from a copy of this project's registry. The servers share one core and the load comes from another;
they are asked in turn, each `runs` times, and medians are reported; `processor_us` is the processor's time of a
request, which others on the machine change little. The yardsticks:

* `bare`: benchmarks.bare_serving, an ASGI application in the same server that parses the same bodies, asks the same
  models, and writes the same fields.
* `mlflow`: `mlflow models serve` with the same registered version, sent the same rows.

`full` is an answer with all that is documented; `short` one that was asked for with families=false, and
contributions=false where there are any (of a breakout nothing can be left out). Limits, of single rows from 64 clients:
half of bare and 50 x mlflow, p99 25 ms; of 1,000 rows in a request: 200,000 rows/s and 3.5 x mlflow, of a boosted and
of a linear champion. Then a catalogue's forecast of 1,000 tracks x 730 days (below 1 s), from the start until it is
ready with all champions (below 5 s), and its memory after the load (below 600 MB).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.collector_process import ask, free_port
from benchmarks.projects import ROOT, report
from benchmarks.served_project import copy_registry
from benchmarks.server_process import Server, serving
from benchmarks.serving_rows import MONTH, SONG, WEEK, catalogue, records
from refrain.project import Project
from tasks.aliases import move_alias
from tasks.tracking import open_store
from tasks.versions import CHAMPION, read_target

_MANY, _MANY_CLIENTS = 1000, 4
_TRACKS, _DAYS = 1000, 730
_SECONDS_TO_SWAP = 30.0
_LONGEST_LOAD = 300.0
Figures = dict[str, float]


@dataclass(frozen=True)
class Case:
    """A prediction that is asked for."""

    name: str
    path: str
    target: str
    features: tuple[str, ...]
    linear: str
    """Its linear family."""
    short: str = ""
    """The query that leaves out all that can be left out; empty where there is nothing."""

    @property
    def ways(self) -> dict[str, str]:
        """How it is asked: with all that is documented, and in short."""
        return {"full": self.path} | ({"short": self.path + self.short} if self.short else {})


CASES = (
    Case("hit", "/hit/predict", "hits.hit", SONG, "logistic", "?families=false&contributions=false"),
    Case("oneweek", "/oneweek/predict", "streams.one_week", WEEK, "ridge", "?families=false"),
    Case("breakout", "/breakout/predict", "breakout.core", MONTH, "logistic"),
)


@dataclass(frozen=True)
class Bench:
    """Where and how it is measured."""

    project: Project
    runs: int
    clients: int
    requests: int
    mlflow_requests: int
    load_core: int | None
    serving_core: int | None

    @contextmanager
    def api(self) -> Iterator[Server]:
        """`refrain serve`."""
        port = free_port()
        command = [sys.executable, "-m", "serving.cli", "serve", "--port", str(port)]
        with serving(command, port, self.project.root, ready="/ready", core=self.serving_core) as server:
            yield server

    @contextmanager
    def bare(self) -> Iterator[Server]:
        """The yardstick."""
        port = free_port()
        words = ["--project", str(self.project.root), "--port", str(port)]
        command = [sys.executable, "-m", "benchmarks.bare_serving", *words]
        with serving(command, port, self.project.root, ready="/ready", core=self.serving_core) as server:
            yield server

    @contextmanager
    def mlflow(self, target: str) -> Iterator[Server]:
        """`mlflow models serve` with a target's champion."""
        port = free_port()
        model = ["-m", f"models:/{target}@{CHAMPION}", "--env-manager", "local"]
        address = ["-h", "127.0.0.1", "-p", str(port), "-w", "1"]
        environment = {
            "MLFLOW_TRACKING_URI": open_store(self.project).uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        with serving(
            ["mlflow", "models", "serve", *model, *address],
            port,
            self.project.root,
            ready="/ping",
            core=self.serving_core,
            environment=environment,
        ) as server:
            yield server

    def load(self, server: Server, path: str, bodies: Sequence[Any], requests: int, clients: int) -> Figures:
        """Send `bodies` over and over; a wrong answer ends the benchmark."""
        given = self.project.root / "given.json"
        given.write_bytes(orjson.dumps({"path": path, "bodies": bodies}))
        words = [f"--port={server.port}", f"--given={given}", f"--connections={clients}", f"--requests={requests}"]
        warm_up = max(requests // 10, clients)
        words += [f"--warm-up={warm_up}"]
        words += [] if self.load_core is None else [f"--core={self.load_core}"]
        command = [sys.executable, "-m", "benchmarks.serving_load", *words]
        before = server.processor_seconds()
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=_LONGEST_LOAD)
        found: Figures = orjson.loads(done.stdout)
        assert not found["failed"], f"{path}: {found}"
        assert not found["wrong"], f"{path}: {found}"
        found["processor_us"] = 1e6 * (server.processor_seconds() - before) / (requests + warm_up)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--mlflow-requests", type=int, default=600)
    parser.add_argument("--without-mlflow", action="store_true")
    chosen = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    load_core, serving_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as name:
        project = copy_registry(Path(name) / "project")
        mlflow_requests = 0 if chosen.without_mlflow else chosen.mlflow_requests
        bench = Bench(project, chosen.runs, chosen.clients, chosen.requests, mlflow_requests, load_core, serving_core)
        figures |= started(bench)
        with bench.api() as api, bench.bare() as bare:
            for case in CASES:
                figures |= singles(bench, case, api, bare)
                figures |= batches(bench, case, api, bare, "boosted")
            figures |= forecast(bench, api)
            for case in CASES:
                promote(bench, case, api)
            figures["resident_mb"] = round(api.resident_mb(), 1)
        with bench.api() as api, bench.bare() as bare:
            for case in CASES:
                figures |= batches(bench, case, api, bare, "linear")
    report("serving_speed", **figures)


def started(bench: Bench) -> Figures:
    """Seconds from the start to ready, with all champions and nothing else running."""
    seconds, processor = [], []
    for _ in range(bench.runs):
        with bench.api() as api:
            seconds.append(api.seconds_to_ready)
            processor.append(api.processor_seconds())
    return shown(
        {
            "seconds_to_ready": statistics.median(seconds),
            "processor_seconds_to_ready": statistics.median(processor),
        }
    )


def singles(bench: Bench, case: Case, api: Server, bare: Server) -> Figures:
    """One row in a request."""
    rows = records(case.target, case.features, 256)
    runs: dict[str, list[Figures]] = {}

    def measure(name: str, server: Server, path: str, bodies: Sequence[Any], requests: int) -> None:
        runs.setdefault(name, []).append(bench.load(server, path, bodies, requests, bench.clients))

    with ExitStack() as stack:
        mlflow = stack.enter_context(bench.mlflow(case.target)) if bench.mlflow_requests else None
        for _ in range(bench.runs):
            for asked, path in case.ways.items():
                measure(asked, api, path, rows, bench.requests)
                measure(f"bare_{asked}", bare, path, rows, bench.requests)
            if mlflow is not None:
                bodies = [split_frame([row]) for row in rows]
                measure("mlflow", mlflow, "/invocations", bodies, bench.mlflow_requests)
    speed = {name: median(found, "requests_per_second") for name, found in runs.items()}
    figures: Figures = {f"{case.name}_{name}_per_second": value for name, value in speed.items()}
    figures |= {f"{case.name}_{asked}_p99_ms": median(runs[asked], "p99_ms") for asked in case.ways}
    figures |= {f"{case.name}_{name}_processor_us": median(found, "processor_us") for name, found in runs.items()}
    return shown(figures | ratios(case.name, case, speed))


def batches(bench: Bench, case: Case, api: Server, bare: Server, model: str) -> Figures:
    """A thousand rows in a request."""
    rows = records(case.target, case.features, _MANY)
    body, requests, shortest = {"records": rows}, max(bench.requests // 200, 8), [*case.ways.values()][-1]
    runs: dict[str, list[Figures]] = {}

    def measure(name: str, server: Server, path: str, given: Any, count: int) -> None:
        runs.setdefault(name, []).append(bench.load(server, path, [given], count, _MANY_CLIENTS))

    with ExitStack() as stack:
        mlflow = stack.enter_context(bench.mlflow(case.target)) if bench.mlflow_requests else None
        for _ in range(bench.runs):
            for asked, path in case.ways.items():
                count = requests if path == shortest else max(requests // 4, 8)
                measure(asked, api, path, body, count)
                measure(f"bare_{asked}", bare, path, body, count)
            if mlflow is not None:
                measure("mlflow", mlflow, "/invocations", split_frame(rows), max(requests // 2, 8))
    label = f"{case.name}_{model}_many"
    speed = {name: _MANY * median(found, "requests_per_second") for name, found in runs.items()}
    figures: Figures = {f"{label}_{name}_rows_per_second": value for name, value in speed.items()}
    figures |= {f"{label}_{name}_processor_us": median(found, "processor_us") for name, found in runs.items()}
    return shown(figures | ratios(label, case, speed))


def ratios(label: str, case: Case, speed: Figures) -> Figures:
    """How many times as fast as the yardsticks."""
    bare = {f"{label}_{asked}_of_bare": speed[asked] / speed[f"bare_{asked}"] for asked in case.ways}
    if "mlflow" not in speed:
        return bare
    return bare | {f"{label}_{asked}_of_mlflow": speed[asked] / speed["mlflow"] for asked in case.ways}


def forecast(bench: Bench, api: Server) -> Figures:
    """A catalogue at once, from its first byte to the last of the answer."""
    body = catalogue(_TRACKS, _DAYS)
    found = bench.load(api, "/catalogue/forecast", [body], max(bench.runs, 3), 1)
    return shown({"catalogue_seconds": found["p50_ms"] / 1000})


def promote(bench: Bench, case: Case, api: Server) -> None:
    """Make the linear family the champion, and wait until it is served."""
    store = open_store(bench.project)
    number = read_target(store, case.target).aliases[case.linear]
    move_alias(store, case.target, CHAMPION, number, why="to be measured", numbers={})
    body, until = records(case.target, case.features, 1)[0], time.monotonic() + _SECONDS_TO_SWAP
    while ask(api.port, case.path, body)[1]["model"]["version"] != number:
        assert time.monotonic() < until, f"{case.target} is still served by the old champion"
        time.sleep(0.1)


def split_frame(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows as MLflow takes them soonest."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {"dataframe_split": {"columns": columns, "data": [[row.get(name) for name in columns] for row in rows]}}


def median(runs: Sequence[Figures], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def shown(figures: Figures) -> Figures:
    """The same, rounded, once they are printed."""
    rounded = {name: round(value, 2 if value < 1000 else None) for name, value in figures.items()}
    print("\n".join(f"{name} {value}" for name, value in rounded.items()), flush=True)
    return rounded


if __name__ == "__main__":
    main()
