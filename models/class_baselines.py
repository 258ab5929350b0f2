"""What a sceptic would say of classes: their shares, and so always the most frequent one."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from models.compiled.rows import Rows

Numbers = NDArray[np.float64]


class ClassShares(ClassifierMixin, BaseEstimator):
    """Says of every row the shares of the `classes` classes among the rows it was fitted on."""

    def __init__(self, classes: int = 2) -> None:
        self.classes = classes

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "ClassShares":  # noqa: N803 - scikit-learn's name
        """Remember the shares of the labels 0 to `classes` - 1 in `y`."""
        self.classes_ = np.arange(self.classes)
        self.shares_ = np.bincount(np.asarray(y, dtype=np.int64), minlength=self.classes) / len(y)
        return self

    def predict_proba(self, X: pd.DataFrame | Rows) -> Numbers:  # noqa: N803
        """The same probabilities for every row of `X`, shape (rows, classes)."""
        return np.tile(self.shares_, (len(X), 1))

    def predict(self, X: pd.DataFrame | Rows) -> NDArray[np.int64]:  # noqa: N803
        """The most frequent class, the first one of equals."""
        return np.full(len(X), int(np.argmax(self.shares_)), dtype=np.int64)

    def answers(self, X: pd.DataFrame | Rows) -> Numbers:  # noqa: N803
        """The probabilities and the position of the chosen class, shape (rows, classes + 1)."""
        return np.column_stack([self.predict_proba(X), self.predict(X)])
