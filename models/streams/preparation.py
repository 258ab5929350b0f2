"""What each kind of model makes of a described window."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from models.preprocessing import Bends


class AsArray(TransformerMixin, BaseEstimator):
    """The columns as they are, in 64 bits: trees know where to send a missing number."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> "AsArray":  # noqa: N803 - scikit-learn's name
        """Remember how many columns there are."""
        self.columns_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        """Shape (rows, columns)."""
        return np.asarray(X, dtype=np.float64)


class Winsorised(TransformerMixin, BaseEstimator):
    """Each column drawn in to between two of its own quantiles: a line must not be tilted by its ends."""

    def __init__(self, share: float = 0.01) -> None:
        self.share = share

    def fit(self, X: Any, y: Any = None) -> "Winsorised":  # noqa: N803
        """Learn the quantiles `share` and 1 - `share` of each column."""
        values = np.asarray(X, dtype=np.float64)
        self.bounds_ = np.quantile(values, [self.share, 1 - self.share], axis=0)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Shape (rows, columns), as it came."""
        return np.clip(np.asarray(X, dtype=np.float64), self.bounds_[0], self.bounds_[1])


class EvenSpread(TransformerMixin, BaseEstimator):
    """Each column -> its place among the values learned from, in [0, 1]."""

    def __init__(self, quantiles: int = 100) -> None:
        self.quantiles = quantiles

    def fit(self, X: Any, y: Any = None) -> "EvenSpread":  # noqa: N803
        """Learn the quantiles of each column."""
        self.places_ = np.linspace(0, 1, self.quantiles + 1)
        self.values_ = np.quantile(np.asarray(X, dtype=np.float64), self.places_, axis=0)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Shape (rows, columns), between 0 and 1."""
        values = np.asarray(X, dtype=np.float64)
        columns = [
            np.interp(values[:, number], self.values_[:, number], self.places_) for number in range(values.shape[1])
        ]
        return np.column_stack(columns)


def for_trees() -> Any:
    """For trees: every number as it is, missing ones too."""
    return AsArray()


def for_linear(knots: int, components: float | None) -> Pipeline:
    """For lines: imputed (and said to be), drawn in, scaled; bends where `knots`; PCA where `components`.

    `knots`: places where a line may bend (0: straight). `components`: principal components kept, a number of them
    or, below 1, as many as make up that share of the variance; None for no PCA.
    """
    steps: list[tuple[str, Any]] = [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)),
        ("winsorise", Winsorised()),
    ]
    if knots:
        steps += [("spread", EvenSpread()), ("bends", Bends(knots))]
    steps.append(("scale", StandardScaler()))
    if components is not None:
        steps.append(("components", PCA(n_components=components, svd_solver="full")))
    return Pipeline(steps)
