"""The HTTP application: one router for each thing that it does."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from serving.collector.collecting import collecting
from serving.collector.collector import Collector
from serving.web.problems import ProblemError, unavailable
from serving.web.raw_route import RawRoute, answer
from tasks.collected.store import EventStore, EventStoreError


def collector_app(collector: Collector, routers: Iterable[APIRouter] = ()) -> FastAPI:
    """The collector over HTTP, and beside it whatever `routers` answer.

    The application starts and stops the collector with itself.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        collector.start()
        try:
            yield
        finally:
            await collector.stop()

    # No pages of documentation: they are made in the browser, by code from the network. /openapi.json says the same.
    app = FastAPI(
        title="Refrain",
        lifespan=lifespan,
        exception_handlers={HTTPException: explained},
        docs_url=None,
        redoc_url=None,
    )
    for router in (collecting(collector), health(collector), *routers):
        app.include_router(router)
    return app


def health(collector: Collector) -> APIRouter:
    """Whether the store answers."""
    router = APIRouter(route_class=RawRoute, tags=["health"])

    @router.get("/health", summary="Whether the store answers")
    async def healthy(_: Request) -> Response:
        try:
            await asyncio.wait_for(asyncio.to_thread(_ask, collector.store), collector.settings.seconds_to_answer)
        except (EventStoreError, TimeoutError):
            raise unavailable("The store does not answer.", 5) from None
        return answer(HTTPStatus.OK, status="ok", waiting=collector.waiting)

    return router


def _ask(store: EventStore) -> None:
    with store.snapshot() as connection:
        connection.execute(text("SELECT 1"))


async def explained(request: Request, error: Exception) -> Response:
    """What Starlette refuses by itself: a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    status, headers = HTTPStatus(error.status_code), dict(error.headers or {})
    if status != HTTPStatus.METHOD_NOT_ALLOWED:
        return ProblemError(status, f"{status.phrase}.", headers=headers).response()
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    detail = f"This path takes {headers.get('Allow', 'another method')}."
    return ProblemError(status, detail, headers=headers).response()
