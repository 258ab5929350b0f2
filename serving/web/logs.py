"""What the collector says about itself: a JSON object a line, on standard error. Never what was sent."""

import json
import logging
from datetime import UTC, datetime


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        # Without the traceback that a record may carry: an exception's text may hold values.
        return json.dumps({"at": at, "level": record.levelname.lower(), "message": record.getMessage()})


def log_as_json_lines() -> None:
    """Send the logs of the collector and, where something is wrong, of its libraries there."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("refrain").setLevel(logging.INFO)
