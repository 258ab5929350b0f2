"""Metrics in words: what they are called, and what their ends mean."""

import re
from collections.abc import Mapping
from typing import Any

from dashboard.shown import words

_METRICS: Mapping[str, tuple[str, str]] = {
    "average_precision": (
        "average precision",
        "How far those that came true were ranked before the others: 1 is perfect; their share of all rows is chance.",
    ),
    "brier": ("Brier score", "Mean squared error of the probabilities: 0 is perfect."),
    "log_loss": ("log loss", "Mean negative log-likelihood of the probabilities: 0 is perfect."),
    "roc_auc": (
        "ROC AUC",
        "How often one that came true gets a higher probability than one that did not: 1 is perfect, 0.5 is chance.",
    ),
    "calibration_error": (
        "calibration error",
        "Mean distance between the predicted probability and the share that came true: 0 is perfect.",
    ),
    "accuracy": ("accuracy", "Share of rows whose class was named: 1 is perfect."),
    "macro_f1": (
        "macro F1",
        "Precision and recall of each class, the rare ones counting as much as the frequent ones: 1 is perfect.",
    ),
    "wape": (
        "WAPE",
        "Weighted absolute percentage error: the sum of all errors over the sum of what came: 0 is perfect.",
    ),
    "mase": (
        "MASE",
        "Mean absolute scaled error: the sum of all errors over the sum of those that the seasonal naive forecast made "
        "in the history known by then: 0 is perfect.",
    ),
    "bias": ("bias", "Sum of predicted minus actual over the sum of what came: above 0 where too much is predicted."),
    "coverage_80": ("coverage of 80 % intervals", "Share of rows inside them: 0.8 is what they promise."),
    "coverage_95": ("coverage of 95 % intervals", "Share of rows inside them: 0.95 is what they promise."),
    "coverage_error": ("coverage error", "How far the worse of the two coverages is from its promise: 0 is perfect."),
    "width_80": ("width of 80 % intervals", "Sum of the widths over the sum of what came: the narrower the better."),
}


def named(metric: Any) -> str:
    """What a metric is called."""
    if not words.is_known(metric):
        return words.NOT_KNOWN
    return _METRICS.get(str(metric), (str(metric).replace("_", " "), ""))[0]


def in_sentence(text: Any) -> str:
    """A sentence with the names of metrics as they are called."""
    return re.sub(rf"\b({'|'.join(_METRICS)})\b", lambda found: named(found[0]), str(text))


def meaning(metric: Any) -> str:
    """What it measures, in a sentence; empty of one that is not known here."""
    return _METRICS.get(str(metric), ("", ""))[1]


def direction(higher_is_better: Any) -> str:
    """Which way is better; empty where neither is."""
    if not words.is_known(higher_is_better):
        return ""
    return "higher is better" if higher_is_better else "lower is better"


def headline(metric: Any) -> str:
    """A metric's name and what it measures, as the beginning of a text."""
    name = named(metric)
    return f"**{name[:1].upper()}{name[1:]}** decides here. {meaning(metric)}"


def with_direction(metric: Any, higher_is_better: Any) -> str:
    """As "average precision, higher is better"."""
    return ", ".join(part for part in (named(metric), direction(higher_is_better)) if part)
