"""Amounts with conformal intervals: how far off a model was on rows it had not learned from, carried over to new ones.

Errors are taken on the original scale, as shares of what was predicted: (y - predicted) / (predicted + unit). Taken on
a transformed scale (logarithms, say), they would cover the transformed amount and not the amount. [Lei, G'Sell,
Rinaldo, Tibshirani, Wasserman, Distribution-Free Predictive Inference for Regression, 2018; apart for parts of the
rows: Vovk, Lindsay, Nouretdinov, Gammerman, Mondrian Confidence Machine, 2003.]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

Numbers = NDArray[np.float64]

LEVELS = (0.8, 0.95)
"""What the intervals promise."""
ANSWER = ("prediction", "low_80", "high_80", "low_95", "high_95")
"""The columns of an answer."""
PREDICTION = "prediction"
"""Names, among the cuts, the predicted amount itself."""
SMALLEST_PART = 200
"""Rows below which a part's quantiles are not its own: a tail of 2.5 % of fewer is hardly a row."""
_TAILS = np.array([0.1, 0.9, 0.025, 0.975])
_UNIT_QUANTILE = 0.01


class RelativeConformal(BaseEstimator):
    """Quantiles of relative errors, apart for parts of the rows.

    `columns` and `edges` say which parts: each column is cut at its edges, rows without a value being a part of their
    own. Parts are nested, the first column being the outermost; one with fewer than 200 rows takes the quantiles of the
    part around it. `horizon` names a column of whole numbers from 1 on: beyond the largest one seen, intervals go on
    widening with its square root, as those of a random walk do.
    """

    def __init__(
        self, columns: Sequence[str] = (), edges: Sequence[Sequence[float]] = (), horizon: str | None = None
    ) -> None:
        self.columns = columns
        self.edges = edges
        self.horizon = horizon

    def fit(self, predicted: Numbers, y: Numbers, X: pd.DataFrame) -> "RelativeConformal":  # noqa: N803
        """Learn from predictions of rows that the model had not seen, shape (rows,), and what came of them.

        Not advised below 200 rows: the quantiles are then the largest errors seen.
        """
        positive = predicted[predicted > 0]
        self.unit_ = max(1.0, float(np.quantile(positive, _UNIT_QUANTILE)) if len(positive) else 1.0)
        errors = (y - predicted) / (predicted + self.unit_)
        digits = self.digits(predicted, X)
        self.furthest_ = float(np.nanmax(X[self.horizon])) if self.horizon and len(X) else 0.0
        self.quantiles_ = self._quantiles(errors, digits)
        return self

    def digits(self, predicted: Numbers, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """Which part of each column a row belongs to, shape (columns, rows)."""
        values = [predicted if name == PREDICTION else X[name].to_numpy(dtype=np.float64) for name in self.columns]
        found = [part_of(each, edges) for each, edges in zip(values, self.edges, strict=True)]
        return np.asarray(found, dtype=np.int64).reshape(len(self.columns), len(predicted))

    def bounds(self, predicted: Numbers, digits: NDArray[np.int64], horizon: Numbers | float | None = None) -> Numbers:
        """low_80, high_80, low_95, high_95 of each row, shape (rows, 4), none below 0.

        `digits`: as `digits` gives them. `horizon`: the rows' values of that column, or the one that all share.
        """
        tails = self.quantiles_[self._codes(digits)]
        if horizon is not None and self.furthest_ > 0:
            beyond = np.sqrt(np.maximum(np.asarray(horizon, dtype=np.float64) / self.furthest_, 1.0))
            if np.any(beyond > 1.0):
                # A share e of error is a factor 1 + e: the logarithm of the factor is what widens.
                tails = np.expm1(np.log(np.maximum(1.0 + tails, 1e-3)) * np.reshape(beyond, (-1, 1)))
        at = predicted[:, None]
        return np.asarray(np.maximum(at + tails * (at + self.unit_), 0.0), dtype=np.float64)

    def _codes(self, digits: NDArray[np.int64], depth: int | None = None) -> NDArray[np.int64]:
        codes = np.zeros(digits.shape[1], dtype=np.int64)
        for number, parts in enumerate(self._sizes()):
            codes *= parts
            if depth is None or number < depth:
                codes += digits[number]
        return codes

    def _sizes(self) -> list[int]:
        return [len(edges) + 2 for edges in self.edges]

    def _quantiles(self, errors: Numbers, digits: NDArray[np.int64]) -> Numbers:
        """Quantiles of every part there can be, shape (parts, 4), from the outermost part inwards."""
        sizes = self._sizes()
        table = np.tile(_tails(errors), (int(np.prod(sizes)), 1))
        for depth in range(1, len(sizes) + 1):
            inside = int(np.prod(sizes[depth:]))
            codes = self._codes(digits, depth)
            order = np.argsort(codes, kind="stable")
            starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
            for part in np.split(order, starts[1:]):
                if len(part) >= SMALLEST_PART:
                    first = int(codes[part[0]])
                    table[first : first + inside] = _tails(errors[part])
        return table


class ConformalModel(RegressorMixin, BaseEstimator):
    """A fitted estimator of amounts with its intervals: what is stored and served.

    `calibrator` is a fitted RelativeConformal. So is `total`, of sums over the months from 1 to a horizon; it is there
    only where the estimator forecasts curves.
    """

    def __init__(self, estimator: Any = None, calibrator: Any = None, total: Any = None) -> None:
        self.estimator = estimator
        self.calibrator = calibrator
        self.total = total

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803 - scikit-learn's name
        """The columns ANSWER of each row of `X`, shape (rows, 5). Optional features may be absent."""
        predicted = np.asarray(self.estimator.predict(X), dtype=np.float64)
        return with_bounds(self.calibrator, predicted, X)

    def curves(self, tracks: pd.DataFrame, months: int) -> Numbers:
        """ANSWER of each of the next `months` of each track, shape (tracks, months, 5).

        `tracks`: one row a track, with what is known of it at as_of (no column of the month ahead).
        """
        predicted = np.asarray(self.estimator.curves(tracks, months), dtype=np.float64)
        answer = np.empty((*predicted.shape, len(ANSWER)))
        answer[:, :, 0] = predicted
        for month in range(1, months + 1):
            rows = _of_month(self.calibrator, tracks, month)
            digits = self.calibrator.digits(predicted[:, month - 1], rows)
            answer[:, month - 1, 1:] = self.calibrator.bounds(predicted[:, month - 1], digits, float(month))
        return answer

    def totals(self, tracks: pd.DataFrame, months: int, curves: Numbers | None = None) -> Numbers:
        """ANSWER of each track's sum over the next `months`, shape (tracks, 5). `curves`: where they are there already.

        A sum's interval is its own: errors of one month and the next have much in common, so that those of the months
        do not add up to it.
        """
        predicted = (self.estimator.curves(tracks, months) if curves is None else curves[:, :, 0]).sum(axis=1)
        return with_bounds(self.total, np.asarray(predicted, dtype=np.float64), _of_month(self.total, tracks, months))

    def __sklearn_is_fitted__(self) -> bool:
        return self.estimator is not None


def with_bounds(calibrator: RelativeConformal, predicted: Numbers, X: pd.DataFrame) -> Numbers:  # noqa: N803
    """ANSWER of rows of which the amounts `predicted` are predicted, shape (rows, 5)."""
    horizon = X[calibrator.horizon].to_numpy(dtype=np.float64) if calibrator.horizon else None
    bounds = calibrator.bounds(predicted, calibrator.digits(predicted, X), horizon)
    return np.column_stack([predicted, bounds])


def _of_month(calibrator: RelativeConformal, tracks: pd.DataFrame, month: int) -> pd.DataFrame:
    """The columns that the calibrator reads, the month ahead being `month` for all."""
    columns: dict[str, Any] = {
        name: tracks[name].to_numpy(dtype=np.float64)
        for name in calibrator.columns
        if name not in (PREDICTION, calibrator.horizon)
    }
    if calibrator.horizon:
        columns[calibrator.horizon] = np.full(len(tracks), float(month))
    return pd.DataFrame(columns, index=range(len(tracks)))


def part_of(values: Numbers, edges: Sequence[float]) -> NDArray[np.int64]:
    """0 below the first edge, 1 from it on, and so on; one more than the number of edges where there is no value."""
    found = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    return np.where(np.isnan(values), len(edges) + 1, found).astype(np.int64)


def _tails(errors: Numbers) -> Numbers:
    """The quantiles between which 80 and 95 of 100 new errors lie, rounded outwards for how few were seen.

    0 lies between them always: an interval holds the amount that it belongs to, also where a model was mostly too high.
    """
    ordered = np.sort(errors)
    count = len(ordered)
    if count == 0:
        return np.zeros(4)
    ranks = np.where(_TAILS > 0.5, np.ceil((count + 1) * _TAILS), np.floor((count + 1) * _TAILS)) - 1
    tails = ordered[np.clip(ranks, 0, count - 1).astype(np.int64)]
    return np.asarray(np.where(_TAILS > 0.5, np.maximum(tails, 0.0), np.minimum(tails, 0.0)), dtype=np.float64)
