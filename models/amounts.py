"""The simplest estimator of an amount: a column as it stands."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.compiled.rows import Rows, column_of


class ColumnAmount(RegressorMixin, BaseEstimator):
    """Says of every row what one of its columns says; where that is missing, the median of the rows fitted on."""

    def __init__(self, column: str = "") -> None:
        self.column = column

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "ColumnAmount":  # noqa: N803 - scikit-learn's name
        """Remember the column's median."""
        values = column_of(X, self.column)
        self.median_ = float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else 0.0
        return self

    def predict(self, X: pd.DataFrame | Rows) -> NDArray[np.float64]:  # noqa: N803
        """Amounts, shape (rows,), none below 0."""
        values = column_of(X, self.column)
        return np.asarray(np.maximum(np.where(np.isfinite(values), values, self.median_), 0.0), dtype=np.float64)
