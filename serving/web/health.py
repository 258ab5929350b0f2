"""Whether the process is alive, and its figures."""

from serving.web.endpoint import Call, Endpoint, Reply
from serving.web.metrics import MEDIA_TYPE, RequestMetrics

_ALIVE = Reply(b'{"status":"ok"}')


def health_endpoints(metrics: RequestMetrics) -> list[Endpoint]:
    """GET /health, which asks nothing and nobody, and GET /metrics."""

    async def alive(_: Call) -> Reply:
        return _ALIVE

    async def figures(_: Call) -> Reply:
        return Reply(metrics.page(), media_type=MEDIA_TYPE)

    return [
        Endpoint(
            "GET",
            "/health",
            "Whether the process is alive",
            alive,
            "health",
            answers={"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]},
            example={"status": "ok"},
        ),
        Endpoint(
            "GET",
            "/metrics",
            "Figures for Prometheus: requests, seconds, rows predicted, versions served, what waits",
            figures,
            "health",
            answers={"type": "string"},
            media_type="text/plain",
        ),
    ]
