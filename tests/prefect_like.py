"""A server that tells of flow runs as Prefect's does."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

RUN: Mapping[str, Any] = {
    "id": "11111111-2222-3333-4444-555555555555",
    "name": "hits",
    "parameters": {"targets": ["hits"], "folder": "."},
    "state_name": "Failed",
    "state": {"message": "failed: hits.hit"},
    "start_time": "2026-11-21T18:02:11.450443Z",
    "end_time": "2026-11-21T18:06:24.909007Z",
    "estimated_run_time": 253.5,
}
EVERYTHING: Mapping[str, Any] = {
    **RUN,
    "id": "66666666-7777-8888-9999-000000000000",
    "parameters": {"targets": None},
    "state_name": "Running",
    "state": {},
    "end_time": None,
}


class PrefectLike:
    """Answers with what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"[]"
        self.asked: list[tuple[str, Any]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.asked.append((self.path, json.loads(body)))
                self.send_response(told.status)
                self.end_headers()
                self.wfile.write(told.body)

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.pages = f"http://127.0.0.1:{self.server.server_port}"
        self.api = f"{self.pages}/api"

    def tell(self, *runs: Mapping[str, Any]) -> None:
        """Of these runs, the newest first."""
        self.body = json.dumps(runs).encode()


@contextmanager
def prefect_like() -> Iterator[PrefectLike]:
    """One on loopback that answers until the end."""
    found = PrefectLike()
    thread = Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        found.server.server_close()
        thread.join()
