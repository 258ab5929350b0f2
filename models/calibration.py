"""Scores made probabilities: monotone maps fitted on rows the model did not learn from."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

Numbers = NDArray[np.float64]

ISOTONIC_MIN_ROWS = 1000
ISOTONIC_MIN_POSITIVES = 100
ISOTONIC_MIN_GAIN = 0.005
"""Share of the log loss that isotonic must save: its steps tie ranks that the model had told apart."""
_FOLDS = 5
_SMALLEST_SLOPE = 1e-6  # keeps the order of the scores where they say nothing
_EDGE = 1e-6


class PlattCalibrator(RegressorMixin, BaseEstimator):
    """Platt scaling: a logistic curve through the log-odds of the scores, rising always.

    A mild penalty on the slope (`C`) keeps a handful of rows from promising certainty. [Platt, Probabilistic Outputs
    for Support Vector Machines, 1999.]
    """

    def __init__(self, C: float = 1.0) -> None:  # noqa: N803 - scikit-learn's name
        self.C = C

    def fit(self, scores: Numbers, y: NDArray[Any]) -> "PlattCalibrator":
        """Fit to scores in [0, 1] and labels 0/1 of the same rows; both labels must occur."""
        logistic = LogisticRegression(C=self.C).fit(log_odds(scores).reshape(-1, 1), y)
        self.slope_ = max(float(logistic.coef_[0, 0]), _SMALLEST_SLOPE)
        self.intercept_ = float(logistic.intercept_[0])
        return self

    def predict(self, scores: Numbers) -> Numbers:
        """Probabilities for scores in [0, 1], in their order."""
        return _sigmoid(self.slope_ * log_odds(scores) + self.intercept_)


class IsotonicCalibrator(RegressorMixin, BaseEstimator):
    """The rising step curve nearest to the labels; never says 0 or 1. Not advised below 1000 rows."""

    def fit(self, scores: Numbers, y: NDArray[Any]) -> "IsotonicCalibrator":
        """Fit to scores and labels 0/1 of the same rows."""
        edge = 1.0 / (len(y) + 2.0)
        self.steps_ = IsotonicRegression(y_min=edge, y_max=1.0 - edge, out_of_bounds="clip").fit(scores, y)
        return self

    def predict(self, scores: Numbers) -> Numbers:
        """Probabilities for scores, in their order but for ties."""
        return np.asarray(self.steps_.predict(scores), dtype=np.float64)


Calibrator = PlattCalibrator | IsotonicCalibrator


class CalibratedModel(ClassifierMixin, BaseEstimator):
    """A fitted classifier and the fitted map from its scores to probabilities: what is stored and served.

    Without a `calibrator` the scores are probabilities as they come. `expected_number`: a fitted ExpectedNumber, where
    one also asks how many rows are positive.
    """

    def __init__(self, estimator: Any = None, calibrator: Any = None, expected_number: Any = None) -> None:
        self.estimator = estimator
        self.calibrator = calibrator
        self.expected_number = expected_number
        self.classes_ = np.array([0, 1])

    def predict_proba(self, X: pd.DataFrame) -> Numbers:  # noqa: N803 - scikit-learn's name
        """Probabilities of 0 and 1, shape (rows, 2). Optional features may be absent."""
        scores = positive_scores(self.estimator, X)
        ones = scores if self.calibrator is None else self.calibrator.predict(scores)
        return np.column_stack([1.0 - ones, ones])

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """The likelier label."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def __sklearn_is_fitted__(self) -> bool:
        return self.estimator is not None


def positive_scores(estimator: Any, rows: pd.DataFrame) -> Numbers:
    """What a fitted classifier gives label 1 of each row."""
    return np.asarray(estimator.predict_proba(rows)[:, 1], dtype=np.float64)


def choose_calibrator(scores: Numbers, y: NDArray[Any], groups: NDArray[Any]) -> Calibrator:
    """The calibrator for these rows, fitted on all of them.

    Platt scaling, unless there are at least 1000 rows with 100 of each label, and isotonic regression has a log loss
    lower by more than half a percent when both are cross-fitted over five folds that keep `groups` whole.
    """
    platt, isotonic = PlattCalibrator(), IsotonicCalibrator()
    chosen: Calibrator = platt
    if _enough(y, groups):
        loss = {kind: log_loss(y, _cross_fitted(kind, scores, y, groups)) for kind in (platt, isotonic)}
        if loss[isotonic] < (1.0 - ISOTONIC_MIN_GAIN) * loss[platt]:
            chosen = isotonic
    return chosen.fit(scores, y)


def log_odds(scores: Numbers) -> Numbers:
    """Log-odds of probabilities, those nearer than 1e-6 to 0 or 1 taken for that."""
    inside = np.clip(scores, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def _enough(y: NDArray[Any], groups: NDArray[Any]) -> bool:
    rarer = min(int(np.sum(y == 1)), int(np.sum(y == 0)))
    return len(y) >= ISOTONIC_MIN_ROWS and rarer >= ISOTONIC_MIN_POSITIVES and len(np.unique(groups)) >= _FOLDS


def _cross_fitted(calibrator: Calibrator, scores: Numbers, y: NDArray[Any], groups: NDArray[Any]) -> Numbers:
    said = np.empty(len(y))
    for fit, rest in GroupKFold(_FOLDS).split(scores, y, groups):
        said[rest] = clone(calibrator).fit(scores[fit], y[fit]).predict(scores[rest])
    return said


def _sigmoid(values: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -700.0, 700.0))), dtype=np.float64)
