"""Load on a collector: events written out before the clock starts, and connections that send one request after another.

`python -m benchmarks.collector_load --port N --connections N --requests N --batch N` prints what it measured as JSON.
It runs in a process of its own, so that the collector's interpreter serves the collector alone.
"""

import argparse
import asyncio
import json
import random
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop

USERS, SHOWS = 10_000, 500
_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
_SPREAD_SECONDS = 3 * 3600
_GENRES = ("drama", "comedy", "documentary", "crime", "music")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=1, help="events in a request; 1 is POST /log-event")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    requests = written(chosen.requests, chosen.batch, chosen.seed)
    print(json.dumps(uvloop.run(load(chosen.port, chosen.connections, requests, chosen.batch))))


def written(count: int, batch: int, seed: int) -> list[bytes]:
    """So many requests as they go over the wire."""
    chance = random.Random(seed)
    return [_request([event(chance) for _ in range(batch)], batch > 1) for _ in range(count)]


def event(chance: random.Random) -> dict[str, Any]:
    """A session that nobody else has."""
    login = _NEWEST - timedelta(seconds=chance.randrange(_SPREAD_SECONDS))
    return {
        "event_id": str(uuid.UUID(int=chance.getrandbits(128))),
        "user_id": f"user-{chance.randrange(USERS)}",
        "login_time": f"{login:%Y-%m-%dT%H:%M:%SZ}",
        "content_watched": [f"show-{chance.randrange(SHOWS)}" for _ in range(chance.randint(1, 4))],
        "genres_watched": chance.sample(_GENRES, 2),
        "total_watch_time": round(chance.expovariate(1 / 60), 1) % 1440,
        "num_pauses": chance.randrange(8),
        "buffer_events": chance.randrange(4),
        "was_recommended": chance.random() < 0.4,
    }


def _request(events: Sequence[dict[str, Any]], many: bool) -> bytes:
    body = "\n".join(map(json.dumps, events)).encode()
    path, kind = ("/log-events", "x-ndjson") if many else ("/log-event", "json")
    head = f"POST {path} HTTP/1.1\r\nHost: collector\r\nContent-Type: application/{kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def load(port: int, connections: int, requests: list[bytes], batch: int) -> dict[str, float]:
    """Send all requests; how many events a second were acknowledged, and how long a request took."""
    left, seconds, statuses = iter(requests), [], []
    began = time.perf_counter()
    await asyncio.gather(*(_send(port, left, seconds, statuses) for _ in range(connections)))
    whole = time.perf_counter() - began
    seconds.sort()
    acknowledged = sum(status in (200, 201, 202) for status in statuses)
    return {
        "acknowledged": acknowledged * batch,
        "refused": len(statuses) - acknowledged,
        "events_per_second": round(acknowledged * batch / whole),
        "p50_ms": round(1000 * seconds[len(seconds) // 2], 2),
        "p99_ms": round(1000 * seconds[len(seconds) * 99 // 100], 2),
    }


async def _send(port: int, left: Any, seconds: list[float], statuses: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in left:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - began)
        statuses.append(int(head[9:12]))
    writer.close()


if __name__ == "__main__":
    main()
