"""The collector's store taken out as parts of the datasets: everything, a day's new sessions, and nothing new.

`python -m benchmarks.export_events [--events N]`. Limit: a million events in well under a minute. SQLite, sessions of
half a year in the order in which they end, 20,000 users. Each export is a process of its own, whose size is taken.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from sqlalchemy import insert

from benchmarks.projects import ROOT, report, timed
from tasks.collected.opening import store_in
from tasks.collected.schema import prepare
from tasks.collected.store import EventStore
from tasks.collected.tables import EVENTS, USERS

_START, _DAYS, _USERS = 1_704_067_200, 180, 20_000
_BATCH = 50_000
_EXPORT = """
import json, sys, time
from pathlib import Path
from tasks.collected.export import export
from tasks.collected.opening import store_in
store, began = store_in(Path(sys.argv[1])), time.perf_counter()
found = export(store, Path(sys.argv[2]))
print(json.dumps({"seconds": time.perf_counter() - began, "new": found.new, "written": len(found.written)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = store_in(folder / "events.db")
        prepare(store)
        chance = random.Random(1)
        _register(store, chance)
        _log(store, chance, events, _START, _START + _DAYS * 86_400)
        everything = _export(folder)
        # A day's share.
        _log(store, chance, events // _DAYS, _START + _DAYS * 86_400, _START + (_DAYS + 1) * 86_400)
        a_day, nothing = _export(folder), _export(folder)
        store.close()
    for what, found in (("everything", everything), ("a day more", a_day), ("nothing new", nothing)):
        print(f"{what}: {found['new']:,} sessions in {found['seconds']:.2f} s, {found['written']} parts written")
    seconds = {what: round(found["seconds"], 2) for what, found in (("all", everything), ("day", a_day))}
    report("export_events", events=events, nothing=round(nothing["seconds"], 2), **seconds)


def _register(store: EventStore, chance: random.Random) -> None:
    users = [
        {
            "user_id": f"user-{number:06d}",
            "registered_at": _START - chance.randrange(500) * 86_400,
            "age": chance.randrange(15, 80),
            "country": chance.choice(["DE", "FR", "US"]),
            "subscription": "basic",
            "received_at": _START,
        }
        for number in range(_USERS)
    ]
    with store.writing() as connection:
        connection.execute(insert(USERS), users)


def _log(store: EventStore, chance: random.Random, count: int, start: int, end: int) -> None:
    logins = sorted(chance.randrange(start, end) for _ in range(count))
    for first in range(0, count, _BATCH):
        with store.writing() as connection:
            connection.execute(insert(EVENTS), [_event(chance, login) for login in logins[first : first + _BATCH]])


def _event(chance: random.Random, login: int) -> dict[str, object]:
    shows = chance.randrange(1, 4)
    return {
        "event_id": f"{chance.getrandbits(64):016x}",
        "user_id": f"user-{chance.randrange(_USERS):06d}",
        "login_time": login,
        "content_watched": "|".join(f"show-{chance.randrange(800):04d}" for _ in range(shows)),
        "genres_watched": "|".join(["drama", "sport", "news"][:shows]),
        "total_watch_time": round(chance.expovariate(1 / 60), 2) % 1440,
        "num_pauses": chance.randrange(5),
        "buffer_events": chance.randrange(3),
        "was_recommended": chance.random() < 0.3,
        "session_digest": chance.getrandbits(62),
        "received_at": login + 4000,
    }


def _export(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-c", _EXPORT, str(folder / "events.db"), str(folder / "collected")]
    found: dict[str, float] = json.loads(timed(command, ROOT).out)
    return found


if __name__ == "__main__":
    main()
