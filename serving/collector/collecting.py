"""What the collector is told over HTTP. Each 2xx is sent once what it speaks of is on the disk."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from serving.collector import event_body, show_body, user_body
from serving.collector.collector import Collector
from serving.collector.fields import refusal
from serving.web.bodies import body_of
from serving.web.parsing import Parser
from serving.web.problems import MEDIA_TYPE, refused, shown
from serving.web.raw_route import RawRoute, answer
from tasks.collected.outcome import Outcome, Refusal
from tasks.collected.storing_events import EventBatch
from tasks.collected.storing_users import ShowBatch

T = TypeVar("T")
_STORED: dict[str, Any] = {
    "type": "object",
    "description": "About one record: `status` and `duplicate`. About several: how many became what.",
    "properties": {
        "status": {"enum": ["stored", "held"]},
        "duplicate": {"type": "boolean", "description": "Whether it was stored before."},
        "accepted": {"type": "integer"},
        "held": {"type": "integer", "description": "Of the accepted, those that wait for their user."},
        "duplicates": {"type": "integer"},
        "refused": {"type": "array", "items": {"type": "object"}},
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"schema": _STORED}}}
    for status, text in (
        (200, "All of it was stored before."),
        (201, "It is stored."),
        (202, "It is kept until its user is registered."),
    )
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in (
        (413, "The body is too large."),
        (422, "What was sent cannot be taken: each fault with its field."),
        (503, "The store cannot be written to now; Retry-After says when to try again."),
    )
}


def collecting(collector: Collector) -> APIRouter:
    """The routes that fill a collector's store."""
    router = APIRouter(route_class=RawRoute, tags=["collecting"])
    limit = collector.settings.max_body_bytes

    def post(path: str, summary: str, *media: tuple[str, dict[str, Any]]) -> Any:
        content = {kind: {"schema": schema} for kind, schema in media}
        body = {"requestBody": {"required": True, "content": content}}
        return router.post(path, summary=summary, status_code=201, responses=_ANSWERS | _PROBLEMS, openapi_extra=body)

    @post("/log-event", "Log a session", ("application/json", event_body.PARSER.schema()))
    async def log_event(request: Request) -> Response:
        body = _single(event_body.PARSER, await body_of(request, limit))
        event = event_body.event_of(body, collector.now())
        if isinstance(event, Refusal):
            raise refused([event])
        return _answered(await collector.write(EventBatch((event,))))

    @post(
        "/log-events",
        "Log several sessions: all of them or, with ?partial=true, the good ones",
        ("application/x-ndjson", event_body.PARSER.schema()),
        ("application/json", _list(event_body.PARSER)),
    )
    async def log_events(request: Request) -> Response:
        partial = _flag(request, "partial")
        bodies, faults = event_body.PARSER.many(await body_of(request, limit))
        events, lines, doubts = event_body.events_of(bodies, collector.now())
        faults += doubts
        if faults and not (partial and events):
            raise refused(_in_order(faults))
        outcome = await collector.write(EventBatch(events, lines, partial))
        return _counted(outcome, faults)

    @post("/register-user", "Register a user", ("application/json", user_body.USERS.schema()))
    async def register_user(request: Request) -> Response:
        body = _single(user_body.USERS, await body_of(request, limit))
        user = user_body.user_of(body, collector.now(), collector.email_key)
        if isinstance(user, Refusal):
            raise refused([user])
        return _answered(await collector.write(user))

    @post("/cancel-user", "Note that a user leaves", ("application/json", user_body.CANCELLATIONS.schema()))
    async def cancel_user(request: Request) -> Response:
        body = _single(user_body.CANCELLATIONS, await body_of(request, limit))
        cancellation = user_body.cancellation_of(body, collector.now())
        if isinstance(cancellation, Refusal):
            raise refused([cancellation])
        return _answered(await collector.write(cancellation))

    @post("/register-show", "Register a show, or a list of shows",
          ("application/json", {"anyOf": [show_body.PARSER.schema(), _list(show_body.PARSER)]}))  # fmt: skip
    async def register_show(request: Request) -> Response:
        body = await body_of(request, limit)
        moment = collector.now()
        if body.lstrip()[:1] != b"[":
            one = show_body.show_of(_single(show_body.PARSER, body), moment)
            if isinstance(one, Refusal):
                raise refused([one])
            return _answered(await collector.write(ShowBatch((one,), numbered=False)))
        bodies, faults = show_body.PARSER.many(body)
        shows = [show_body.show_of(body, moment, line) for line, body in bodies]
        faults += [one for one in shows if isinstance(one, Refusal)]
        if faults:
            raise refused(_in_order(faults))
        return _counted(await collector.write(ShowBatch([one for one in shows if not isinstance(one, Refusal)])), [])

    return router


def _single(parser: Parser[T], body: bytes) -> T:
    found, faults = parser.one(body)
    if found is None:
        raise refused(faults)
    return found


def _list(parser: Parser[Any]) -> dict[str, Any]:
    return {"type": "array", "items": parser.schema()}


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        raise refused([refusal(name, "is neither true nor false")])
    return given in ("true", "1")


def _in_order(faults: Sequence[Refusal]) -> list[Refusal]:
    return sorted(faults, key=lambda fault: fault.line or 0)


def _answered(outcome: Outcome) -> Response:
    """About a single record: 201 stored now, 202 held, 200 stored before."""
    if outcome.refused:
        raise refused(outcome.refused)
    if outcome.duplicates:
        return answer(HTTPStatus.OK, status="stored", duplicate=True)
    if outcome.held:
        return answer(HTTPStatus.ACCEPTED, status="held", duplicate=False)
    return answer(HTTPStatus.CREATED, status="stored", duplicate=False)


def _counted(outcome: Outcome, faults: Sequence[Refusal]) -> Response:
    """About several: how many of them became what."""
    every = _in_order([*faults, *outcome.refused])
    if every and not outcome.accepted and not outcome.duplicates:
        raise refused(every)
    status = HTTPStatus.CREATED if outcome.accepted else HTTPStatus.OK
    counts = {"accepted": outcome.accepted, "held": outcome.held, "duplicates": outcome.duplicates}
    return answer(status, **counts, refused=[shown(one) for one in every])
