"""95 % intervals: percentile bootstrap that resamples clusters whole, the same resamples for everything compared."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.metrics import Numbers, Ranked
from tasks.records import Estimate

_CELLS = 2_000_000  # of a chunk of weights: 16 MB
_PERCENTILES = (2.5, 97.5)

Replicates = Mapping[str, Numbers]
"""Metric -> its value in each replicate."""


def resamples(clusters: NDArray[np.int64], replicates: int, seed: int) -> Iterator[Numbers]:
    """Row weights of each replicate, in chunks of shape (replicates of the chunk, rows).

    `clusters` numbers each row's cluster from 0 on. A replicate draws as many clusters as there are, with
    replacement; a row weighs as often as its cluster was drawn. The draws do not depend on how they are chunked.
    """
    for counts in cluster_draws(int(clusters.max()) + 1, replicates, seed, len(clusters)):
        yield counts[:, clusters]


def cluster_draws(clusters: int, replicates: int, seed: int, rows: int = 0) -> Iterator[Numbers]:
    """How often each cluster is drawn in each replicate, in chunks of shape (replicates of the chunk, clusters).

    `rows`: how many numbers a replicate will be made into, where that is more; chunks are then smaller.
    """
    generator = np.random.default_rng(seed)
    size = max(1, _CELLS // max(rows, clusters))
    for start in range(0, replicates, size):
        count = min(size, replicates - start)
        counts = np.zeros((count, clusters))
        for replicate in range(count):
            counts[replicate] = np.bincount(generator.integers(0, clusters, size=clusters), minlength=clusters)
        yield counts


def replicate_metrics(
    ranked: Mapping[str, Ranked], clusters: NDArray[np.int64], replicates: int, seed: int
) -> dict[str, Replicates]:
    """Name -> metric -> value in each replicate, all names measured on the same resamples."""
    parts: dict[str, dict[str, list[Numbers]]] = {name: {} for name in ranked}
    for weights in resamples(clusters, replicates, seed):
        for name, rows in ranked.items():
            for metric, values in rows.metrics(weights).items():
                parts[name].setdefault(metric, []).append(values)
    return {
        name: {metric: np.concatenate(values) for metric, values in metrics.items()} for name, metrics in parts.items()
    }


class Summed(Protocol):
    """Rows whose metrics are made of sums over them."""

    parts: Numbers
    """What is added up, shape (rows, parts)."""

    def of_sums(self, added: Numbers) -> dict[str, Numbers]:
        """Every metric of parts that were added up, shape (sums, parts)."""


def cluster_replicates(
    sums: Mapping[str, Summed], clusters: NDArray[np.int64], replicates: int, seed: int
) -> dict[str, Replicates]:
    """Name -> metric -> value in each replicate, all names measured on the same resamples of whole clusters.

    Sums over rows are sums over clusters: a replicate costs as much as there are clusters.
    """
    count = int(clusters.max()) + 1
    added = {
        name: np.column_stack([np.bincount(clusters, weights=part, minlength=count) for part in rows.parts.T])
        for name, rows in sums.items()
    }
    drawn: dict[str, list[Numbers]] = {name: [] for name in sums}
    for draws in cluster_draws(count, replicates, seed):
        for name, groups in added.items():
            drawn[name].append(draws @ groups)
    return {name: sums[name].of_sums(np.concatenate(found)) for name, found in drawn.items()}


def estimate(value: float, replicates: Numbers) -> Estimate:
    """`value` with the 2.5th and 97.5th percentile of its replicates.

    A replicate without a positive or a negative measures nothing and is left out; with none left the interval is the
    widest that a metric between 0 and 1 (or a difference of two) can have.
    """
    measured = replicates[np.isfinite(replicates)]
    if len(measured) == 0:
        return Estimate(value=value, low=-1.0, high=1.0)
    low, high = np.percentile(measured, _PERCENTILES)
    return Estimate(value=value, low=float(low), high=float(high))
