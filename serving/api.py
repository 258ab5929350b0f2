"""The whole API as one application: predictions, catalogue, audience, registry, collector, and what watches them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from features.catalogue import CatalogueSettings
from refrain.errors import ModelError
from refrain.settings import ServingSettings
from serving.app import explained
from serving.audience.activity import activity_figures
from serving.audience.endpoints import audience_endpoints
from serving.audience.figures import Figures
from serving.catalogue.endpoints import catalogue_endpoints
from serving.collector.collecting import collecting
from serving.collector.collector import Collector
from serving.predictions.endpoints import prediction_endpoints
from serving.registry.endpoints import registry_endpoints
from serving.sheets.endpoints import sheet_endpoints
from serving.sheets.making import SheetMaker
from serving.web.docs_page import docs_endpoints
from serving.web.document import describe
from serving.web.door import Door, Limits
from serving.web.endpoint import Endpoint, documented, operation_id
from serving.web.health import health_endpoints
from serving.web.keys import ApiKeys
from serving.web.metrics import RequestMetrics
from serving.web.request_log import LineLog
from tasks.champions.shelf import Shelf
from tasks.champions.watcher import Watcher
from tasks.prediction_log.log import PredictionLog

VERSION = "0.1.0"
DESCRIPTION = (
    "What a music or live-streaming audience will do next: the registered champions answer, and every answer says "
    "which model gave it. Send one record or many. What is wrong is answered with problem details (RFC 9457)."
)
_HEADERS_ACROSS = ("Authorization", "Content-Type", "X-API-Key", "X-Request-ID")


@dataclass(frozen=True)
class Parts:
    """What the application is made of. It starts and stops them with itself."""

    shelf: Shelf
    collector: Collector
    figures: Figures
    sheets: SheetMaker
    settings: ServingSettings
    catalogue: CatalogueSettings = field(default_factory=CatalogueSettings)
    """What the snapshots of catalogue.decay are taken with."""
    keys: ApiKeys = field(default_factory=ApiKeys)
    hosts: frozenset[bytes] = frozenset()
    """See Limits."""
    predictions: PredictionLog | None = None
    lines: LineLog = field(default_factory=LineLog)


def api(parts: Parts) -> ASGIApp:
    """The application behind its door."""
    metrics = RequestMetrics(lambda: _served(parts.shelf), lambda: _waiting(parts))
    endpoints = [*_endpoints(parts), *health_endpoints(metrics)]
    app = documented_app(parts, endpoints)
    pages = docs_endpoints(app.openapi)
    app.include_router(documented(pages, parts.settings.max_body_bytes, in_document=False))
    limits = Limits(parts.settings.max_body_bytes, parts.settings.seconds_to_answer, parts.hosts)
    door = Door(
        app,
        [*endpoints, *pages],
        limits=limits,
        keys=parts.keys,
        metrics=metrics,
        log=parts.lines,
    )
    if not parts.settings.cors_origins:
        return door
    # Outside of the door: a browser asks whether it may ask without showing a key.
    return CORSMiddleware(
        door,
        allow_origins=parts.settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=_HEADERS_ACROSS,
        expose_headers=["X-Request-ID", "Retry-After"],
    )


def document(parts: Parts) -> dict[str, Any]:
    """The OpenAPI document."""
    endpoints = [*_endpoints(parts), *health_endpoints(RequestMetrics())]
    return documented_app(parts, endpoints).openapi()


def documented_app(parts: Parts, endpoints: Sequence[Endpoint]) -> FastAPI:
    """FastAPI's application, without its door."""
    app = FastAPI(
        title="Refrain",
        version=VERSION,
        lifespan=_living(parts),
        exception_handlers={HTTPException: explained},
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,  # to an address that is made of what was sent
    )
    app.include_router(documented(endpoints, parts.settings.max_body_bytes))
    app.include_router(collecting(parts.collector))
    app.include_router(activity_figures(parts.figures))
    described: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not described:
            described.update(describe(app, DESCRIPTION))
        return described

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _endpoints(parts: Parts) -> list[Endpoint]:
    shelf, settings, log = parts.shelf, parts.settings, parts.predictions
    return [
        *prediction_endpoints(shelf, settings, log),
        *catalogue_endpoints(shelf, settings, parts.catalogue, log),
        *audience_endpoints(shelf, parts.figures, settings, log),
        *registry_endpoints(shelf),
        *sheet_endpoints(parts.sheets, settings.seconds_to_answer),
    ]


def _living(parts: Parts) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watcher = Watcher(parts.shelf, parts.settings.refresh_seconds)
        parts.lines.start()
        parts.collector.start()
        watcher.start()
        try:
            yield
        finally:
            await asyncio.to_thread(watcher.stop)
            await parts.collector.stop()
            if parts.predictions is not None:
                await asyncio.to_thread(parts.predictions.close)
            await asyncio.to_thread(parts.lines.close)

    return lifespan


def _served(shelf: Shelf) -> Iterator[Metric]:
    ready = GaugeMetricFamily("refrain_target_ready", "1 where a champion of the target answers.", labels=["target"])
    models = GaugeMetricFamily(
        "refrain_model_info", "The champion that answers.", labels=["target", "version", "name", "family"]
    )
    for target in shelf.targets:
        try:
            served = shelf.of(target).champion.served
        except ModelError:
            ready.add_metric([target], 0)
        else:
            ready.add_metric([target], 1)
            models.add_metric([target, str(served.version), served.name, served.family], 1)
    yield ready
    yield models


def _waiting(parts: Parts) -> Iterator[Metric]:
    text = "Records taken by the collector and not written yet."
    yield GaugeMetricFamily("refrain_collector_waiting", text, value=parts.collector.waiting)
    yield CounterMetricFamily("refrain_log_lines_dropped", "Log lines nobody wrote.", value=parts.lines.dropped)
    if parts.predictions is not None:
        log = parts.predictions
        yield CounterMetricFamily("refrain_prediction_log_written", "Predictions kept.", value=log.written)
        yield CounterMetricFamily("refrain_prediction_log_dropped", "Predictions not kept.", value=log.dropped)
