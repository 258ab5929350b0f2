"""Figures of what was asked and answered, for Prometheus. Every label is of a few values that nobody outside makes."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from serving.web.endpoint import Predicted

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds."""
Gauges = Callable[[], Iterable[Metric]]
"""What is looked up when somebody asks for the figures."""


class Answered(NamedTuple):
    """Of what requests one figure is."""

    method: str
    route: str
    status: int
    key: str


class RequestMetrics(Collector):
    """Counts plainly, in a microsecond, and makes Prometheus' figures when they are asked for.

    Belongs to one event loop.
    """

    def __init__(self, *gauges: Gauges) -> None:
        self._gauges = gauges
        self._counts: dict[Answered, int] = {}
        self._seconds: dict[str, list[float]] = {}
        """Route -> the sum of its seconds, then the answers within each bound, and beyond the last."""
        self._predicted: dict[tuple[str, int], list[int]] = {}
        """Target and version -> rows, of them imputed, of them warned about."""
        self.in_flight = 0
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def count(self, answered: Answered, seconds: float) -> None:
        """Count a request that was answered."""
        self._counts[answered] = self._counts.get(answered, 0) + 1
        tally = self._seconds.get(answered.route)
        if tally is None:
            tally = self._seconds[answered.route] = [0.0] * (len(_BOUNDS) + 2)
        tally[0] += seconds
        tally[bisect_left(_BOUNDS, seconds) + 1] += 1

    def count_predicted(self, predicted: Sequence[Predicted]) -> None:
        """Count what models were asked."""
        for one in predicted:
            tally = self._predicted.setdefault((one.target, one.version), [0, 0, 0])
            tally[0] += one.rows
            tally[1] += one.imputed
            tally[2] += one.warned

    def page(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """All figures."""
        requests = CounterMetricFamily(
            "refrain_requests", "Requests that were answered.", labels=["method", "route", "status", "key"]
        )
        for answered, count in self._counts.items():
            requests.add_metric([answered.method, answered.route, str(answered.status), answered.key], count)
        yield requests
        seconds = HistogramMetricFamily(
            "refrain_request_seconds", "Seconds from a request's headers to its answer.", labels=["route"]
        )
        for route, (total, *counts) in self._seconds.items():
            seconds.add_metric([route], _cumulated(counts), total)
        yield seconds
        yield GaugeMetricFamily("refrain_requests_in_flight", "Requests being answered.", value=self.in_flight)
        yield from self._predictions()
        for gauges in self._gauges:
            yield from gauges()

    def _predictions(self) -> Iterator[Metric]:
        texts = ("Rows predicted.", "Rows in which something was imputed.", "Rows outside what was seen in training.")
        for place, (name, text) in enumerate(zip(("rows", "imputed_rows", "warned_rows"), texts, strict=True)):
            family = CounterMetricFamily(f"refrain_predicted_{name}", text, labels=["target", "version"])
            for (target, version), tally in self._predicted.items():
                family.add_metric([target, str(version)], tally[place])
            yield family


def _cumulated(counts: Sequence[float]) -> list[tuple[str, float]]:
    buckets, so_far = [], 0.0
    for bound, count in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=True):
        so_far += count
        buckets.append((bound, so_far))
    return buckets
