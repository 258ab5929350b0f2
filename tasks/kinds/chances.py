"""Labels 0 or 1, answered by a calibrated probability of 1."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, LABEL_KNOWN_AT, Baseline
from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, choose_calibrator, positive_scores
from models.expected_number import COLUMNS, ExpectedNumber
from models.family import Examples
from refrain.errors import ModelError
from refrain.settings import GateSettings
from tasks.bootstrap import Replicates, replicate_metrics
from tasks.chance_plots import write_chance_plots
from tasks.kinds.kind import Answers, Calibrated, Labels, Numbers
from tasks.labelled import Labelled
from tasks.metrics import Ranked, point_metrics
from tasks.records import CalibrationBin, CountRecord, EvaluationRecord

_CALIBRATION_NAMES = {"PlattCalibrator": "platt", "IsotonicCalibrator": "isotonic"}


class Chances:
    """See KindOfTarget."""

    columns = ("probability",)
    predict_function = "predict_proba"
    width = 2
    shown = ("brier", "calibration_error")
    reliability = "calibration_error"

    def ask(self, model: Any, rows: pd.DataFrame) -> Answers:
        """Probabilities of 1, shape (rows,)."""
        said = np.asarray(model.predict_proba(rows), dtype=np.float64)
        if said.shape != (len(rows), 2) or not np.all((said >= 0) & (said <= 1)):
            raise ModelError(
                f"The {type(model).__name__} does not give two probabilities a row.", hint="Train it anew."
            )
        return said[:, 1]

    def headline(self, answers: Answers) -> Numbers:
        """The probabilities themselves."""
        return answers

    def described(self, answers: Answers) -> dict[str, NDArray[Any]]:
        """The probabilities."""
        return {"probability": answers}

    def raw(self, estimator: Any, rows: pd.DataFrame) -> Numbers:
        """Scores of label 1."""
        return positive_scores(estimator, rows)

    def fit_baseline(self, baseline: Baseline, learn_from: Examples, data: Labelled) -> Any:
        """The base rate, or a column's score, which are probabilities as they come."""
        model = BaseRate() if baseline.column is None else ColumnScore(baseline.column)
        return model.fit(*learn_from)

    def calibrate(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated:
        """The better of Platt scaling and isotonic regression."""
        calibrator = choose_calibrator(raw, data.labels[rows], data.groups(data.target.cluster, rows))
        named = {"calibration": _CALIBRATION_NAMES[type(calibrator).__name__]}
        answers = calibrator.predict(raw)
        return Calibrated((calibrator, _number(answers, data, rows)), named, answers)

    def calibrate_baseline(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated | None:
        """A baseline's curve is fitted with it: only the number of positive rows is left to learn."""
        number = _number(raw, data, rows)
        return None if number is None else Calibrated((None, number), {}, raw)

    def wrap(self, estimator: Any, calibrated: Calibrated | None) -> Any:
        """Estimator and calibrator as one."""
        return estimator if calibrated is None else CalibratedModel(estimator, *calibrated.calibrator)

    def fold_score(self, metric: str, labels: Labels, raw: Numbers) -> float:
        """A metric of scores."""
        return point_metrics(labels, raw)[metric]

    def point_metrics(self, labels: Labels, answers: Answers) -> dict[str, float]:
        """See tasks.metrics."""
        return point_metrics(labels, answers)

    def replicates(
        self, labels: Labels, answers: Mapping[str, Answers], clusters: NDArray[np.int64], count: int, seed: int
    ) -> Mapping[str, Replicates]:
        """Metrics of whole rankings need the rows one by one."""
        ranked = {name: Ranked(labels, said) for name, said in answers.items()}
        return replicate_metrics(ranked, clusters, count, seed)

    def goodness(self, labels: Labels, answers: Answers, weights: Numbers) -> Numbers:
        """Average precision."""
        return Ranked(labels, answers).average_precision(weights)

    def bins(self, labels: Labels, answers: Answers) -> tuple[CalibrationBin, ...]:
        """The bins behind calibration_error, from the lowest probabilities to the highest."""
        ranked = Ranked(labels, answers)
        return tuple(
            CalibrationBin(
                predicted=float(ranked.probabilities[inside].mean()),
                observed=float(ranked.labels[inside].mean()),
                rows=int(inside.sum()),
            )
            for inside in (ranked.bins == number for number in np.unique(ranked.bins)[::-1])
        )

    def counts(self, model: Any, data: Labelled, rows: NDArray[np.intp], answers: Answers) -> tuple[CountRecord, ...]:
        """Of each as_of, from the first to the last."""
        if not data.target.counted:
            return ()
        groups = data.groups((AS_OF,), rows)
        return tuple(
            _count(model.expected_number, data, rows[groups == place], answers[groups == place])
            for place in np.unique(groups)
        )

    def reliability_limit(self, gate: GateSettings) -> float:
        """The params' limit of calibration error."""
        return gate.max_calibration_error

    def distance(self, said: Answers, expected: Answers) -> float:
        """The largest difference of two probabilities."""
        return float(np.max(np.abs(said - expected), initial=0.0))

    def write_plots(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """Precision and recall, calibration, importance."""
        write_chance_plots(record, data.labels[rows], answers, folder)

    def write_backtest(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """None: no chance looks several steps ahead."""


def _number(answers: Answers, data: Labelled, rows: NDArray[np.intp]) -> ExpectedNumber | None:
    if not data.target.counted:
        return None
    dated = data.frame.iloc[rows].drop_duplicates(AS_OF)
    as_of, known_at = (pd.to_datetime(dated[name]).to_numpy() for name in (AS_OF, LABEL_KNOWN_AT))
    # As_ofs whose labels tell of partly the same days, the one they are counted from among them.
    together = np.searchsorted(as_of, known_at, side="left") - np.arange(len(as_of))
    number = ExpectedNumber(overlap=max(1, int(together.max())))
    return number.fit(answers, data.labels[rows], data.groups((AS_OF,), rows))


def _count(number: ExpectedNumber, data: Labelled, rows: NDArray[np.intp], answers: Answers) -> CountRecord:
    said = dict(zip(("expected", *COLUMNS[1:]), number.answer(answers).tolist(), strict=True))
    as_of = pd.Timestamp(data.frame[AS_OF].iloc[rows[0]]).date()
    return CountRecord(as_of=as_of, rows=len(rows), came=int(data.labels[rows].sum()), **said)


def kind(classes: tuple[str, ...]) -> Chances:
    """The kind of targets that have no classes."""
    return Chances()
