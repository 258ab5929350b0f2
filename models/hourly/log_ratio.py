"""An estimator of the log ratio to what is expected of an hour, as an estimator of users; several of them as one."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.hourly.ratios import Table, base_of

Numbers = NDArray[np.float64]
Examples = tuple[pd.DataFrame, NDArray[Any]]

_MOST = 5.0


class HourModel(RegressorMixin, BaseEstimator):
    """Predicts users as what is expected of the hour (`base_of`) times the exponential of what `model` says.

    `prepare` makes what it takes. Learned is log((y + 1) / (base + 1)), with the weights (base + 1) ** `weight`: MASE
    asks for absolute errors of users, which are those of the ratio times what is expected. `tail`: the share of log
    ratios at either end that are drawn in, so that an outage does not tilt all other hours.
    """

    def __init__(self, prepare: Any = None, model: Any = None, weight: float = 0.5, tail: float = 0.005) -> None:
        self.prepare = prepare
        self.model = model
        self.weight = weight
        self.tail = tail

    def fit(self, X: pd.DataFrame, y: NDArray[Any], stop_on: Examples | None = None) -> "HourModel":  # noqa: N803
        """Fit both in place. `stop_on`: rows on which a boosted model ends its rounds."""
        base, ratio = _ratio(X, y)
        more: dict[str, Any] = {}
        if stop_on is not None:
            later, later_ratio = _ratio(*stop_on)
            prepared = self.prepare.fit(X).transform(stop_on[0])
            more = {"eval_set": [(prepared, later_ratio)], "sample_weight_eval_set": [later], "verbose": False}
        low, high = np.quantile(ratio, [self.tail, 1.0 - self.tail])
        weights = base**self.weight
        self.model.fit(
            self.prepare.fit_transform(X), np.clip(ratio, low, high), sample_weight=weights / weights.mean(), **more
        )
        return self

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803 - scikit-learn's name
        """Users active in each hour, shape (rows,), none below 0."""
        return self.users(X, np.asarray(self.model.predict(self.prepare.transform(X)), dtype=np.float64))

    def users(self, X: Table, said: Numbers) -> Numbers:  # noqa: N803
        """Users where `model` says that log ratio to what is expected of the hour, shape (rows,), none below 0."""
        return np.maximum((base_of(X) + 1.0) * np.exp(np.clip(said, -_MOST, _MOST)) - 1.0, 0.0)


class MeanOfHours(RegressorMixin, BaseEstimator):
    """The mean of what fitted `models` predict."""

    def __init__(self, models: Any = ()) -> None:
        self.models = models

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803
        """Users, shape (rows,)."""
        return self.mean([model.predict(X) for model in self.models])

    def mean(self, forecasts: list[Numbers]) -> Numbers:
        """Of the models' own forecasts, shape (rows,) each."""
        return np.asarray(np.mean(forecasts, axis=0), dtype=np.float64)

    def __sklearn_is_fitted__(self) -> bool:
        return len(self.models) > 0


def _ratio(X: pd.DataFrame, y: NDArray[Any]) -> tuple[Numbers, Numbers]:  # noqa: N803
    base = base_of(X) + 1.0
    return base, np.log((np.asarray(y, dtype=np.float64) + 1.0) / base)
