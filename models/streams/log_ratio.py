"""An estimator of the log ratio to the last week, as an estimator of streams."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.streams.window import Numbers

_TAIL = 0.005
"""Share of log ratios at either end that are drawn in: a track that goes viral must not tilt all others."""
_MOST = 50.0


class LogRatioModel(RegressorMixin, BaseEstimator):
    """Predicts streams as the last week's times the exponential of what `model` says.

    `window`, a CleanWindow, cleans, `prepare` makes what the model takes, and `model` learns
    log((y + 1) / (last week + 1)), with the weights (last week + 1) ** `weight`: an absolute error of streams is that
    of the ratio times the last week, so a weight of 1 asks the model for what WAPE asks of it.

    **Back on the original scale.** exp of a mean of logarithms is not the mean; WAPE wants the median, which exp keeps.
    What remains of a bias is taken out by one factor: that which makes the absolute errors on the training rows
    smallest, the median of y / predicted weighted by predicted. `shrink` draws the log ratio to 0, last week's sum.

    `max_rows`: rows learned from at most, drawn at random by `seed`; None for all.
    """

    def __init__(
        self,
        window: Any = None,
        prepare: Any = None,
        model: Any = None,
        weight: float = 0.5,
        shrink: float = 1.0,
        max_rows: int | None = None,
        seed: int = 0,
    ) -> None:
        self.window = window
        self.prepare = prepare
        self.model = model
        self.weight = weight
        self.shrink = shrink
        self.max_rows = max_rows
        self.seed = seed

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803 - scikit-learn's name
        y: NDArray[Any],
        stop_on: tuple[pd.DataFrame, NDArray[Any]] | None = None,
    ) -> "LogRatioModel":
        """Fit all three in place. `stop_on`: rows on which a boosted model ends its rounds."""
        X, y = self._drawn(X, np.asarray(y, dtype=np.float64))  # noqa: N806
        described = self.window.fit(X).transform(X)
        prepared = self.prepare.fit_transform(described)
        base, ratio = self._ratio(X, y)
        low, high = np.quantile(ratio, [_TAIL, 1 - _TAIL])
        more = {} if stop_on is None else self._evaluation(stop_on)
        self.model.fit(prepared, np.clip(ratio, low, high), sample_weight=self._weights(base), **more)
        self.factor_ = 1.0
        self.factor_ = weighted_median(y, self.predict(X))
        return self

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803
        """Streams of the week asked for, shape (rows,), none below 0.

        Raises InputError, naming the rows, for a window with too few known days or a negative count.
        """
        described = self.window.described(X)
        prepared = self.prepare.transform(pd.DataFrame(described.columns, index=X.index))
        return self.streams(np.asarray(self.model.predict(prepared), dtype=np.float64), described.last_week)

    def streams(self, said: Numbers, last_week: Numbers) -> Numbers:
        """Streams where `model` says that log ratio to that last week, shape (rows,), none below 0."""
        drawn = np.clip(self.shrink * said, -_MOST, _MOST)
        return np.maximum(self.factor_ * ((last_week + 1.0) * np.exp(drawn) - 1.0), 0.0)

    def prepared(self, X: pd.DataFrame) -> Any:  # noqa: N803
        """What the model takes, shape (rows, columns)."""
        return self.prepare.transform(self.window.transform(X))

    def filled(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """How many missing days of each row are filled in, shape (rows,)."""
        return self.window.filled(X)

    def _drawn(self, X: pd.DataFrame, y: Numbers) -> tuple[pd.DataFrame, Numbers]:  # noqa: N803
        if self.max_rows is None or len(X) <= self.max_rows:
            return X, y
        rows = np.sort(np.random.default_rng(self.seed).choice(len(X), self.max_rows, replace=False))
        return X.iloc[rows], y[rows]

    def _ratio(self, X: pd.DataFrame, y: Numbers) -> tuple[Numbers, Numbers]:  # noqa: N803
        base = self.window.last_week(X) + 1.0
        return base, np.log((y + 1.0) / base)

    def _weights(self, base: Numbers) -> Numbers:
        weights = base**self.weight
        return weights / weights.mean()

    def _evaluation(self, stop_on: tuple[pd.DataFrame, NDArray[Any]]) -> dict[str, Any]:
        X, y = stop_on  # noqa: N806
        base, ratio = self._ratio(X, np.asarray(y, dtype=np.float64))
        # Here the weight is that of WAPE, whatever is learned with.
        return {"eval_set": [(self.prepared(X), ratio)], "sample_weight_eval_set": [base], "verbose": False}


def weighted_median(y: Numbers, predicted: Numbers) -> float:
    """The factor c that makes the sum of |y - c * predicted| smallest; 1 where nothing is predicted."""
    some = predicted > 0
    if not some.any():
        return 1.0
    ratio, weight = y[some] / predicted[some], predicted[some]
    order = np.argsort(ratio, kind="stable")
    total = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(total, total[-1] / 2)])
