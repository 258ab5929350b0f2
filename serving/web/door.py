"""The door: what happens to every request before and after it is answered, and the short way to what is asked often.

FastAPI's own way to a handler takes longer than a model does. The endpoints that it documents are found here by path
and method, and answered without it; everything else is passed on to it.
"""

import logging
import re
import time
import traceback
from asyncio import CancelledError
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from itertools import count
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from refrain.errors import ModelError
from serving.web.deadlines import Deadlines
from serving.web.endpoint import JSON, Call, Endpoint
from serving.web.keys import ApiKeys
from serving.web.metrics import Answered, RequestMetrics
from serving.web.problems import MEDIA_TYPE, ProblemError, refused, too_large, unavailable
from serving.web.request_log import LineLog, RequestLine
from tasks.collected.outcome import Refusal

OPEN = frozenset({"/health", "/ready"})
"""Paths that are answered without a key."""
UNKNOWN = "unknown"
"""The route of what is found nowhere, and the method that nobody has heard of."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_MOST_HEADERS = 100
_MOST_HEADER_BYTES = 65_536
_LONGEST_PATH = 8_192
_MOST_PARAMETERS = 50
_MOST_QUERIES = 64
"""Read once and remembered: clients repeat the few that they use."""
_SECONDS_OF_GRACE = 5.0
"""What keeps a time of its own, as the collector does, says itself that it is over."""
_CLIENT_LEFT = 499
_log = logging.getLogger("refrain.serving")
Headers = dict[bytes, bytes]


@dataclass(frozen=True)
class Limits:
    """What the door lets in."""

    max_body_bytes: int
    seconds_to_answer: float
    hosts: frozenset[bytes] = frozenset()
    """Names by which it may be called; by any, where empty. A page of another site that has its own name point to this
    machine calls by that name, and a browser would show it what is answered."""


@dataclass(slots=True)
class _Request:
    """A request while it is under way, and what is known of its answer."""

    scope: Scope
    send: Send
    headers: Headers
    id: str
    began: float
    key: str = ""
    route: str = UNKNOWN
    status: int = 0
    """0 until an answer has begun."""
    sent: int = 0

    async def answer(self, status: int, media_type: str, body: bytes, more: Mapping[str, str] | None = None) -> None:
        headers = [
            (b"content-type", media_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", self.id.encode()),
        ]
        if more:
            headers += [(name.lower().encode(), value.encode()) for name, value in more.items()]
        self.status, self.sent = status, len(body)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else body})

    async def passed_on(self, message: MutableMapping[str, Any]) -> None:
        """What another application answers, with the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.id.encode())]
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self.sent += len(body)
            if body and self.scope["method"] == "HEAD":
                message = {**message, "body": b""}
        await self.send(message)


class Door:
    """An ASGI application around FastAPI's. Belongs to one event loop."""

    def __init__(
        self,
        app: ASGIApp,
        endpoints: Iterable[Endpoint],
        *,
        limits: Limits,
        keys: ApiKeys,
        metrics: RequestMetrics,
        log: LineLog,
    ) -> None:
        self._app, self._limits, self._keys, self._metrics, self._lines = app, limits, keys, metrics, log
        self._short = {(one.method, one.path): one for one in endpoints if "{" not in one.path}
        self._deadlines = Deadlines()
        self._prefix, self._numbers = token_hex(6), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request = _Request(scope, send, headers, self._id(headers), time.perf_counter())
        self._metrics.in_flight += 1
        try:
            await self._let_in(request, receive)
        except ProblemError as problem:
            await _explain(request, problem)
        except ModelError as error:  # our own sentence: nothing is served of this target
            await _explain(request, unavailable(str(error), 5))
        except ClientDisconnect:
            request.status = _CLIENT_LEFT
        except Exception as error:
            await self._fault(request, error)
        finally:
            self._metrics.in_flight -= 1
            self._note(request)

    async def _let_in(self, request: _Request, receive: Receive) -> None:
        scope = request.scope
        if len(request.headers) > _MOST_HEADERS or sum(map(len, request.headers.values())) > _MOST_HEADER_BYTES:
            raise ProblemError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "There are too many or too long headers.")
        if self._limits.hosts and _name(request.headers.get(b"host", b"")) not in self._limits.hosts:
            raise _misdirected()
        method, path = scope["method"], scope["path"]
        endpoint = self._short.get(("GET" if method == "HEAD" else method, path))
        if endpoint is not None:
            request.route = endpoint.path
        if self._keys and path not in OPEN:
            name = self._keys.name_of(request.headers)
            if name is None:
                raise _keyless()
            request.key = name
        seconds = self._limits.seconds_to_answer + (_SECONDS_OF_GRACE if endpoint is None else 0)
        task = self._deadlines.begin(request.began + seconds)
        try:
            if endpoint is None:
                await self._pass_on(request, receive)
                return
            reply = await endpoint.answer(await self._call(request, endpoint, receive))
        except CancelledError:
            if not self._deadlines.over(task):
                raise
            raise _overdue(seconds) from None
        finally:
            self._deadlines.over(task)
        if reply.predicted:
            self._metrics.count_predicted(reply.predicted)
        await request.answer(reply.status, reply.media_type, reply.body)

    async def _call(self, request: _Request, endpoint: Endpoint, receive: Receive) -> Call:
        body = b""
        if endpoint.body is not None:
            kind = request.headers.get(b"content-type", b"application/json")
            if not kind[: len(JSON)].lower() == JSON.encode():
                raise _not_json()
            body = await self._body(request.headers, receive)
        query: Mapping[str, str] = {}
        if request.scope["query_string"]:
            query = _parameters(request.scope["query_string"])
        return Call(body, query, {}, request.id)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        limit = self._limits.max_body_bytes
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced[:19]) > limit:
            raise too_large(limit)
        body, parts = b"", []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body, more = message.get("body", b""), message.get("more_body", False)
            size += len(body)
            if size > limit:
                raise too_large(limit)
            parts.append(body)
        return body if len(parts) == 1 else b"".join(parts)

    async def _pass_on(self, request: _Request, receive: Receive) -> None:
        scope = request.scope
        if len(scope["path"]) > _LONGEST_PATH:
            raise ProblemError(HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long.")
        inner = {**scope, "request_id": request.id, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        try:
            await self._app(inner, receive, request.passed_on)
        finally:
            request.route = getattr(inner.get("route"), "path", UNKNOWN)

    async def _fault(self, request: _Request, error: Exception) -> None:
        """A fault of our own, whose text may hold what was sent: only its kind and place are logged."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s 500 %s at %s:%s", request.route, type(error).__name__, place.filename, place.lineno)
        problem = ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of the server's own. It is logged.")
        await _explain(request, problem)

    def _id(self, headers: Headers) -> str:
        given = headers.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given.decode()
        return f"{self._prefix}-{next(self._numbers):x}"

    def _note(self, request: _Request) -> None:
        method = request.scope["method"] if request.scope["method"] in _METHODS else UNKNOWN
        seconds = time.perf_counter() - request.began
        status = request.status or _CLIENT_LEFT  # cancelled before an answer began
        self._metrics.count(Answered(method, request.route, status, request.key), seconds)
        trace = request.headers.get(b"traceparent", b"")
        shown = trace.decode() if trace and _TRACE.fullmatch(trace) else ""
        self._lines.offer(
            RequestLine(
                time.time(), method, request.route, status, seconds, request.sent, request.id, request.key, shown
            )
        )


async def _explain(request: _Request, problem: ProblemError) -> None:
    if request.status:  # an answer has begun: all that can be done is to end it
        raise problem
    await request.answer(problem.status, MEDIA_TYPE, problem.body(), problem.headers)


@lru_cache(_MOST_QUERIES)
def _parameters(query: bytes) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        raise refused([Refusal("query", "holds too many parameters")]) from None


def _name(host: bytes) -> bytes:
    """The name in a Host header, without the port."""
    name, _, port = host.rpartition(b":")
    return (name if name and port.isdigit() else host).lower()


def _misdirected() -> ProblemError:
    detail = "Without API keys this is for its own machine alone. Ask for it as localhost."
    return ProblemError(HTTPStatus.MISDIRECTED_REQUEST, detail)


def _keyless() -> ProblemError:
    detail = "This needs an API key that is known here, in the header X-API-Key."
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})


def _not_json() -> ProblemError:
    detail = "The body must be JSON. Send it with the header Content-Type: application/json."
    return ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": JSON})


def _overdue(seconds: float) -> ProblemError:
    return unavailable(f"There was no answer within {seconds:g} seconds. Send less at once, or try again.", 5)
