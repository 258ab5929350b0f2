"""The metrics of classes: each is made of sums over rows, which a bootstrap adds up by cluster."""

import numpy as np
from numpy.typing import NDArray

from tasks.metrics import Ranked

Numbers = NDArray[np.float64]

_EDGE = 1e-15


class ClassSums:
    """Of each row what the metrics are made of: its cell of the confusion matrix, its losses, what calibration lacks.

    * macro_f1: mean over the classes that occur of F1 = 2 TP / (2 TP + FP + FN) of the chosen classes; the classes that
      occur are those that are some row's label.
    * accuracy: share of rows whose class was chosen.
    * log_loss: mean negative log-likelihood, in nats. brier: mean over rows of the squared errors of all probabilities.
    * calibration_error: as tasks.metrics says of a chance, of each class by itself; the mean over the classes.
    """

    def __init__(self, labels: NDArray[np.int64], answers: Numbers) -> None:
        """`answers`: the probability of each class and the position of the chosen one, shape (rows, classes + 1)."""
        probabilities, chosen = answers[:, :-1], answers[:, -1].astype(np.int64)
        self.classes = probabilities.shape[1]
        came = labels[:, None] == np.arange(self.classes)
        cells = (labels * self.classes + chosen)[:, None] == np.arange(self.classes**2)
        surplus = [_surplus(came[:, place], probabilities[:, place]) for place in range(self.classes)]
        self.parts = np.column_stack(
            [
                cells,
                -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], _EDGE)),
                ((probabilities - came) ** 2).sum(axis=1),
                *surplus,
            ]
        ).astype(np.float64)

    def of_sums(self, added: Numbers) -> dict[str, Numbers]:
        """Every metric of parts that were added up, shape (sums, parts)."""
        confusion = added[:, : self.classes**2].reshape(-1, self.classes, self.classes)
        rows = confusion.sum(axis=(1, 2))
        hits = np.diagonal(confusion, axis1=1, axis2=2)
        occurred, chosen = confusion.sum(axis=2), confusion.sum(axis=1)
        log_loss, brier, *surplus = added[:, self.classes**2 :].T
        with np.errstate(invalid="ignore", divide="ignore"):
            f1 = np.where(occurred > 0, 2.0 * hits / (occurred + chosen), np.nan)
            return {
                "macro_f1": np.nansum(f1, axis=1) / (occurred > 0).sum(axis=1),
                "accuracy": hits.sum(axis=1) / rows,
                "log_loss": log_loss / rows,
                "brier": brier / rows,
                "calibration_error": np.abs(surplus).sum(axis=0) / (rows * self.classes),
            }

    def metrics(self, weights: Numbers | None = None) -> dict[str, Numbers]:
        """Every metric under each row of `weights` (shape: weightings, rows); of the rows as they are without any."""
        return self.of_sums(self.parts.sum(axis=0, keepdims=True) if weights is None else weights @ self.parts)


def _surplus(came: NDArray[np.bool_], probabilities: Numbers) -> Numbers:
    """Probability minus outcome of each row, in the column of its bin, shape (rows, bins)."""
    ranked = Ranked(came.astype(np.int64), probabilities)
    bins = np.empty(len(came), dtype=np.int64)
    bins[ranked.order] = ranked.bins
    apart: Numbers = (probabilities - came)[:, None] * (bins[:, None] == np.unique(bins))
    return apart
