"""What a server says about itself: a JSON object a line, on standard error. Never what was sent."""

import json
import logging
from datetime import UTC, datetime

from serving.web.request_log import LineLog


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        # Without the traceback that a record may carry: an exception's text may hold values.
        return json.dumps({"at": at, "level": record.levelname.lower(), "message": record.getMessage()})


class _IntoLog(logging.Handler):
    """Hands lines to the thread that writes them."""

    def __init__(self, log: LineLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.offer(f"{self.format(record)}\n")


def log_as_json_lines(log: LineLog | None = None) -> None:
    """Send the logs of the server and, where something is wrong, of its libraries there: by `log`, where given."""
    handler = logging.StreamHandler() if log is None else _IntoLog(log)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("refrain").setLevel(logging.INFO)
