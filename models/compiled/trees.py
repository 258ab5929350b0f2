"""Fitted forests and boosted trees, asked with arrays that are known to be what they take."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from xgboost import XGBClassifier, XGBRegressor

from models.compiled.rows import Numbers

Ask = Callable[[Numbers], Numbers]
"""Prepared columns, shape (columns, rows) -> what the trees say, shape (rows, outputs)."""

_BLOCK = 1024
"""Rows whose leaves are looked up at once: so many fit into the processor's cache."""


def trees(model: Any) -> Ask | None:
    """A fitted model of trees: a forest's means, or what boosted trees predict (in 32 bits); None for another model."""
    if isinstance(model, RandomForestClassifier | RandomForestRegressor | ExtraTreesRegressor):
        return _Forest(model)
    if isinstance(model, XGBClassifier | XGBRegressor):
        return _Boosted(model)
    return None


class _Forest:
    """Its trees one by one, as it asks them itself; their leaves' values are looked up and added up together."""

    def __init__(self, forest: Any) -> None:
        self.trees = [estimator.tree_ for estimator in forest.estimators_]
        values = [tree.value[:, 0, :] for tree in self.trees]
        self.values = np.concatenate(values)
        self.firsts = np.cumsum([0, *(len(of_tree) for of_tree in values[:-1])], dtype=np.intp)

    def __call__(self, columns: Numbers) -> Numbers:
        rows = np.ascontiguousarray(columns.T, dtype=np.float32)
        found = np.empty((len(rows), self.values.shape[1]))
        for first in range(0, len(rows), _BLOCK):
            block = slice(first, first + _BLOCK)
            np.add.reduce(self.values[self._leaves(rows[block])], axis=0, out=found[block])
        found /= len(self.trees)
        return found

    def _leaves(self, rows: NDArray[np.float32]) -> NDArray[np.intp]:
        """Where the value of each row's leaf of each tree stands, shape (trees, rows)."""
        leaves = np.empty((len(self.trees), len(rows)), dtype=np.intp)
        for tree, first, found in zip(self.trees, self.firsts, leaves, strict=True):
            np.add(tree.apply(rows), first, out=found)
        return leaves


class _Boosted:
    """Its booster, without the checks of a frame's columns. Two threads must not ask at once."""

    def __init__(self, model: Any) -> None:
        self.booster = model.get_booster()
        self.rounds = (0, rounds(self.booster))
        self.missing = model.missing
        self.outputs = model.n_classes_ if str(model.objective).startswith("multi:") else 1

    def __call__(self, columns: Numbers) -> Numbers:
        said: Any = self.booster.inplace_predict(
            columns.T, iteration_range=self.rounds, missing=self.missing, validate_features=False
        )
        return said.reshape(columns.shape[1], self.outputs)


def rounds(booster: Any) -> int:
    """How many rounds a booster predicts with: the best ones where it stopped early, otherwise all (0)."""
    stopped = booster.attr("best_iteration")
    return 0 if stopped is None else int(stopped) + 1
