"""An estimator of amounts with its intervals: what is stored and served."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.compiled.rows import Rows
from models.curve_bounds import curve_answers
from models.intervals import RelativeConformal

Numbers = NDArray[np.float64]


class ConformalModel(RegressorMixin, BaseEstimator):
    """A fitted estimator of amounts with its intervals.

    `calibrator` is a fitted RelativeConformal. So is `total`, of sums over the months from 1 to a horizon; it is there
    only where the estimator forecasts curves. `common_share`: the share of errors that tracks have in common
    (models/valuation.py), by which intervals of several tracks together are made; 1 is the widest.
    """

    def __init__(
        self, estimator: Any = None, calibrator: Any = None, total: Any = None, common_share: float = 1.0
    ) -> None:
        self.estimator = estimator
        self.calibrator = calibrator
        self.total = total
        self.common_share = common_share

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803 - scikit-learn's name
        """The columns ANSWER of each row of `X`, shape (rows, 5). Optional features may be absent."""
        return with_bounds(self.calibrator, np.asarray(self.estimator.predict(X), dtype=np.float64), X)

    def curves(self, tracks: pd.DataFrame, months: int) -> Numbers:
        """ANSWER of each of the next `months` of each track, shape (tracks, months, 5).

        `tracks`: one row a track, with what is known of it at as_of (no column of the month ahead).
        """
        return curve_answers(self.calibrator, np.asarray(self.estimator.curves(tracks, months), np.float64), tracks)

    def totals(self, tracks: pd.DataFrame, months: int, curves: Numbers | None = None) -> Numbers:
        """ANSWER of each track's sum over the next `months`, shape (tracks, 5). `curves`: where they are there already.

        A sum's interval is its own: errors of one month and the next have much in common, so that those of the months
        do not add up to it.
        """
        predicted = (self.estimator.curves(tracks, months) if curves is None else curves[:, :, 0]).sum(axis=1)
        asked = {name: tracks[name].to_numpy(dtype=np.float64) for name in self.total.terms if name in tracks}
        if self.total.horizon:
            asked[self.total.horizon] = np.full(len(tracks), float(months))
        return with_bounds(
            self.total, np.asarray(predicted, dtype=np.float64), pd.DataFrame(asked, index=range(len(tracks)))
        )

    def __sklearn_is_fitted__(self) -> bool:
        return self.estimator is not None


def with_bounds(
    calibrator: RelativeConformal,
    predicted: Numbers,
    X: pd.DataFrame | Rows,  # noqa: N803
) -> Numbers:
    """ANSWER of rows of which the amounts `predicted` are predicted, shape (rows, 5)."""
    return np.column_stack([predicted, calibrator.bounds(predicted, X)])
