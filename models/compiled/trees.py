"""Fitted forests and boosted trees, asked with arrays that are known to be what they take."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from xgboost import XGBClassifier, XGBRegressor

from models.compiled.rows import Numbers
from models.contributions import rounds_of

Ask = Callable[[Numbers], Numbers]
"""Prepared columns, shape (columns, rows) -> what the trees say, shape (rows, outputs)."""

_FEW = 16
"""Rows up to which it costs less to look all trees' leaves up at once than to add up tree by tree."""


def trees(model: Any) -> Ask | None:
    """A fitted model of trees: a forest's means, or what boosted trees predict (in 32 bits); None for another model."""
    if isinstance(model, RandomForestClassifier | RandomForestRegressor | ExtraTreesRegressor):
        return _Forest(model)
    if isinstance(model, XGBClassifier | XGBRegressor):
        return _Boosted(model)
    return None


class _Forest:
    """Its trees, asked one by one and added up in their order, as it does itself."""

    def __init__(self, forest: Any) -> None:
        self.trees = [estimator.tree_ for estimator in forest.estimators_]
        self.values = np.concatenate([tree.value[:, 0, :] for tree in self.trees])
        self.ends = np.cumsum([tree.node_count for tree in self.trees])

    def __call__(self, columns: Numbers) -> Numbers:
        rows = np.ascontiguousarray(columns.T, dtype=np.float32)
        return (self._at_once(rows) if len(rows) <= _FEW else self._one_by_one(rows)) / len(self.trees)

    def _at_once(self, rows: NDArray[np.float32]) -> Numbers:
        leaves = np.array([tree.apply(rows) for tree in self.trees])
        leaves[1:] += self.ends[:-1, None]
        return np.asarray(self.values[leaves].sum(axis=0))

    def _one_by_one(self, rows: NDArray[np.float32]) -> Numbers:
        found = np.zeros((len(rows), self.values.shape[1]))
        for tree, values in zip(self.trees, np.split(self.values, self.ends[:-1]), strict=True):
            found += values.take(tree.apply(rows), axis=0)
        return found


class _Boosted:
    """Its booster, without the checks of a frame's columns. Two threads must not ask at once."""

    def __init__(self, model: Any) -> None:
        self.booster = model.get_booster()
        self.rounds = (0, rounds_of(model))
        self.missing = model.missing
        self.outputs = model.n_classes_ if str(model.objective).startswith("multi:") else 1

    def __call__(self, columns: Numbers) -> Numbers:
        said: Any = self.booster.inplace_predict(
            columns.T, iteration_range=self.rounds, missing=self.missing, validate_features=False
        )
        return said.reshape(columns.shape[1], self.outputs)
