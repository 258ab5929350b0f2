"""What a threshold would have caught: precision and recall of the rows that reach it, and of as many by a baseline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.bootstrap import cluster_draws, estimate
from tasks.metrics import Numbers
from tasks.records import Estimate

MODEL, USUAL = "model", "usual"


@dataclass(frozen=True)
class Caught:
    """Of one threshold. Estimates are None where no row reaches it, or none is positive."""

    contacted: int
    """Rows that reach the threshold."""
    positives: int
    """Those of them that are positive."""
    precision: Mapping[str, Estimate | None]
    """MODEL: the share of these rows that are positive. USUAL: of as many rows of highest score of the baseline."""
    recall: Mapping[str, Estimate | None]
    """The share of all positive rows that are among them."""


def threshold_curve(
    labels: NDArray[np.int64],
    probabilities: Numbers,
    usual: Numbers,
    clusters: NDArray[np.int64],
    thresholds: Numbers,
    replicates: int,
    seed: int,
) -> tuple[Caught, ...]:
    """Of each threshold what `probabilities` catch, and as many rows of highest `usual`, a baseline's score.

    Of rows of equal score at the baseline's edge each counts in part, so that no order among equals is made up.
    Intervals are of a bootstrap that resamples clusters (numbered from 0 on) whole, for both alike.
    """
    reach = (probabilities[:, None] >= thresholds[None, :]).astype(np.float64)
    chosen = {MODEL: reach, USUAL: _as_many(usual, reach.sum(axis=0))}
    positive = labels.astype(np.float64)
    sums = np.concatenate(
        [positive[:, None], *(part for each in chosen.values() for part in (each, each * positive[:, None]))], axis=1
    )
    by_cluster = _by_cluster(sums, clusters)
    points = _shares(sums.sum(axis=0)[None, :], len(thresholds))
    draws = cluster_draws(len(by_cluster), replicates, seed, sums.shape[1])
    again = _shares(np.concatenate([drawn @ by_cluster for drawn in draws]), len(thresholds))
    caught = (reach * positive[:, None]).sum(axis=0)
    return tuple(
        Caught(
            contacted=int(reach[:, place].sum()),
            positives=int(caught[place]),
            precision=_estimates(points[0], again[0], place),
            recall=_estimates(points[1], again[1], place),
        )
        for place in range(len(thresholds))
    )


def _as_many(scores: Numbers, counts: Numbers) -> Numbers:
    """How far each row is among the `counts` rows of highest score, shape (rows, counts): 1, 0, or a part of it."""
    levels, level_of = np.unique(scores, return_inverse=True)
    tied = np.bincount(level_of, minlength=len(levels)).astype(np.float64)
    above = tied[::-1].cumsum()[::-1] - tied
    of_level = np.clip((counts[None, :] - above[:, None]) / tied[:, None], 0.0, 1.0)
    return np.asarray(of_level[level_of], dtype=np.float64)


def _by_cluster(sums: Numbers, clusters: NDArray[np.int64]) -> Numbers:
    count = int(clusters.max()) + 1
    return np.column_stack([np.bincount(clusters, weights=column, minlength=count) for column in sums.T])


def _shares(sums: Numbers, thresholds: int) -> tuple[Mapping[str, Numbers], Mapping[str, Numbers]]:
    """Precision and recall of both, each of shape (sums, thresholds); NaN where there is nothing to divide by."""
    positives = sums[:, :1]
    parts = np.split(sums[:, 1:], range(thresholds, 4 * thresholds, thresholds), axis=1)
    chosen, caught = {MODEL: parts[0], USUAL: parts[2]}, {MODEL: parts[1], USUAL: parts[3]}
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            {name: caught[name] / chosen[name] for name in chosen},
            {name: np.where(chosen[name] > 0, caught[name] / positives, np.nan) for name in chosen},
        )


def _estimates(
    points: Mapping[str, Numbers], again: Mapping[str, Numbers], place: int
) -> Mapping[str, Estimate | None]:
    return {
        name: estimate(float(values[0, place]), again[name][:, place]) if np.isfinite(values[0, place]) else None
        for name, values in points.items()
    }
