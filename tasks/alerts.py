"""The decision threshold: chosen on the tune window, measured on the test window."""

import numpy as np
from numpy.typing import NDArray

from refrain.settings import AlertSettings
from tasks.metrics import Numbers
from tasks.records import AlertsRecord

NO_ALERTS = 1.0
"""The threshold that no probability passes: taken where none keeps the alerts few enough."""


def choose_threshold(
    labels: NDArray[np.int64], probabilities: Numbers, groups: NDArray[np.int64], settings: AlertSettings
) -> float:
    """The probability from which a row is an alert.

    The one of highest F-beta on these rows, among those with a median of at most `max_median` alerts a group (groups
    without an alert count as 0); the higher one of equals.
    """
    thresholds = np.unique(probabilities)[::-1]
    allowed = thresholds[: _count_allowed(thresholds, probabilities, groups, settings.max_median)]
    if len(allowed) == 0:
        return NO_ALERTS
    order = np.argsort(-probabilities, kind="stable")
    alerts = np.searchsorted(-probabilities[order], -allowed, side="right")
    caught = np.concatenate([[0], np.cumsum(labels[order])])[alerts]
    scores = _f_beta(caught, alerts, int(labels.sum()), settings.beta)
    return float(allowed[int(np.argmax(scores))])


def measure_alerts(
    labels: NDArray[np.int64],
    probabilities: Numbers,
    groups: NDArray[np.int64],
    threshold: float,
    settings: AlertSettings,
) -> AlertsRecord:
    """What alerting from `threshold` on does on these rows; precision is 0 where there is no alert."""
    alerts = probabilities >= threshold
    caught, count, positives = int(labels[alerts].sum()), int(alerts.sum()), int(labels.sum())
    per_group = _per_group(alerts, groups)
    return AlertsRecord(
        threshold=threshold,
        precision=caught / count if count else 0.0,
        recall=caught / positives if positives else 0.0,
        f_beta=float(_f_beta(np.array([caught]), np.array([count]), positives, settings.beta)[0]),
        per_group_min=float(per_group.min()),
        per_group_median=float(np.median(per_group)),
        per_group_max=float(per_group.max()),
    )


def _count_allowed(thresholds: Numbers, probabilities: Numbers, groups: NDArray[np.int64], most: float) -> int:
    """How many of the falling `thresholds` keep the median small enough: it only grows as they fall, so by halving."""
    low, high = 0, len(thresholds)
    while low < high:
        middle = (low + high) // 2
        if float(np.median(_per_group(probabilities >= thresholds[middle], groups))) <= most:
            low = middle + 1
        else:
            high = middle
    return low


def _per_group(alerts: NDArray[np.bool_], groups: NDArray[np.int64]) -> Numbers:
    counts = np.bincount(groups, weights=alerts.astype(np.float64), minlength=int(groups.max()) + 1)
    return np.asarray(counts, dtype=np.float64)


def _f_beta(caught: NDArray[np.int64], alerts: NDArray[np.int64], positives: int, beta: float) -> Numbers:
    """(1 + beta^2) TP / ((1 + beta^2) TP + beta^2 FN + FP); 0 where nothing is caught. [van Rijsbergen, 1979.]"""
    square = beta * beta
    below = square * positives + alerts
    return np.asarray(np.where(below > 0, (1.0 + square) * caught / np.maximum(below, 1e-12), 0.0), dtype=np.float64)
