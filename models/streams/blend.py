"""Several forecasts of streams as one."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.streams.window import Numbers


class GeometricMean(RegressorMixin, BaseEstimator):
    """The geometric mean of what fitted `models` forecast: the mean on the scale on which they learned."""

    def __init__(self, models: Any = ()) -> None:
        self.models = models

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803 - scikit-learn's name
        """Streams, shape (rows,). Raises InputError as the models do."""
        return self.blended([model.predict(X) for model in self.models])

    def blended(self, forecasts: list[Numbers]) -> Numbers:
        """Of the models' own forecasts, shape (rows,) each."""
        return np.asarray(np.expm1(np.mean(np.log1p(forecasts), axis=0)), dtype=np.float64)

    def filled(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """How many missing days of each row are filled in, shape (rows,)."""
        return np.asarray(self.models[0].filled(X), dtype=np.int64)

    def __sklearn_is_fitted__(self) -> bool:
        return len(self.models) > 0
