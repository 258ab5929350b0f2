"""The metrics of amounts and their intervals: each is made of sums over rows, which a bootstrap adds up by cluster."""

import numpy as np
from numpy.typing import NDArray

from models.intervals import LEVELS

Numbers = NDArray[np.float64]


class Sums:
    """Of each row, or each group of rows, what the metrics are made of: shape (rows or groups, 7 or 8).

    `truth` is the actual amount, shape (rows,), or the least and the most that it can be, shape (rows, 2), or these and
    the error that counts as 1, shape (rows, 3). Of an amount between bounds the one that is nearest to the prediction
    counts as the actual one, and the most in the sums that errors are divided by. An interval covers it if it can: so
    more is covered than promised, and only less is an error.

    * wape: sum of |predicted - actual| over the sum of the actual.
    * bias: sum of (predicted - actual) over the sum of the actual; above 0 where a model says too much.
    * coverage_80, coverage_95: share of rows whose actual amount lies in the interval, bounds included.
    * coverage_error: the larger distance of these two to what they promise.
    * mase, where such an error is given: sum of |predicted - actual| over the sum of these. Where they are the mean
      error of the seasonal naive forecast within the history, this is the mean absolute scaled error. [Hyndman and
      Koehler, Another look at measures of forecast accuracy, 2006.]
    * width_80: sum of the widths of the 80 % intervals over the sum of the actual.
    """

    def __init__(self, truth: NDArray[np.float64], answers: Numbers) -> None:
        """`answers`: prediction, low_80, high_80, low_95, high_95, shape (rows, 5)."""
        predicted, low_80, high_80, low_95, high_95 = answers.T
        least, most = _bounds(truth)
        error = predicted - nearest(truth, predicted)
        self.is_hidden = bool(np.any(least < most))
        self.is_scaled = truth.ndim == 2 and truth.shape[1] > 2
        self.parts = np.column_stack(
            [
                np.ones(len(most)),
                most,
                np.abs(error),
                error,
                (most >= low_80) & (least <= high_80),
                (most >= low_95) & (least <= high_95),
                high_80 - low_80,
                *((truth[:, 2],) if self.is_scaled else ()),
            ]
        )

    def metrics(self, weights: Numbers | None) -> dict[str, Numbers]:
        """Every metric under each row of `weights` (shape: weightings, rows); of the rows as they are without any."""
        added = self.parts.sum(axis=0, keepdims=True) if weights is None else weights @ self.parts
        return self.of_sums(added)

    def of_sums(self, added: Numbers) -> dict[str, Numbers]:
        """Every metric of parts that were added up, shape (sums, 7 or 8)."""
        rows, actual, absolute, signed, inside_80, inside_95, width = added.T[:7]
        with np.errstate(invalid="ignore", divide="ignore"):
            coverage = np.array([inside_80, inside_95]) / rows
            short = np.array(LEVELS)[:, None] - coverage
            return {
                "wape": absolute / actual,
                **({"mase": absolute / added[:, 7]} if self.is_scaled else {}),
                "bias": signed / actual,
                "coverage_80": coverage[0],
                "coverage_95": coverage[1],
                "coverage_error": (np.maximum(short, 0.0) if self.is_hidden else np.abs(short)).max(axis=0),
                "width_80": width / actual,
            }


def nearest(truth: NDArray[np.float64], predicted: Numbers) -> Numbers:
    """The amount nearest to the predicted one that the truth allows, shape (rows,)."""
    return np.asarray(np.clip(predicted, *_bounds(truth)), dtype=np.float64)


def tells(truth: NDArray[np.float64], predicted: Numbers) -> NDArray[np.bool_]:
    """Which rows tell how far off a prediction was: all but those where it lies between what can have been."""
    least, most = _bounds(truth)
    return np.asarray((least == most) | (predicted < least) | (predicted > most), dtype=bool)


def _bounds(truth: NDArray[np.float64]) -> tuple[Numbers, Numbers]:
    bounds = np.asarray(truth, dtype=np.float64).reshape(len(truth), -1)
    return bounds[:, 0], bounds[:, min(1, bounds.shape[1] - 1)]
