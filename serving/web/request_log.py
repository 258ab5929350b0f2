"""Log lines, one JSON object each, written by a thread of their own: whoever answers never waits for a terminal."""

import os
import threading
from collections import deque
from datetime import UTC, datetime
from typing import NamedTuple

_MOST_WAITING = 50_000
_SECONDS_BETWEEN = 0.1


class RequestLine(NamedTuple):
    """What is said of a request. Nothing in it is what somebody sent, but for the two ids, which were checked."""

    at: float
    """Seconds since 1970."""
    method: str
    route: str
    """The path as it is documented, with {names} for what varies."""
    status: int
    seconds: float
    sent: int
    """Bytes of the answer's body."""
    request_id: str
    key: str
    """Name of the key that was shown; empty where none is asked for."""
    trace: str
    """The traceparent header (W3C Trace Context), empty where there was none."""

    def written(self) -> str:
        """The line. Every text in it is of harmless letters."""
        key = f', "key": "{self.key}"' if self.key else ""
        trace = f', "traceparent": "{self.trace}"' if self.trace else ""
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        level = "info" if self.status < 500 else "warning"
        return (
            f'{{"at": "{at}", "level": "{level}", "message": "request", "method": "{self.method}", '
            f'"route": "{self.route}", "status": {self.status}, "ms": {self.seconds * 1000:.2f}, '
            f'"bytes": {self.sent}, "request_id": "{self.request_id}"{key}{trace}}}\n'
        )


class LineLog:
    """Writes lines to a file descriptor. What comes faster than it can be written is dropped and counted."""

    def __init__(self, descriptor: int = 2, most_waiting: int = _MOST_WAITING) -> None:
        self._descriptor, self._most = descriptor, most_waiting
        self._waiting: deque[RequestLine | str] = deque()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def start(self) -> None:
        """Begin to write."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def offer(self, line: RequestLine | str) -> None:
        """Have a line written; never waits. A text must end with its line break."""
        if len(self._waiting) < self._most:
            self._waiting.append(line)
        else:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, unless nobody reads it within a few seconds."""
        if self._thread is not None:
            self._closing.set()
            self._thread.join(5)
            self._thread = None

    def _run(self) -> None:
        while not self._closing.wait(_SECONDS_BETWEEN):
            self._write()
        self._write()

    def _write(self) -> None:
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        text = "".join(line if isinstance(line, str) else line.written() for line in lines).encode()
        try:
            while text:
                text = text[os.write(self._descriptor, text) :]
        except OSError:  # nobody reads it any more
            self.dropped += len(lines)
