"""Stored models of chances and of classes, from arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.calibration import CalibratedModel, IsotonicCalibrator
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses
from models.compiled.rows import Numbers, Rows
from models.compiled.shares import Shares, shares
from models.preprocessing import Columns


@dataclass(frozen=True)
class Chances:
    """A classifier of two classes and, where it has one, its calibrator."""

    shares: Shares
    calibrated: Callable[[Numbers], Numbers] | None

    def answers(self, rows: Rows) -> Numbers:
        """Probabilities of 1, shape (rows,)."""
        scores = np.asarray(self.shares(rows)[:, 1], dtype=np.float64)
        return scores if self.calibrated is None else self.calibrated(scores)


@dataclass(frozen=True)
class Classes:
    """A classifier of several classes, its calibrator and its choice."""

    shares: Shares
    answered: Callable[[Numbers], Numbers]

    def answers(self, rows: Rows) -> Numbers:
        """Probabilities and the position of the chosen class, shape (rows, classes + 1)."""
        return self.answered(self.shares(rows))


@dataclass(frozen=True)
class SameClasses:
    """A baseline that says the same of every row."""

    model: ClassShares

    def answers(self, rows: Rows) -> Numbers:
        """As Classes."""
        return self.model.answers(rows)


def chances(model: Any, columns: Columns) -> Chances | None:
    """The compiled form of a stored model of a chance, or of a baseline that is stored as it is."""
    calibrator = model.calibrator if isinstance(model, CalibratedModel) else None
    found = shares(model.estimator if isinstance(model, CalibratedModel) else model, columns)
    return None if found is None else Chances(found, _calibration(calibrator))


def classes(model: CalibratedClasses, columns: Columns) -> Classes | None:
    """The compiled form of a stored model of classes."""
    found = shares(model.estimator, columns)
    return None if found is None else Classes(found, model.answered)


def _calibration(calibrator: Any) -> Callable[[Numbers], Numbers] | None:
    if calibrator is None:
        return None
    if isinstance(calibrator, IsotonicCalibrator):
        steps = calibrator.steps_
        return lambda scores: np.interp(scores, steps.X_thresholds_, steps.y_thresholds_)
    found: Callable[[Numbers], Numbers] = calibrator.predict
    return found
