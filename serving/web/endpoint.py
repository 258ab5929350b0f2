"""What an endpoint is, apart from who calls it: FastAPI's documented route, or the door's short way."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from serving.web.bodies import body_of
from serving.web.problems import MEDIA_TYPE
from serving.web.raw_route import RawRoute

JSON = "application/json"
_OF_BODIES = {413: "The body is too large.", 415: "The body is not said to be JSON."}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in: the key is right, and the body is whole and not too large."""

    body: bytes
    query: Mapping[str, str]
    path: Mapping[str, str]
    """Parameters of the path, as {target}."""
    request_id: str


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a model was asked in a call, for the figures of /metrics."""

    target: str
    version: int
    rows: int
    imputed: int = 0
    """Rows in which something was imputed."""
    warned: int = 0
    """Rows with a warning."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back."""

    body: bytes
    status: int = HTTPStatus.OK
    media_type: str = JSON
    predicted: tuple[Predicted, ...] = ()


Answer = Callable[[Call], Awaitable[Reply]]
"""Raises ProblemError where there is something wrong with the call."""


@dataclass(frozen=True)
class Endpoint:
    """One path and method."""

    method: str
    path: str
    summary: str
    answer: Answer
    tag: str
    body: Mapping[str, Any] | None = None
    """JSON Schema of a JSON body, with examples; None where none is read."""
    parameters: Sequence[Mapping[str, Any]] = ()
    """Of query and path, as OpenAPI writes them."""
    answers: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema of the answer."""
    example: Any = None
    """An answer, for the documentation."""
    problems: Mapping[int, str] = field(default_factory=dict)
    """Status -> when it is answered with."""
    media_type: str = JSON
    """Of the answer."""

    @property
    def operation(self) -> dict[str, Any]:
        """What OpenAPI says of it besides the summary."""
        content: dict[str, Any] = {"schema": self.answers}
        if self.example is not None:
            content["example"] = self.example
        problems = dict(self.problems) if self.body is None else {**_OF_BODIES, **self.problems}
        found: dict[str, Any] = {
            "responses": {
                "200": {"description": "The answer.", "content": {self.media_type: content}},
                **{
                    str(status): {"description": text, "content": {MEDIA_TYPE: {}}}
                    for status, text in sorted(problems.items())
                },
            }
        }
        if self.parameters:
            found["parameters"] = [dict(one) for one in self.parameters]
        if self.body is not None:
            found["requestBody"] = {"required": True, "content": {JSON: {"schema": dict(self.body)}}}
        return found


def operation_id(route: APIRoute) -> str:
    """What OpenAPI calls a route: get_models_target."""
    return "_".join([*sorted(route.methods or ()), *re.findall(r"[a-z0-9]+", route.path)]).lower()


def documented(endpoints: Sequence[Endpoint], max_body_bytes: int, *, in_document: bool = True) -> APIRouter:
    """The endpoints as FastAPI's routes: all of them work this way, the door only has a shorter one.

    `in_document`: whether OpenAPI speaks of them.
    """
    router = APIRouter(route_class=RawRoute)
    for endpoint in endpoints:
        router.add_api_route(
            endpoint.path,
            _handler(endpoint, max_body_bytes),
            methods=[endpoint.method],
            summary=endpoint.summary,
            tags=[endpoint.tag],
            openapi_extra=endpoint.operation,
            include_in_schema=in_document,
        )
    return router


def _handler(endpoint: Endpoint, max_body_bytes: int) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        body = b"" if endpoint.body is None else await body_of(request, max_body_bytes)
        call = Call(body, request.query_params, request.path_params, request.scope.get("request_id", ""))
        reply = await endpoint.answer(call)
        return Response(reply.body, status_code=reply.status, media_type=reply.media_type)

    return handle
