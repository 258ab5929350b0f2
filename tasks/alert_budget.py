"""What a budget of alerts a month catches: precision and recall of the rows of highest probability of each group.

Rows of equal probability at the edge of a budget are each alerted in part, as likely as any other of them: no order
among equals is made up. A score of few values is then neither flattered nor punished by how its rows happen to lie.

Intervals are of a bootstrap that resamples clusters whole and leaves each row's alert as it is. To spend the budget
anew in each resample would be wrong: a third of the best rows is missing from it, and worse ones would take their room,
so that what is resampled would be less precise than what is measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.bootstrap import cluster_draws, estimate
from tasks.metrics import Numbers
from tasks.records import Estimate


@dataclass(frozen=True)
class BudgetCurve:
    """Of each budget, at its place in the list that was asked for."""

    precision: tuple[Estimate, ...]
    recall: tuple[Estimate, ...]
    alerts: tuple[float, ...]
    """Mean alerts a group: fewer than the budget where groups have fewer rows."""


@dataclass(frozen=True)
class BudgetCurves:
    """What several scores of the same rows do with the same budgets."""

    of: Mapping[str, BudgetCurve]
    """Name -> its curve."""
    differences: Mapping[tuple[str, str], tuple[Estimate, ...]]
    """(name, other) -> how much more precise the first one is, on the same resamples."""


def alerted(scores: Numbers, groups: NDArray[np.int64], budgets: NDArray[np.int64]) -> tuple[NDArray[np.intp], Numbers]:
    """The rows that some budget reaches, and how much of each is alerted at each budget: shape (those rows, budgets).

    `groups` numbers each row's group; a budget is spent in each of them, from the highest score down.
    """
    order = np.lexsort((-scores, groups))
    group, score = groups[order], scores[order]
    new_group = np.concatenate([[True], np.diff(group) != 0])
    new_run = new_group | np.concatenate([[True], np.diff(score) != 0])
    places = np.arange(len(order))
    run = np.cumsum(new_run) - 1
    group_starts, run_starts = places[new_group][np.cumsum(new_group) - 1], places[new_run]
    before = run_starts[run] - group_starts
    equals = np.diff(np.append(run_starts, len(order)))[run]
    reached = before < budgets.max()
    parts = (budgets[None, :] - before[reached, None]) / equals[reached, None]
    return order[reached], np.clip(parts, 0.0, 1.0)


def budget_curves(
    labels: NDArray[np.int64],
    scores: Mapping[str, Numbers],
    groups: NDArray[np.int64],
    clusters: NDArray[np.int64],
    budgets: NDArray[np.int64],
    replicates: int,
    seed: int,
) -> BudgetCurves:
    """What each of `scores` catches. `groups` and `clusters` number each row's from 0 on, without a gap."""
    spent = {name: _Spent(labels, clusters, *alerted(said, groups, budgets)) for name, said in scores.items()}
    positives: Numbers = np.bincount(clusters, weights=labels.astype(np.float64)).astype(np.float64)
    points = {name: one.measured(np.ones((1, len(positives))), positives) for name, one in spent.items()}
    drawn: dict[str, list[tuple[Numbers, Numbers]]] = {name: [] for name in scores}
    for counts in cluster_draws(len(positives), replicates, seed):
        for name, one in spent.items():
            drawn[name].append(one.measured(counts, positives))
    again = {name: [np.concatenate(kind) for kind in zip(*found, strict=True)] for name, found in drawn.items()}
    number = int(groups.max()) + 1
    curves = {
        name: BudgetCurve(
            precision=_estimates(points[name][0][0], again[name][0]),
            recall=_estimates(points[name][1][0], again[name][1]),
            alerts=tuple((one.alerts.sum(axis=0) / number).tolist()),
        )
        for name, one in spent.items()
    }
    pairs = [(name, other) for name in scores for other in scores if name != other]
    differences = {
        (name, other): _estimates(points[name][0][0] - points[other][0][0], again[name][0] - again[other][0])
        for name, other in pairs
    }
    return BudgetCurves(curves, differences)


class _Spent:
    """Alerts of each cluster that has any, and how many of them came true: shape (those clusters, budgets)."""

    def __init__(
        self, labels: NDArray[np.int64], clusters: NDArray[np.int64], rows: NDArray[np.intp], parts: Numbers
    ) -> None:
        self._clusters, places = np.unique(clusters[rows], return_inverse=True)
        self.alerts = np.zeros((len(self._clusters), parts.shape[1]))
        self._caught = np.zeros_like(self.alerts)
        np.add.at(self.alerts, places, parts)
        np.add.at(self._caught, places, parts * labels[rows, None])

    def measured(self, counts: Numbers, positives: Numbers) -> tuple[Numbers, Numbers]:
        """Precision and recall, each of shape (resamples, budgets), where each cluster was drawn so often.

        NaN where nothing is alerted, or nothing positive. `counts`: shape (resamples, clusters).
        """
        drawn = counts[:, self._clusters]
        caught = drawn @ self._caught
        with np.errstate(invalid="ignore", divide="ignore"):
            return caught / (drawn @ self.alerts), caught / (counts @ positives)[:, None]


def _estimates(values: Numbers, replicates: Numbers) -> tuple[Estimate, ...]:
    return tuple(estimate(float(value), replicates[:, place]) for place, value in enumerate(values))
