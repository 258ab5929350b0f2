"""How active the audience is, over HTTP, from what the collector has stored."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from refrain.errors import UsageError
from refrain.moments import read_moment
from serving.audience.figures import SECONDS_TO_ANSWER, Figures
from serving.collector.clock import Clock, system_clock
from serving.web.problems import MEDIA_TYPE, refused, unavailable
from serving.web.raw_route import RawRoute
from tasks.collected.outcome import Refusal
from tasks.collected.store import EventStoreError

PATH = "/audience/activity"
_MOST_SHOWS = 100
_PARAMETERS: dict[str, dict[str, Any]] = {
    "at": {
        "description": "Count what had ended by this moment (ISO 8601, UTC where it says no offset); now if left out.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "top": {
        "description": "Shows to list.",
        "schema": {"type": "integer", "minimum": 1, "maximum": _MOST_SHOWS, "default": 10},
    },
}


def activity_figures(figures: Figures, clock: Clock = system_clock) -> APIRouter:
    """The route that answers with features.figures.activity.Activity.

    Each answer reads the store: a session is in it as soon as it is stored, has ended and its user is registered.
    Figures are made for one request at a time, and are closed with the application.
    """
    router = APIRouter(route_class=RawRoute, tags=["audience"], lifespan=_closing(figures))
    one_at_a_time = asyncio.Lock()
    described = [{"name": name, "in": "query", **rest} for name, rest in _PARAMETERS.items()]

    @router.get(
        PATH,
        summary="Watch time, top shows and sessions by hour of the seven days up to a moment",
        openapi_extra={"parameters": described},
        responses={
            422: {"description": "A parameter is not understood.", "content": {MEDIA_TYPE: {}}},
            503: {"description": "The store does not answer.", "content": {MEDIA_TYPE: {}}},
        },
    )
    async def answer(request: Request) -> Response:
        _require_known(request)
        top = _top(request.query_params.get("top", "10"))
        given = request.query_params.get("at")
        at = clock() if given is None else _moment(given)
        try:
            async with asyncio.timeout(SECONDS_TO_ANSWER), one_at_a_time:
                body = await asyncio.to_thread(figures.at, at, top)
        except EventStoreError:
            raise unavailable("The store does not answer.", 5) from None
        except TimeoutError:
            raise unavailable("The figures are not there in time.", 5) from None
        return Response(body, status_code=HTTPStatus.OK, media_type="application/json")

    return router


def _closing(figures: Figures) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(figures.close)

    return lifespan


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except UsageError as error:
        raise refused([Refusal("at", "is no moment", error.hint)]) from None


def _require_known(request: Request) -> None:
    unknown = sorted(set(request.query_params) - set(_PARAMETERS))
    if unknown:
        hint = f"There are {' and '.join(_PARAMETERS)}."
        raise refused([Refusal("query", "holds a parameter that is not known", hint)])


def _top(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= _MOST_SHOWS:
        return int(text)
    raise refused([Refusal("top", "is no number of shows", f"A whole number from 1 to {_MOST_SHOWS}.")])
