"""What a budget of alerts a month catches: precision and recall of the rows of highest probability of each group.

Rows of equal probability at the edge of a budget are each alerted in part, as likely as any other of them: no order
among equals is made up. The alerts of a group therefore need not be whole rows, and a score of few values is not
flattered or punished by how its rows happen to lie.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.bootstrap import estimate, resamples
from tasks.metrics import Numbers
from tasks.records import Estimate

PRECISION, RECALL = "precision", "recall"


@dataclass(frozen=True)
class BudgetCurve:
    """Of each budget, at its place in the list that was asked for."""

    precision: tuple[Estimate, ...]
    recall: tuple[Estimate, ...]
    alerts: tuple[float, ...]
    """Mean alerts a group: fewer than the budget where groups have fewer rows."""


class Spent:
    """Rows of groups in falling order of a score, to be alerted from the top of each group."""

    def __init__(self, labels: NDArray[np.int64], scores: Numbers, groups: NDArray[np.int64]) -> None:
        """`groups` numbers each row's group from 0 on, without a gap."""
        self._order = np.lexsort((-scores, groups))
        ordered, self._labels = groups[self._order], labels[self._order].astype(np.float64)
        ranked = scores[self._order]
        new = (np.diff(ordered) != 0) | (np.diff(ranked) != 0)
        self._ends = np.append(np.flatnonzero(new), len(ranked) - 1)
        """Last position of each run of equal scores of a group."""
        self._lasts = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
        """Last position of each group."""

    def caught(self, weights: Numbers, budgets: NDArray[np.int64]) -> tuple[Numbers, Numbers, float]:
        """Positives caught and rows alerted at each budget, and all positives, of rows that weigh so much.

        `weights`: shape (rows,), in the rows' own order. A budget is spent in each group anew.
        """
        weighed = weights[self._order]
        rows, positives = np.cumsum(weighed), np.cumsum(weighed * self._labels)
        before, positives_before = (np.concatenate([[0.0], sums[self._lasts[:-1]]]) for sums in (rows, positives))
        spent = np.minimum(budgets[:, None], (rows[self._lasts] - before)[None, :])
        at = np.concatenate([[0.0], rows[self._ends]]), np.concatenate([[0.0], positives[self._ends]])
        reached = np.interp(before[None, :] + spent, *at)
        return (reached - positives_before[None, :]).sum(axis=1), spent.sum(axis=1), float(positives[-1])


def budget_curves(
    labels: NDArray[np.int64],
    scores: Mapping[str, Numbers],
    groups: NDArray[np.int64],
    clusters: NDArray[np.int64],
    budgets: NDArray[np.int64],
    replicates: int,
    seed: int,
) -> tuple[Mapping[str, BudgetCurve], Mapping[tuple[str, str], tuple[Estimate, ...]]]:
    """Name -> its curve, and (name, other) -> how much more precise the first one is, at each budget.

    Intervals are of a bootstrap that resamples clusters whole, all names on the same resamples; in each of them the
    budget is spent anew.
    """
    spending = {name: Spent(labels, said, groups) for name, said in scores.items()}
    everyone = np.ones(len(labels))
    points = {name: _measured(*rows.caught(everyone, budgets)) for name, rows in spending.items()}
    drawn: dict[str, list[tuple[Numbers, Numbers]]] = {name: [] for name in scores}
    for chunk in resamples(clusters, replicates, seed):
        for weights in chunk:
            for name, rows in spending.items():
                drawn[name].append(_measured(*rows.caught(weights, budgets)))
    again = {name: tuple(np.array(kind) for kind in zip(*found, strict=True)) for name, found in drawn.items()}
    number_of_groups = int(groups.max()) + 1
    curves = {
        name: BudgetCurve(
            precision=_estimates(points[name][0], again[name][0]),
            recall=_estimates(points[name][1], again[name][1]),
            alerts=tuple((spending[name].caught(everyone, budgets)[1] / number_of_groups).tolist()),
        )
        for name in scores
    }
    differences = {
        (one, other): _estimates(points[one][0] - points[other][0], again[one][0] - again[other][0])
        for one in scores
        for other in scores
        if one != other
    }
    return curves, differences


def _measured(caught: Numbers, alerted: Numbers, positives: float) -> tuple[Numbers, Numbers]:
    """Precision and recall; NaN where nothing is alerted, or nothing positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return caught / alerted, caught / np.float64(positives)


def _estimates(values: Numbers, replicates: Numbers) -> tuple[Estimate, ...]:
    return tuple(estimate(float(value), replicates[:, place]) for place, value in enumerate(values))
