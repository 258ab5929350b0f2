"""What a sceptic would say of a week of streams: estimators like the others, to be measured and served."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.streams.window import Numbers, Table, column, read_days
from refrain.stream_weeks import CATALOGUE_RATIO, WEEK


class LastWeek(RegressorMixin, BaseEstimator):
    """The last 7 days' sum once more, gaps filled as the models fill them.

    `window`: a CleanWindow. `scaled`: times the whole catalogue's last weekly ratio (times 1 where that is not known).
    """

    def __init__(self, window: Any = None, scaled: bool = False) -> None:
        self.window = window
        self.scaled = scaled

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "LastWeek":  # noqa: N803 - scikit-learn's name
        """Learn what the window needs to fill gaps."""
        self.window.fit(X)
        return self

    def predict(self, X: Table) -> Numbers:  # noqa: N803
        """Streams, shape (rows,). Raises InputError for a window that is refused."""
        total = self.window.last_week(X)
        if not self.scaled:
            return total
        ratio = column(X, CATALOGUE_RATIO)
        return total * np.where(ratio >= 0, ratio, 1.0)


class SameWeekdays(RegressorMixin, BaseEstimator):
    """Each weekday carried on at its own level: the mean of its known counts in the window.

    A weekday without a known count is filled from the days beside it and the week's shape. In a window of three weeks
    every weekday has up to three counts; in one of 7 known days this is the last 7 days' sum. `window`: a CleanWindow.
    """

    def __init__(self, window: Any = None) -> None:
        self.window = window

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "SameWeekdays":  # noqa: N803
        """Learn what the window needs to fill gaps."""
        self.window.fit(X)
        return self

    def predict(self, X: Table) -> Numbers:  # noqa: N803
        """Streams, shape (rows,). Raises InputError for a window that is refused."""
        filled = self.window.complete(X)[:, :WEEK]
        known = read_days(X, self.window.days).reshape(len(X), self.window.days // WEEK, WEEK)
        counts = np.isfinite(known).sum(axis=1)
        means = np.nansum(known, axis=1) / np.maximum(counts, 1)
        return np.asarray(np.where(counts > 0, means, filled).sum(axis=1))
