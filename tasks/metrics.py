"""The metrics, computed for many weightings of the same rows at once: what the bootstrap needs."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

HIGHER_IS_BETTER: Mapping[str, bool] = {
    "average_precision": True,
    "brier": False,
    "log_loss": False,
    "roc_auc": True,
    "calibration_error": False,
    "macro_f1": True,
    "wape": False,
    "mase": False,
    "coverage_error": False,
}
CALIBRATION_BINS = 10
ROWS_PER_BIN = 100
"""Fewer would make a calibration error of chance alone: 0.08 of 20 rows a bin, 0.03 of 100."""
_EDGE = 1e-15


class Ranked:
    """Labels and probabilities of the same rows, sorted once, highest probability first.

    `order` are the positions of the rows in that order; all weights are given in the rows' own order.
    """

    def __init__(self, labels: NDArray[np.int64], probabilities: Numbers) -> None:
        self.order = np.argsort(-probabilities, kind="stable")
        self.labels = labels[self.order].astype(np.float64)
        self.probabilities = probabilities[self.order]
        changes = np.flatnonzero(np.diff(self.probabilities)) + 1
        self.starts = np.concatenate([[0], changes])
        """First position of each run of equal probabilities."""
        self.ends = np.concatenate([changes, [len(probabilities)]]) - 1
        self.bins = equal_mass_bins(self)

    def metrics(self, weights: Numbers) -> dict[str, Numbers]:
        """Every metric under each row of `weights` (shape: weightings, rows); NaN where a label has no weight."""
        sorted_weights = weights[:, self.order]
        positives = np.cumsum(sorted_weights * self.labels, axis=1)[:, self.ends]
        everything = np.cumsum(sorted_weights, axis=1)[:, self.ends]
        total = everything[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "average_precision": _average_precision(positives, everything),
                "brier": sorted_weights @ self._squared_errors() / total,
                "log_loss": sorted_weights @ self._log_losses() / total,
                "roc_auc": _roc_auc(positives, everything - positives),
                "calibration_error": self._calibration_error(sorted_weights) / total,
            }

    def average_precision(self, weights: Numbers) -> Numbers:
        """Average precision alone, as in `metrics`."""
        sorted_weights = weights[:, self.order]
        positives = np.cumsum(sorted_weights * self.labels, axis=1)[:, self.ends]
        with np.errstate(invalid="ignore", divide="ignore"):
            return _average_precision(positives, np.cumsum(sorted_weights, axis=1)[:, self.ends])

    def _squared_errors(self) -> Numbers:
        return np.asarray((self.probabilities - self.labels) ** 2, dtype=np.float64)

    def _log_losses(self) -> Numbers:
        of_label = np.where(self.labels == 1, self.probabilities, 1.0 - self.probabilities)
        return np.asarray(-np.log(np.maximum(of_label, _EDGE)), dtype=np.float64)

    def _calibration_error(self, sorted_weights: Numbers) -> Numbers:
        surplus = (self.probabilities - self.labels)[:, None] * (self.bins[:, None] == np.unique(self.bins))
        return np.asarray(np.abs(sorted_weights @ surplus).sum(axis=1), dtype=np.float64)


def point_metrics(labels: NDArray[np.int64], probabilities: Numbers) -> dict[str, float]:
    """Every metric of the rows as they are.

    * average_precision: sum over distinct probabilities of precision times the recall gained (as scikit-learn does).
    * brier: mean squared error. log_loss: mean negative log-likelihood, in nats.
    * roc_auc: share of (positive, negative) pairs in the right order, ties counting half.
    * calibration_error: rows in at most ten bins of equal size by probability (`equal_mass_bins`), mean over rows of
      |mean probability - share of positives| of the row's bin. Above 0 by chance alone, the more the fewer the rows.
    """
    values = Ranked(labels, probabilities).metrics(np.ones((1, len(labels))))
    return {name: float(value[0]) for name, value in values.items()}


def equal_mass_bins(ranked: Ranked) -> NDArray[np.int64]:
    """Bin of each row, in ranked order: ten bins of equal size, fewer where they would hold fewer than 100 rows.

    Equal probabilities are never parted, so bins may be missing.
    """
    bins = max(1, min(CALIBRATION_BINS, len(ranked.labels) // ROWS_PER_BIN))
    run = np.zeros(len(ranked.labels), dtype=np.int64)
    run[ranked.starts[1:]] = 1
    first = ranked.starts[np.cumsum(run)]
    return np.asarray(first * bins // len(ranked.labels), dtype=np.int64)


def _average_precision(positives: Numbers, everything: Numbers) -> Numbers:
    gained = np.diff(positives, axis=1, prepend=0.0)
    precision = np.divide(positives, everything, out=np.zeros_like(positives), where=everything > 0)
    return np.asarray((gained * precision).sum(axis=1) / positives[:, -1], dtype=np.float64)


def _roc_auc(positives: Numbers, negatives: Numbers) -> Numbers:
    total_positives, total_negatives = positives[:, -1], negatives[:, -1]
    gained = np.diff(positives, axis=1, prepend=0.0)
    tied = np.diff(negatives, axis=1, prepend=0.0)
    below = total_negatives[:, None] - negatives + 0.5 * tied
    return np.asarray((gained * below).sum(axis=1) / (total_positives * total_negatives), dtype=np.float64)
