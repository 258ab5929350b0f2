"""A step that lets numbers pass and remembers their means."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class RememberedMeans(TransformerMixin, BaseEstimator):
    """Gives what it gets. `means_`: of each column in training, what a linear model's contributions start from."""

    def fit(self, X: Any, y: Any = None) -> "RememberedMeans":  # noqa: N803 - scikit-learn's name
        """Remember the means of the columns, shape (columns,)."""
        self.means_ = np.asarray(X, dtype=np.float64).mean(axis=0)
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """`X` itself."""
        return X
