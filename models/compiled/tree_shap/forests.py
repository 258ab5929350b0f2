"""TreeSHAP of forests of any depth.

As leaf_values has it, a leaf of value v gives to a column on its way v (met - share) times the integral of a product
over the other columns. The product over all columns grows from split to split on the way down, and what leaves say
times it is added up on the way back, so that every split is passed twice and no leaf's way is followed for itself [Yu,
Xu, Bifet, Read, Linear TreeShap, 2022]. Where a way meets with a column again, what its step before gave is taken back.
Products are kept at the nodes of a Gauss-Legendre rule rather than as polynomials, so that dividing by a factor loses
no digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from models.compiled.tree_shap.ways import Numbers, Ways, Whole, ways_of

_NODES_AT_ONCE = 20_000  # what is in hand stays in the processor's cache


@dataclass(frozen=True)
class ForestValues:
    """What features add to the probability of the second of two classes, or of each of several."""

    ways: tuple[Ways, ...]
    """Those of some trees each."""
    places: tuple[Whole, ...]
    """Of these, the feature of each step."""
    trees: int
    base: Numbers
    """Shape (outputs,): what the forest says on average over what it learned from."""
    features: int

    def values(self, prepared: Numbers) -> Numbers:
        """Shape (rows, outputs, features), for columns (columns, rows)."""
        rows = prepared.T.astype(np.float32)  # as forests compare them
        return np.array([self._of_row(row) for row in rows]).reshape(len(rows), len(self.base), self.features)

    def _of_row(self, row: NDArray[np.float32]) -> Numbers:
        """Shape (outputs, features)."""
        found = np.zeros((len(self.base), self.features))
        for ways, places in zip(self.ways, self.places, strict=True):
            found += [np.bincount(places, added, minlength=self.features) for added in ways.added(row)]
        return found / self.trees


def forest_values(forest: RandomForestClassifier, places: Sequence[int]) -> ForestValues:
    """What drives a fitted forest. `places`: of each column that it takes, the place of its feature among all."""
    outputs = slice(1, 2) if len(forest.classes_) == 2 else slice(None)
    trees = [estimator.tree_ for estimator in forest.estimators_]
    groups = np.cumsum([tree.node_count for tree in trees]) // _NODES_AT_ONCE
    ways = tuple(
        ways_of([tree for tree, own in zip(trees, groups, strict=True) if own == group], len(places), outputs)
        for group in np.unique(groups)
    )
    return ForestValues(
        ways=ways,
        places=tuple(np.array(places)[found.column] for found in ways),
        trees=len(trees),
        base=np.mean([tree.value[0, 0, outputs] for tree in trees], axis=0),
        features=max(places) + 1,
    )
