"""What is usual for an hour, drawn to the level of the last hours, which fades with the hours ahead.

A season and a level that errors move, and the last error carried on in part, are what double-seasonal exponential
smoothing makes a forecast of. [Taylor, Short-term electricity demand forecasting using double seasonal exponential
smoothing, 2003.] Here the same terms stand beside each other, and a line learns how much of each to take: it has few of
them, so that a month of data is enough.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, RegressorMixin

from models.hourly.ratios import Table, base_of, column_of, log_ratio_of
from refrain.audience_hours import DAYS_AGO, HOURS_AHEAD, USUAL_DAY_AGO, WEEKS_AGO

Numbers = NDArray[np.float64]

_FADING = (("level_1h", 0.7), ("level_1h", 0.9), ("level_6h", 0.9), ("level_6h", 0.97))
"""A level of the last hours, and the share of it that is left from each hour ahead to the next."""
_LASTING = ("level_1d", "level_7d")
_FARTHEST = 3.0
_BEND = 0.1
"""Share of the median error below which errors count as squares: what an absolute error needs to be minimised."""


class FadingLevel(RegressorMixin, BaseEstimator):
    """Users of an hour: a mean of the same hour of the weeks before, times the exponential of a line.

    `newest`: the weight of each week over that of the week before it is 1 / (1 - newest). `shrink` draws coefficients
    to zero. The sum of absolute errors of the logarithm is least, weighed by the root of the users expected.
    """

    def __init__(self, newest: float = 0.3, shrink: float = 0.001) -> None:
        self.newest = newest
        self.shrink = shrink

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "FadingLevel":  # noqa: N803 - scikit-learn's name
        """Learn how much of each term to take."""
        base, terms = self._base(X) + 1.0, _terms(X)
        ratio = np.clip(np.log((np.asarray(y, dtype=np.float64) + 1.0) / base), -_FARTHEST, _FARTHEST)
        weights = np.sqrt(base) / np.sqrt(base).sum()
        bend = _BEND * float(np.median(np.abs(ratio))) + 1e-6

        def loss(coefficients: Numbers) -> tuple[float, Numbers]:
            error = ratio - terms @ coefficients
            size = np.sqrt(error**2 + bend**2)
            slope = -(weights * error / size) @ terms + 2 * self.shrink * coefficients
            return float(weights @ size + self.shrink * coefficients @ coefficients), slope

        self.coefficients_ = np.asarray(minimize(loss, np.zeros(terms.shape[1]), jac=True, method="L-BFGS-B").x)
        return self

    def predict(self, X: Table) -> Numbers:  # noqa: N803
        """Users active in each hour, shape (rows,), none below 0."""
        said = np.clip(_terms(X) @ self.coefficients_, -_FARTHEST, _FARTHEST)
        return np.maximum((self._base(X) + 1.0) * np.exp(said) - 1.0, 0.0)

    def _base(self, rows: Table) -> Numbers:
        """The weighted mean of the weeks that are known; what is to be expected otherwise where none is."""
        weeks = np.column_stack([column_of(rows, name) for name in WEEKS_AGO])
        weights = (1.0 - self.newest) ** np.arange(len(WEEKS_AGO)) * np.isfinite(weeks)
        total = weights.sum(axis=1)
        mean = (np.nan_to_num(weeks) * weights).sum(axis=1) / np.maximum(total, 1e-12)
        return np.where(total > 0, np.maximum(mean, 0.0), base_of(rows))


def _terms(rows: Table) -> Numbers:
    """What may move an hour from what is usual for it, shape (rows, terms); 0 where not known."""
    ahead = column_of(rows, HOURS_AHEAD)
    fading = [np.nan_to_num(log_ratio_of(rows, name)) * left**ahead for name, left in _FADING]
    lasting = [np.nan_to_num(log_ratio_of(rows, name)) for name in _LASTING]
    day_ago, usual = (np.log1p(np.maximum(column_of(rows, name), 0.0)) for name in (DAYS_AGO[0], USUAL_DAY_AGO))
    same_hour = np.clip(np.nan_to_num(day_ago - usual), -_FARTHEST, _FARTHEST)
    return np.nan_to_num(np.column_stack([*fading, *lasting, same_hour]))
