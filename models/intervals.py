"""Amounts with conformal intervals: how far off a model was on rows it had not learned from, carried over to new ones.

Errors are taken on the original scale, as shares of what was predicted: (y - predicted) / (predicted + unit). Taken on
a transformed scale (logarithms, say), they would cover the transformed amount and not the amount. [Lei, G'Sell,
Rinaldo, Tibshirani, Wasserman, Distribution-Free Predictive Inference for Regression, 2018; apart for parts of the
rows: Vovk, Lindsay, Nouretdinov, Gammerman, Mondrian Confidence Machine, 2003.]
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from models.compiled.rows import Rows

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
_UNTOLD = 0.05  # share of the errors that are taken for equally small: their logarithms would outweigh the others
_RIDGE = 1.0


class RelativeConformal(BaseEstimator):
    """Quantiles of relative errors: as wide as a row's kind is hard to predict, and apart for parts of the rows.

    `columns` and `edges` say by what: each column is cut at its edges, rows without a value being a part of their own.

    * **Spread.** The size of the errors as a product of a power of each column (a log-linear fit), so that a few rows
      are enough to tell that the young or the far ahead are harder. Errors are divided by it before quantiles are
      taken. [Papadopoulos, Gammerman, Vovk, Normalized nonconformity measures for regression, 2008.]
    * **Parts** are nested, the first column being the outermost; one with fewer than 200 rows takes the quantiles of
      the part around it.

    `horizon` names a column of whole numbers from 1 on: beyond the largest one seen, intervals go on widening with its
    square root, as those of a random walk do.
    """

    def __init__(
        self, columns: Sequence[str] = (), edges: Sequence[Sequence[float]] = (), horizon: str | None = None
    ) -> None:
        self.columns = columns
        self.edges = edges
        self.horizon = horizon

    def fit(self, predicted: Numbers, y: Numbers, X: pd.DataFrame) -> "RelativeConformal":  # noqa: N803
        """Learn from predictions of rows that the model had not seen, shape (rows,), and what came of them.

        `y`: shape (rows,), or the least and the most that can have come, shape (rows, 2). Of the latter, upper bounds
        are learned from the most and lower ones from the least: what is hidden may be anything in between. Not advised
        below 200 rows: the quantiles are then the largest errors seen.
        """
        positive = predicted[predicted > 0]
        self.unit_ = max(1.0, float(np.quantile(positive, _UNIT_QUANTILE)) if len(positive) else 1.0)
        bounds = np.asarray(y, dtype=np.float64).reshape(len(predicted), -1)
        errors = (bounds[:, [0, -1]] - predicted[:, None]) / (predicted + self.unit_)[:, None]
        self.furthest_ = float(np.nanmax(X[self.horizon])) if self.horizon and len(X) else 0.0
        told = (errors[:, 0] == errors[:, 1]) | (errors[:, 0] > 0) | (errors[:, 1] < 0)
        self._fit_spread(np.abs(errors[told]).min(axis=1), predicted[told], X[told])
        self.quantiles_ = self._quantiles(errors / self.spread(predicted, X)[:, None], self.digits(predicted, X))
        return self

    def digits(self, predicted: Numbers, X: pd.DataFrame | Rows) -> NDArray[np.int64]:  # noqa: N803
        """Which part of each column a row belongs to, shape (columns, rows)."""
        found = [
            part_of(_values(name, predicted, X), edges) for name, edges in zip(self.columns, self.edges, strict=True)
        ]
        return np.asarray(found, dtype=np.int64).reshape(len(self.columns), len(predicted))

    def spread(self, predicted: Numbers, X: pd.DataFrame | Rows) -> Numbers:  # noqa: N803
        """How large errors of such rows are, shape (rows,)."""
        found = np.ones(len(predicted))
        for name in self.terms:
            found *= self.factor(name, _values(name, predicted, X))
        return found

    @property
    def terms(self) -> tuple[str, ...]:
        """The columns that the spread depends on."""
        return tuple(dict.fromkeys((*self.columns, *((self.horizon,) if self.horizon else ()))))

    def factor(self, name: str, values: Numbers) -> Numbers:
        """What a column's values make of the spread."""
        slope, missing, low, high = self.powers_[self.terms.index(name)]
        logs = np.log1p(np.maximum(values, 0.0))
        found = np.exp(np.where(np.isnan(logs), missing, slope * np.clip(logs, low, high)))
        if name == self.horizon and self.furthest_ > 0:
            found *= np.sqrt(np.maximum(values / self.furthest_, 1.0))
        return np.asarray(found, dtype=np.float64)

    def bounds(self, predicted: Numbers, X: pd.DataFrame | Rows) -> Numbers:  # noqa: N803
        """low_80, high_80, low_95, high_95 of each row, shape (rows, 4), none below 0."""
        reach = (predicted + self.unit_) * self.spread(predicted, X)
        tails = self.quantiles_[self._codes(self.digits(predicted, X))]
        return np.asarray(np.maximum(predicted[:, None] + tails * reach[:, None], 0.0), dtype=np.float64)

    def _fit_spread(self, size: Numbers, predicted: Numbers, X: pd.DataFrame) -> None:  # noqa: N803
        """`powers_`: slope, what a missing value adds, and the range of logarithms seen; shape (terms, 4)."""
        self.powers_ = np.zeros((len(self.terms), 4))
        if len(size) < SMALLEST_PART or not self.terms or not size.any():
            return
        design = [np.ones(len(size))]
        for place, name in enumerate(self.terms):
            logs = np.log1p(np.maximum(_values(name, predicted, X), 0.0))
            known = ~np.isnan(logs)
            self.powers_[place, 2:] = (logs[known].min(), logs[known].max()) if known.any() else (0.0, 0.0)
            design += [np.where(known, logs, 0.0), (~known).astype(np.float64)]
        columns = np.column_stack(design)
        hardly_an_error = max(float(np.quantile(size, _UNTOLD)), float(size[size > 0].min()))
        penalty = np.eye(columns.shape[1]) * _RIDGE
        penalty[0, 0] = 0.0
        logs = np.log(np.maximum(size, hardly_an_error))
        weights = np.linalg.solve(columns.T @ columns + penalty, columns.T @ logs)
        self.powers_[:, :2] = weights[1:].reshape(-1, 2)

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


def part_of(values: Numbers, edges: Sequence[float]) -> NDArray[np.int64]:
    """0 below the first edge, 1 from it on, and so on; one more than the number of edges where there is no value."""
    found = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    return np.where(np.isnan(values), len(edges) + 1, found).astype(np.int64)


def _values(name: str, predicted: Numbers, rows: pd.DataFrame | Rows) -> Numbers:
    if name == PREDICTION:
        return predicted
    if name not in rows:
        return np.full(len(predicted), np.nan)
    return rows.column(name) if isinstance(rows, Rows) else rows[name].to_numpy(dtype=np.float64)


def _tails(errors: Numbers) -> Numbers:
    """The quantiles between which 80 and 95 of 100 new errors lie, rounded outwards for how few were seen.

    `errors`: the least and the most that each can be, shape (rows, 2). 0 lies between the quantiles always: an interval
    holds the amount that it belongs to, also where a model was mostly too high.
    """
    ordered = np.sort(errors, axis=0)
    count = len(ordered)
    if count == 0:
        return np.zeros(4)
    ranks = np.where(_TAILS > 0.5, np.ceil((count + 1) * _TAILS), np.floor((count + 1) * _TAILS)) - 1
    tails = ordered[np.clip(ranks, 0, count - 1).astype(np.int64), np.where(_TAILS > 0.5, 1, 0)]
    return np.asarray(np.where(_TAILS > 0.5, np.maximum(tails, 0.0), np.minimum(tails, 0.0)), dtype=np.float64)
