"""Asks an ASGI application in this process, on one event loop, without a socket: a fraction of a millisecond each."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.types import ASGIApp


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: dict[str, list[str]]
    body: bytes


class AsgiClient:
    """A running application. Belongs to one thread."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        self._app, self._loop = app, loop

    def ask(self, method: str, url: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        """One request, and its answer."""
        return self._loop.run_until_complete(self._ask(method, url, headers, body))

    async def _ask(self, method: str, url: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        parts = urlsplit(url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(parts.path).decode("utf-8", "replace"),
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(b"host", parts.netloc.encode()), *(one for one in headers if one[0] != b"host")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        named: dict[str, list[str]] = {}
        for name, value in sent[0]["headers"]:
            named.setdefault(name.decode(), []).append(value.decode())
        return Answer(sent[0]["status"], named, b"".join(message.get("body", b"") for message in sent[1:]))


@contextmanager
def asgi_client(app: ASGIApp) -> Iterator[AsgiClient]:
    """Start an application, and end it with the block."""
    loop = asyncio.new_event_loop()
    begun, ending, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    asked = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> dict[str, Any]:
        kind = next(asked)
        if kind == "lifespan.shutdown":
            await ending.wait()
        return {"type": kind}

    async def send(message: Any) -> None:
        assert not message["type"].endswith("failed"), message
        (begun if "startup" in message["type"] else ended).set()

    living = loop.create_task(app({"type": "lifespan", "state": {}}, receive, send))  # type: ignore[arg-type]
    try:
        loop.run_until_complete(begun.wait())
        yield AsgiClient(app, loop)
    finally:
        ending.set()
        loop.run_until_complete(ended.wait())
        loop.run_until_complete(living)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
