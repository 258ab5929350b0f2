"""What is answered where something is wrong: problem details, as RFC 9457 has them."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from tasks.collected.outcome import Refusal

MEDIA_TYPE = "application/problem+json"
_MOST_SHOWN = 100
"""Faults that are listed; further ones are only counted."""


class ProblemError(Exception):
    """Ends a request with an answer that says what is wrong. Nothing in it is taken from the request's values."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, errors: Sequence[Refusal] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers or {}

    def body(self) -> bytes:
        """The problem details."""
        body: dict[str, Any] = {"type": "about:blank", "title": self.status.phrase, "status": int(self.status)}
        body["detail"] = self.detail
        if self.errors:
            body["errors"] = [shown(refusal) for refusal in self.errors[:_MOST_SHOWN]]
            body["faults"] = len(self.errors)
        return json.dumps(body).encode()

    def response(self) -> Response:
        """The answer."""
        return Response(self.body(), status_code=self.status, media_type=MEDIA_TYPE, headers=self.headers)


def refused(errors: Sequence[Refusal]) -> ProblemError:
    """422: what was sent cannot be taken as it is."""
    first = errors[0]
    where = "" if first.line is None else f"line {first.line}: "
    more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
    nothing = " Nothing was stored." if first.line is not None else ""
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}{first.field}: {first.reason}.{more}{nothing}", errors=errors
    )


def too_large(limit: int) -> ProblemError:
    """413: what follows of the body is not read, so that the connection ends with it."""
    detail = f"The body is larger than {limit:,} bytes. Send smaller batches."
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers={"Connection": "close"})


def unavailable(detail: str, seconds: int) -> ProblemError:
    """503: the same request may succeed in so many seconds."""
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(seconds)})


def shown(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON has it."""
    parts = {"line": refusal.line, "field": refusal.field, "reason": refusal.reason, "hint": refusal.hint}
    return {name: value for name, value in parts.items() if value not in (None, "")}
