"""Load on a server of predictions: the same few bodies over and over, every status and some of the answers checked.

`python -m benchmarks.serving_load --port N --given FILE [--connections N] [--requests N] [--warm-up N] [--core N]`
prints what it measured as JSON. `given` is a JSON file {path, bodies: [...]}. It runs in a process of its own, on a
core of its own, so that the server's core serves alone. Of one answer in a hundred the numbers must be those that the
same body is answered with when it is sent alone.
"""

import argparse
import json
import math
import os
from pathlib import Path
from typing import Any

import orjson
import uvloop

from benchmarks.http_load import Load, load, post

_KEEP_EVERY = 101  # prime, so that all bodies have their turn
_CLOSE = 1e-9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--given", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--warm-up", type=int, default=0)
    parser.add_argument("--core", type=int, help="the core that it runs on")
    chosen = parser.parse_args()
    if chosen.core is not None:
        os.sched_setaffinity(0, {chosen.core})
    requests = requests_of(json.loads(chosen.given.read_bytes()))
    print(json.dumps(uvloop.run(measured(chosen.port, chosen.connections, requests, chosen.requests, chosen.warm_up))))


def requests_of(given: dict[str, Any]) -> list[bytes]:
    """What is sent, of {path, bodies}."""
    return [post(given["path"], orjson.dumps(body)) for body in given["bodies"]]


async def measured(port: int, connections: int, requests: list[bytes], count: int, warm_up: int) -> dict[str, float]:
    """How many requests a second were answered with success, how long one took, and how many answers were wrong."""
    if warm_up:
        await load(port, connections, requests, warm_up)
    found = await load(port, connections, requests, count, _KEEP_EVERY)
    return {
        "requests": count,
        "failed": found.failed,
        "wrong": await _wrong(port, requests, found),
        "checked": len(found.kept),
        "requests_per_second": round(found.per_second, 1),
        "p50_ms": round(found.milliseconds(0.5), 2),
        "p95_ms": round(found.milliseconds(0.95), 2),
        "p99_ms": round(found.milliseconds(0.99), 2),
    }


async def _wrong(port: int, requests: list[bytes], found: Load) -> int:
    """How many of the answers that were kept are others than the same request gets alone."""
    places = sorted({place for place, _ in found.kept})
    alone = await load(port, 1, [requests[place] for place in places], len(places), 1)
    expected = dict(zip(places, (json.loads(body) for _, body in alone.kept), strict=True))
    return sum(not agree(json.loads(body), expected[place]) for place, body in found.kept)


def agree(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, their numbers but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return bool(one == other)


if __name__ == "__main__":
    main()
