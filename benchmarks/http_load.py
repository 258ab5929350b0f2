"""Load over HTTP: connections that each send their next request once the last is answered, and what came of it."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import cast

from httptools import HttpResponseParser


@dataclass
class Load:
    """What came of some requests."""

    seconds: float = 0.0
    """From the first request to the last answer."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from each request to the end of its answer, whatever its status."""
    statuses: Counter[int] = field(default_factory=Counter)
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    """The place of some requests among those given, and the bodies of their answers."""

    @property
    def failed(self) -> int:
        """Answers of another status than 200, 201 and 202."""
        return sum(count for status, count in self.statuses.items() if status not in (200, 201, 202))

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return (len(self.latencies) - self.failed) / self.seconds

    def milliseconds(self, share: float) -> float:
        """What the given share of the requests took at most."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def load(port: int, connections: int, requests: Sequence[bytes], count: int, keep_every: int = 0) -> Load:
    """Send `count` requests, the given ones over and over, and keep the bodies of one answer in `keep_every`.

    Raises ConnectionError where a connection ends before its answer.
    """
    found = Load()
    left = iter(range(count))
    loop = asyncio.get_running_loop()
    ended = [loop.create_future() for _ in range(connections)]
    began = perf_counter()
    for future in ended:
        connection = partial(_Connection, requests, left, keep_every, found, future)
        await loop.create_connection(connection, "127.0.0.1", port)
    await asyncio.gather(*ended)
    found.seconds = perf_counter() - began
    return found


class _Connection(asyncio.Protocol):
    """One request after another, until none is left."""

    def __init__(
        self,
        requests: Sequence[bytes],
        left: Iterator[int],
        keep_every: int,
        found: Load,
        ended: "asyncio.Future[None]",
    ) -> None:
        self._requests, self._left, self._keep_every = requests, left, keep_every
        self._found, self._ended = found, ended
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] = []
        self._number, self._sent = 0, 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of another class
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        found = self._found
        found.latencies.append(perf_counter() - self._sent)
        found.statuses[self._parser.get_status_code()] += 1
        if self._keep_every and self._number % self._keep_every == 0:
            found.kept.append((self._number % len(self._requests), b"".join(self._body)))
        self._body.clear()
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(error or ConnectionError("the server ended a connection before its answer"))

    def _send(self) -> None:
        assert self._transport is not None
        number = next(self._left, None)
        if number is None:
            if not self._ended.done():
                self._ended.set_result(None)
            self._transport.close()
            return
        self._number, self._sent = number, perf_counter()
        self._transport.write(self._requests[number % len(self._requests)])


def post(path: str, body: bytes, kind: str = "application/json") -> bytes:
    """A request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body
