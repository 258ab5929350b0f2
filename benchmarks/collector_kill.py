"""`kill -9` of the collector under load, again and again: every acknowledged event must be there, once.

`python -m benchmarks.collector_kill [--rounds N] [--seconds S] [--database ADDRESS]`. Clients send events one by one
and in batches, each with an event_id, and note which were acknowledged. The collector is killed at a random moment and
started again; what was not acknowledged is sent again until it is. At the end the store must hold each event once, and
must have held every acknowledged one right after each kill.
"""

import argparse
import json
import random
import signal
import tempfile
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks import collector_process
from benchmarks.collector_load import event
from benchmarks.collector_process import ask, free_port, write_project
from benchmarks.projects import report
from tasks.collected.opening import store_at, store_in
from tasks.collected.store import EventStore
from tasks.collected.tables import EVENTS
from tasks.database.address import address_of

_CLIENTS = 6
_SECONDS_TO_RETRY = 0.02


class Client(threading.Thread):
    """Sends new events until told to stop; every event until it is acknowledged."""

    def __init__(self, number: int, port: int, batch: int) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.acknowledged: list[str] = []
        self.repeated = 0
        self.unavailable = 0
        self.failures: list[Any] = []
        self._chance, self._port, self.batch = random.Random(number), port, batch
        self._done = threading.Event()
        self._abandoned = False

    def run(self) -> None:
        while not self._done.is_set():
            events = [event(self._chance) for _ in range(self.batch)]
            ids = [str(one["event_id"]) for one in events]
            if self._send(events):
                self.acknowledged += ids

    def finish(self, *, abandon: bool = False) -> None:
        """Stop once the last event is acknowledged, or at once."""
        self._abandoned |= abandon
        self._done.set()
        self.join()

    def _send(self, events: list[dict[str, Any]]) -> bool:
        body: Any = events[0] if self.batch == 1 else events
        path = "/log-event" if self.batch == 1 else "/log-events"
        while not self._abandoned:
            with suppress(OSError, HTTPException, json.JSONDecodeError):
                status, said = ask(self._port, path, body)
                if status in (200, 201, 202):
                    self.repeated += status == 200
                    return True
                self.unavailable += status == 503
                if status != 503:
                    self.failures.append((status, said))
                    return False
            time.sleep(_SECONDS_TO_RETRY)
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0, help="longest time between a start and a kill")
    parser.add_argument("--database", help="the address of a new PostgreSQL database, instead of a file of SQLite's")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        project = write_project(Path(name) / "project")
        counted = kill_again_and_again(project, chosen.rounds, chosen.seconds, chosen.seed, chosen.database)
    report("collector_kill", **counted)


def kill_again_and_again(
    project: Path, rounds: int, seconds: float, seed: int = 0, database: str | None = None
) -> dict[str, int]:
    """Kill a project's collector `rounds` times; what was counted. Asserts that nothing is lost, and nothing twice."""
    chance, port = random.Random(seed), free_port()
    running = collector_process.start(project, port, database)
    store = store_in(project / "data" / "events.db") if database is None else store_at(address_of(database))
    clients = [Client(number, port, 1 if number % 2 else 50) for number in range(_CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(rounds):
        time.sleep(chance.uniform(0.05, seconds))
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        require_all(store, clients)
        running = collector_process.start(project, port, database)
    for client in clients:
        client.finish()
    running.process.terminate()
    assert running.process.wait(60) == 0
    stored = require_all(store, clients)
    store.close()
    return {
        "kills": rounds,
        "acknowledged": stored,
        "answered_as_stored_before": sum(client.repeated for client in clients),
    }


def require_all(store: EventStore, clients: list[Client]) -> int:
    """Every acknowledged event is in the store, and none is there twice; how many were acknowledged."""
    # In this order: what is acknowledged while the store is read is no fault.
    acknowledged = {one for client in clients for one in list(client.acknowledged)}
    with store.snapshot() as connection:
        stored = connection.execute(select(EVENTS.c.event_id)).scalars().all()
    assert not [client.failures for client in clients if client.failures], "an event was refused"
    assert len(stored) == len(set(stored)), "an event is there twice"
    assert acknowledged <= set(stored), f"{len(acknowledged - set(stored))} acknowledged events are lost"
    return len(acknowledged)


if __name__ == "__main__":
    main()
