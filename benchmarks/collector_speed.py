"""Events a second that the collector acknowledges, each on the disk before its answer: one by one, and in batches.

`python -m benchmarks.collector_speed [--singles N] [--batches N] [--runs N] [--clients N]`. One process collects into a
new SQLite file; the load comes from another process, on the same machine, over connections that send their next request
once the last is answered. Ten thousand users and five hundred shows are registered, and every event has an event_id.
Afterwards the store must hold what was acknowledged, no more and no less. Limits: 2,000 single events/s from 32
clients, 50,000 events/s in batches of 1,000. Beside them: what the disk does alone, commits of one row.
"""

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from benchmarks.collector_load import SHOWS, USERS
from benchmarks.collector_process import running, write_project
from benchmarks.projects import ROOT, report
from tasks.collected import tables
from tasks.collected.opening import store_in
from tasks.collected.schema import prepare

_BATCH = 1000
_BATCH_CLIENTS = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--singles", type=int, default=20_000)
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clients", type=int, default=32)
    chosen = parser.parse_args()
    single, many = [], []
    for run in range(chosen.runs):
        with tempfile.TemporaryDirectory() as name:
            folder = write_project(Path(name) / "project")
            fill(folder / "data" / "events.db")
            with running(folder) as collector:
                single.append(measure(collector.port, chosen.clients, chosen.singles, 1, 2 * run))
                many.append(measure(collector.port, _BATCH_CLIENTS, chosen.batches, _BATCH, 2 * run + 1))
            stored = count(folder / "data" / "events.db")
            assert stored == single[-1]["acknowledged"] + many[-1]["acknowledged"], "not what was acknowledged"
            print(f"singles {single[-1]}\nbatches {many[-1]}")
    with tempfile.TemporaryDirectory() as name:
        commits = commits_per_second(Path(name) / "disk.db")
    report(
        "collector_speed",
        single_events_per_second=_median(single, "events_per_second"),
        single_p50_ms=_median(single, "p50_ms"),
        single_p99_ms=_median(single, "p99_ms"),
        batched_events_per_second=_median(many, "events_per_second"),
        batch_p50_ms=_median(many, "p50_ms"),
        batch_p99_ms=_median(many, "p99_ms"),
        commits_per_second_of_the_disk=round(commits),
    )


def fill(path: Path) -> None:
    """The tables, with the users and shows of the load."""
    path.parent.mkdir(parents=True)
    store = store_in(path)
    prepare(store)
    with store.writing() as connection:
        users = [
            {"user_id": f"user-{n}", "registered_at": 0, "country": "NO", "subscription": "basic", "received_at": 0}
            for n in range(USERS)
        ]
        connection.execute(insert(tables.USERS), users)
        shows = [{"show_id": f"show-{n}", "title": f"Show {n}", "received_at": 0} for n in range(SHOWS)]
        connection.execute(insert(tables.SHOWS), shows)
    store.close()


def measure(port: int, connections: int, requests: int, batch: int, seed: int) -> dict[str, Any]:
    words = [f"--port={port}", f"--connections={connections}", f"--requests={requests}", f"--batch={batch}"]
    command = [sys.executable, "-m", "benchmarks.collector_load", *words, f"--seed={seed}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["refused"] == 0
    return found


def count(path: Path) -> int:
    store = store_in(path)
    with store.snapshot() as connection:
        found = connection.execute(select(func.count()).select_from(tables.EVENTS)).scalar()
    store.close()
    return int(found or 0)


def commits_per_second(path: Path) -> float:
    """Of one small row, by one client of SQLite itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (n)")
    began, commits = time.perf_counter(), 300
    for n in range(commits):
        connection.execute("INSERT INTO t VALUES (?)", (n,))
    return commits / (time.perf_counter() - began)


def _median(runs: list[dict[str, Any]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


if __name__ == "__main__":
    main()
