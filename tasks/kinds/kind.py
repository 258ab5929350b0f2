"""What every kind of target must be able to do for the steps that fit, measure, judge and serve it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import Baseline
from models.family import Examples
from refrain.settings import GateSettings
from tasks.bootstrap import Replicates
from tasks.labelled import Labelled
from tasks.records import CalibrationBin, CountRecord, EvaluationRecord

Numbers = NDArray[np.float64]
Labels = NDArray[Any]
"""What answers are held against: shape (rows,), or of some amounts (rows, 2 or 3), see tasks.amount_metrics."""
Answers = Numbers
"""What a model says of rows: shape (rows,) of a chance, (rows, 5) of an amount, (rows, classes + 1) of a class."""


@dataclass(frozen=True)
class Calibrated:
    """What was learned from predictions of rows that the fits which made them had not seen."""

    calibrator: Any
    settings: Mapping[str, Any]
    """For the record: what was chosen."""
    answers: Answers
    """Of those very rows."""


class KindOfTarget(Protocol):
    """One kind of target. `raw` predictions, shape (rows,) or (rows, classes), are not calibrated yet; answers are."""

    columns: tuple[str, ...]
    """What the columns of an answer are called where they are written."""
    predict_function: str
    """The method of a stored model that gives its answers, and how many columns it gives."""
    width: int
    shown: tuple[str, ...]
    """Metrics that a person is shown beside the headline metric."""
    reliability: str
    """The metric that says how far probabilities or intervals are from what they promise."""

    def ask(self, model: Any, rows: pd.DataFrame) -> Answers:
        """What a stored model says of rows. Raises ModelError if that is not what it must be."""

    def headline(self, answers: Answers) -> Numbers:
        """The one number of each answer, shape (rows,)."""

    def described(self, answers: Answers) -> dict[str, NDArray[Any]]:
        """Answers as the columns that a person is given."""

    def raw(self, estimator: Any, rows: pd.DataFrame) -> Numbers:
        """What an estimator says of rows, uncalibrated."""

    def fit_baseline(self, baseline: Baseline, learn_from: Examples, data: Labelled) -> Any:
        """A fitted baseline."""

    def calibrate(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated:
        """Learn from what was said of `rows`."""

    def calibrate_baseline(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated | None:
        """The same for a baseline; none where it is served as it is."""

    def wrap(self, estimator: Any, calibrated: Calibrated | None) -> Any:
        """An estimator with what was learned of it: what is stored and served."""

    def fold_score(self, metric: str, labels: Labels, raw: Numbers) -> float:
        """A metric of uncalibrated predictions: it chooses settings on the folds."""

    def point_metrics(self, labels: Labels, answers: Answers) -> dict[str, float]:
        """Every metric of the rows as they are."""

    def replicates(
        self, labels: Labels, answers: Mapping[str, Answers], clusters: NDArray[np.int64], count: int, seed: int
    ) -> Mapping[str, Replicates]:
        """Name -> metric -> its value in each bootstrap replicate, all names on the same resamples."""

    def goodness(self, labels: Labels, answers: Answers, weights: Numbers) -> Numbers:
        """What permuting a feature costs, under each row of `weights`: higher is better."""

    def bins(self, labels: Labels, answers: Answers) -> tuple[CalibrationBin, ...]:
        """The reliability curve, where the kind has one."""

    def counts(self, model: Any, data: Labelled, rows: NDArray[np.intp], answers: Answers) -> tuple[CountRecord, ...]:
        """Positive rows by as_of, said and come, where the target asks for them."""

    def reliability_limit(self, gate: GateSettings) -> float:
        """The largest value of the reliability metric that may be served."""

    def distance(self, said: Answers, expected: Answers) -> float:
        """How far apart two answers to the same rows are, on a scale on which 1e-9 is nothing."""

    def write_plots(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """Pictures of an evaluation on `rows`."""

    def write_backtest(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """The report of a target that looks several steps ahead."""
