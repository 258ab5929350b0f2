"""Scores of classes made probabilities, and the choice of one class that does not neglect the rare ones."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

Numbers = NDArray[np.float64]

_EDGE = 1e-6
_FACTORS = np.exp2(np.arange(-8, 9) / 4)  # what a weight is multiplied with: a quarter to fourfold
_MOST_SWEEPS = 20
_NO_GAIN = 1e-9


class ClassCalibrator(RegressorMixin, BaseEstimator):
    """Temperature and one shift a class: softmax(slope * log(probability) + shift), fitted by likelihood.

    A slope is a temperature's inverse; shifts mend what class weighting did to the shares. Both are drawn to 1 and 0 as
    by a normal prior of the standard deviations `slope_spread` (of the slope's logarithm) and `shift_spread`, so that a
    few rows change little. The order of one class's scores among rows is not kept. [Guo, Pleiss, Sun, Weinberger, On
    Calibration of Modern Neural Networks, 2017.]
    """

    def __init__(self, slope_spread: float = 0.5, shift_spread: float = 0.5) -> None:
        self.slope_spread = slope_spread
        self.shift_spread = shift_spread

    def fit(self, probabilities: Numbers, y: NDArray[Any]) -> "ClassCalibrator":
        """Fit to probabilities, shape (rows, classes), and the positions of the classes of the same rows."""
        logs, labels = _logs(probabilities), np.asarray(y, dtype=np.int64)
        came = np.eye(logs.shape[1])[labels]

        def loss(parameters: Numbers) -> tuple[float, Numbers]:
            slope, shifts = np.exp(parameters[0]), parameters[1:]
            said = log_softmax(slope * logs + shifts, axis=1)
            off = np.exp(said) - came
            prior = parameters / spreads**2
            value = -(said * came).sum() + 0.5 * (parameters * prior).sum()
            gradient = np.concatenate([[slope * (off * logs).sum()], off.sum(axis=0)]) + prior
            return float(value), gradient

        spreads = np.array([self.slope_spread, *[self.shift_spread] * logs.shape[1]])
        found = minimize(loss, np.zeros(1 + logs.shape[1]), jac=True, method="L-BFGS-B")
        self.slope_ = float(np.exp(found.x[0]))
        self.shifts_ = np.asarray(found.x[1:], dtype=np.float64)
        return self

    def predict(self, probabilities: Numbers) -> Numbers:
        """Calibrated probabilities, shape (rows, classes)."""
        return np.asarray(softmax(self.slope_ * _logs(probabilities) + self.shifts_, axis=1), dtype=np.float64)


class CalibratedClasses(ClassifierMixin, BaseEstimator):
    """A fitted classifier, the fitted map to probabilities and the weights of the choice: what is stored and served.

    `decision_weights`: shape (classes,), see `choose_decision_weights`.
    """

    def __init__(self, estimator: Any = None, calibrator: Any = None, decision_weights: Any = None) -> None:
        self.estimator = estimator
        self.calibrator = calibrator
        self.decision_weights = decision_weights

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Positions of the classes."""
        return np.arange(len(self.decision_weights))

    def predict_proba(self, X: pd.DataFrame) -> Numbers:  # noqa: N803 - scikit-learn's name
        """Calibrated probabilities, shape (rows, classes): true ones, whatever the weights."""
        return np.asarray(self.calibrator.predict(self.estimator.predict_proba(X)), dtype=np.float64)

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """The chosen class of each row."""
        return chosen_classes(self.predict_proba(X), self.decision_weights)

    def answers(self, X: pd.DataFrame) -> Numbers:  # noqa: N803
        """The probabilities and the position of the chosen class, shape (rows, classes + 1)."""
        return self.answered(self.estimator.predict_proba(X))

    def answered(self, uncalibrated: Numbers) -> Numbers:
        """The same from what the estimator gives each class."""
        probabilities = np.asarray(self.calibrator.predict(uncalibrated), dtype=np.float64)
        return np.column_stack([probabilities, chosen_classes(probabilities, self.decision_weights)])

    def __sklearn_is_fitted__(self) -> bool:
        return self.estimator is not None


def chosen_classes(probabilities: Numbers, weights: Numbers) -> NDArray[np.int64]:
    """The class whose weighted probability is largest, the first one of equals, shape (rows,)."""
    return np.argmax(probabilities * weights, axis=1).astype(np.int64)


def choose_decision_weights(probabilities: Numbers, labels: NDArray[Any]) -> Numbers:
    """Weights of the classes, shape (classes,) with a mean of 1, under which the chosen classes have a high macro F1.

    The plain choice never names a class that is nowhere the likeliest. Weights are found one class at a time, by steps
    up to a factor of four, from equal ones on. What they are judged by is half the labels and half what the
    probabilities expect of them: labels of a few hundred rows alone would be learned by heart. A class that is no row's
    label counts nothing.
    """
    classes = probabilities.shape[1]
    came = np.eye(classes)[np.asarray(labels, dtype=np.int64)]
    truth = np.where(came.any(axis=0), (came + probabilities) / 2, 0.0)
    weights = np.ones(classes)
    best = _macro_f1(truth, chosen_classes(probabilities, weights))
    for _ in range(_MOST_SWEEPS):
        before = best
        for place in range(classes):
            weights, best = _best_factor(probabilities, truth, weights, place, best)
        if best <= before + _NO_GAIN:
            break
    return weights / weights.mean()


def _best_factor(
    probabilities: Numbers, truth: Numbers, weights: Numbers, place: int, best: float
) -> tuple[Numbers, float]:
    """The weights with the one at `place` multiplied by what helps most, and what they reach; as they were if none."""
    for factor in _FACTORS:
        other = weights.copy()
        other[place] *= factor
        reached = _macro_f1(truth, chosen_classes(probabilities, other))
        if reached > best + _NO_GAIN:
            weights, best = other, reached
    return weights, best


def _macro_f1(truth: Numbers, chosen: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that occur, where `truth` says of each row how much of it is of each class."""
    named = np.bincount(chosen, minlength=truth.shape[1])
    hits = np.array([truth[chosen == place, place].sum() for place in range(truth.shape[1])])
    occurring = truth.sum(axis=0)
    return float(np.mean([2 * hits[k] / (named[k] + occurring[k]) for k in np.flatnonzero(occurring > 0)]))


def _logs(probabilities: Numbers) -> Numbers:
    return np.log(np.clip(probabilities, _EDGE, 1.0))
