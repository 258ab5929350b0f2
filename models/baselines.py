"""What a sceptic would predict with: estimators like the others, so that they can be measured, stored and served."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from models.compiled.rows import Rows, column_of

_SMALLEST_SLOPE = 1e-6


class BaseRate(ClassifierMixin, BaseEstimator):
    """Says of every row the share of positives among the rows it was fitted on."""

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "BaseRate":  # noqa: N803 - scikit-learn's name
        """Remember the share of ones in `y`."""
        self.classes_ = np.array([0, 1])
        self.rate_ = float(np.mean(y))
        return self

    def predict_proba(self, X: pd.DataFrame | Rows) -> NDArray[np.float64]:  # noqa: N803
        """The same probabilities for every row of `X`, shape (rows, 2)."""
        return np.tile([1.0 - self.rate_, self.rate_], (len(X), 1))

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """The likelier label."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)


class ColumnScore(ClassifierMixin, BaseEstimator):
    """Ranks rows by one column, higher being likelier, and turns it into a probability by a curve that always rises.

    The curve is logistic in the column's inverse hyperbolic sine (a logarithm that knows zero and negative numbers),
    so the ranking, and with it average precision, is the raw column's own. A missing value counts as the lowest seen.
    """

    def __init__(self, column: str = "") -> None:
        self.column = column

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "ColumnScore":  # noqa: N803
        """Fit the curve; both labels must occur in `y`."""
        values = self._values(X)
        self.classes_ = np.array([0, 1])
        self.lowest_ = float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
        values = self._filled(values)
        self.center_, self.scale_ = float(np.mean(values)), float(np.std(values)) or 1.0
        logistic = LogisticRegression().fit(self._standard(values).reshape(-1, 1), y)
        self.slope_ = max(float(logistic.coef_[0, 0]), _SMALLEST_SLOPE)
        self.intercept_ = float(logistic.intercept_[0])
        return self

    def predict_proba(self, X: pd.DataFrame | Rows) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of 0 and 1, shape (rows, 2)."""
        odds = self.slope_ * self._standard(self._filled(self._values(X))) + self.intercept_
        ones = 1.0 / (1.0 + np.exp(-np.clip(odds, -700.0, 700.0)))
        return np.column_stack([1.0 - ones, ones])

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """The likelier label."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def _values(self, rows: pd.DataFrame | Rows) -> NDArray[np.float64]:
        values = column_of(rows, self.column)
        return np.arcsinh(np.where(np.isfinite(values), values, np.nan))

    def _filled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.isnan(values), self.lowest_, values)

    def _standard(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return (values - self.center_) / self.scale_
