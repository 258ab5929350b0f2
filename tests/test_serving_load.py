"""The load client counts what it must count: failures, latencies, answers that are not as they should be."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from benchmarks.http_load import load
from benchmarks.serving_load import agree, measured, requests_of

BODIES = [{"number": number} for number in range(10)]
Answer = Callable[[dict[str, int]], Awaitable[tuple[int, object]]]


@asynccontextmanager
async def _server(answer: Answer) -> AsyncIterator[int]:
    """A server of its own, that answers each body as `answer` says (None: it hangs up); its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            status, said = await answer(json.loads(await reader.readexactly(length)))
            if said is None:
                break
            body = json.dumps(said).encode()
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        writer.close()

    async def serve_until_left(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve_until_left, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _measured(answer: Answer, count: int = 500) -> dict[str, float]:
    async def run() -> dict[str, float]:
        async with _server(answer) as port:
            return await measured(port, 4, requests_of({"path": "/x", "bodies": BODIES}), count, warm_up=8)

    return uvloop.run(run())  # as the command does


async def _echo(body: dict[str, int]) -> tuple[int, object]:
    return 200, {"said": body["number"] / 3}


def test_every_request_is_counted_once() -> None:
    found = _measured(_echo)
    assert (found["requests"], found["failed"], found["wrong"]) == (500, 0, 0)
    assert found["checked"] == 5
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["requests_per_second"] > 0


def test_a_failure_in_between_is_reported() -> None:
    async def fails_once_in_ten(body: dict[str, int]) -> tuple[int, object]:
        return (500, {}) if body["number"] == 3 else await _echo(body)

    assert _measured(fails_once_in_ten)["failed"] == 50


def test_another_answer_than_alone_is_reported() -> None:
    asked = 0

    async def forgets(body: dict[str, int]) -> tuple[int, object]:
        nonlocal asked
        asked += 1
        return 200, {"said": body["number"] / 3 if asked > 508 else 0.7}

    found = _measured(forgets)
    assert found["wrong"] == found["checked"] == 5


def test_a_latency_is_the_time_of_one_request() -> None:
    async def waits(body: dict[str, int]) -> tuple[int, object]:
        await asyncio.sleep(0.05)
        return await _echo(body)

    found = _measured(waits, count=40)
    assert found["p50_ms"] >= 50
    assert found["requests_per_second"] <= 4 / 0.05


def test_a_server_that_hangs_up_ends_the_load() -> None:
    async def hangs_up(body: dict[str, int]) -> tuple[int, object]:
        return (200, None) if body["number"] == 5 else await _echo(body)

    async def run() -> None:
        async with _server(hangs_up) as port:
            await load(port, 2, requests_of({"path": "/x", "bodies": BODIES}), 100)

    with pytest.raises(ConnectionError):
        uvloop.run(run())


def test_numbers_agree_but_for_rounding() -> None:
    assert agree({"a": [0.1 + 0.2, "x", None]}, {"a": [0.3, "x", None]})
    assert not agree({"a": [0.3]}, {"a": [0.30001]})
    assert not agree({"a": 1}, {"a": 1, "b": 2})
    assert not agree([1, 2], [1])
