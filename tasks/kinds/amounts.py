"""Labels that are amounts, answered by an amount with conformal intervals."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, Baseline, Target
from models.amounts import ColumnAmount
from models.conformal_model import ConformalModel, with_bounds
from models.families import family_set, fit_family
from models.family import Examples
from models.intervals import ANSWER, RelativeConformal
from models.valuation import common_share
from refrain.errors import ModelError
from refrain.settings import GateSettings
from tasks.amount_metrics import Sums, nearest, tells
from tasks.amount_plots import write_amount_plots
from tasks.backtest import write_backtest
from tasks.bootstrap import Replicates, cluster_replicates
from tasks.kinds.kind import Answers, Calibrated, Labels, Numbers
from tasks.labelled import Labelled
from tasks.records import CalibrationBin, CountRecord, EvaluationRecord


class Amounts:
    """See KindOfTarget."""

    columns = ANSWER
    predict_function = "predict"
    width = len(ANSWER)
    shown = ("bias", "coverage_80", "coverage_95")
    reliability = "coverage_error"

    def ask(self, model: Any, rows: pd.DataFrame) -> Answers:
        """Amounts and their bounds, shape (rows, 5)."""
        said = np.asarray(model.predict(rows), dtype=np.float64)
        if said.shape != (len(rows), self.width) or not np.all(np.isfinite(said) & (said >= 0)):
            raise ModelError(f"The {type(model).__name__} does not give five amounts a row.", hint="Train it anew.")
        return said

    def headline(self, answers: Answers) -> Numbers:
        """The amounts themselves."""
        return answers[:, 0]

    def described(self, answers: Answers) -> dict[str, NDArray[Any]]:
        """The amounts and their bounds."""
        return {name: answers[:, place] for place, name in enumerate(self.columns)}

    def raw(self, estimator: Any, rows: pd.DataFrame) -> Numbers:
        """Amounts without intervals."""
        return np.asarray(estimator.predict(rows), dtype=np.float64)

    def fit_baseline(self, baseline: Baseline, learn_from: Examples, data: Labelled) -> Any:
        """A column as it stands, or the baseline of that name in the target's family set."""
        if baseline.column is not None:
            return ColumnAmount(baseline.column).fit(*learn_from)
        family = family_set(data.target.families).baselines[baseline.name]
        return fit_family(family, data.columns, {}, learn_from, seed=0)[0]

    def calibrate(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated:
        """Intervals from the errors made on `rows`."""
        frame, truth = data.features.iloc[rows], data.bounds[rows]
        calibrator = _fitted(data.target, raw, truth, frame)
        answers = with_bounds(calibrator, raw, frame)
        if not data.target.curves:
            return Calibrated((calibrator,), {}, answers)
        assert data.target.horizon is not None
        share = shared_errors(answers, truth, data.groups((AS_OF, data.target.horizon), rows))
        return Calibrated((calibrator, _fit_total(raw, data, rows), share), {}, answers)

    def calibrate_baseline(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated | None:
        """A baseline that is served has intervals, too."""
        return self.calibrate(raw, data, rows)

    def wrap(self, estimator: Any, calibrated: Calibrated | None) -> Any:
        """Estimator and intervals as one."""
        assert calibrated is not None
        return ConformalModel(estimator, *calibrated.calibrator)

    def fold_score(self, metric: str, labels: Labels, raw: Numbers) -> float:
        """A metric of amounts without intervals."""
        return self.point_metrics(labels, np.repeat(raw[:, None], self.width, axis=1))[metric]

    def point_metrics(self, labels: Labels, answers: Answers) -> dict[str, float]:
        """See tasks.amount_metrics."""
        return {name: float(value[0]) for name, value in Sums(labels, answers).metrics(None).items()}

    def replicates(
        self, labels: Labels, answers: Mapping[str, Answers], clusters: NDArray[np.int64], count: int, seed: int
    ) -> Mapping[str, Replicates]:
        """See tasks.bootstrap.cluster_replicates."""
        sums = {name: Sums(labels, said) for name, said in answers.items()}
        return cluster_replicates(sums, clusters, count, seed)

    def goodness(self, labels: Labels, answers: Answers, weights: Numbers) -> Numbers:
        """WAPE, the other way round."""
        return -Sums(labels, answers).metrics(weights)["wape"]

    def bins(self, labels: Labels, answers: Answers) -> tuple[CalibrationBin, ...]:
        """None: coverage is a number."""
        return ()

    def counts(self, model: Any, data: Labelled, rows: NDArray[np.intp], answers: Answers) -> tuple[CountRecord, ...]:
        """None: positive rows are counted of chances."""
        return ()

    def reliability_limit(self, gate: GateSettings) -> float:
        """The params' limit of coverage error."""
        return gate.max_coverage_error

    def distance(self, said: Answers, expected: Answers) -> float:
        """The largest difference, as a share of amounts above 1."""
        apart = np.abs(said - expected) / np.maximum(np.abs(expected), 1.0)
        return float(np.max(apart, initial=0.0))

    def write_plots(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """Predicted and observed, coverage, importance."""
        write_amount_plots(record, data.labels[rows], answers, folder)

    def write_backtest(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """Errors and coverage by step ahead, slice and origin, with fan charts."""
        frame = data.frame.iloc[rows].reset_index(drop=True)
        write_backtest(record, data.target, frame, data.bounds[rows], answers, folder)


def _fitted(target: Target, predicted: Numbers, truth: Labels, frame: pd.DataFrame) -> RelativeConformal:
    return RelativeConformal(
        tuple(cut.column for cut in target.cuts), tuple(cut.edges for cut in target.cuts), target.horizon
    ).fit(predicted, truth, frame)


def shared_errors(answers: Answers, truth: Labels, together: NDArray[np.int64]) -> float:
    """The share of errors that rows with the same number of `together` (of an origin and month, say) have in common."""
    told = tells(truth, answers[:, 0])
    errors = nearest(truth, answers[:, 0]) - answers[:, 0]
    return common_share(errors[told], (answers[told, 2] - answers[told, 1]) / 2, together[told])


def _fit_total(raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> RelativeConformal:
    """Intervals of sums over the months ahead, from 1 to each horizon up to which all months are known."""
    horizon = data.target.horizon
    assert horizon is not None
    by = tuple(name for name in data.target.entity if name != horizon)
    frame = data.features.iloc[rows].reset_index(drop=True)
    series = data.groups((*by, AS_OF), rows)
    months = frame[horizon].to_numpy(dtype=np.float64)
    order = np.lexsort((months, series))
    starts = np.flatnonzero(np.diff(series[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    unbroken = months[order] == place + 1
    truth = data.bounds[rows].reshape(len(rows), -1)
    predicted = _running_sums(raw[order], starts)[unbroken]
    came = np.column_stack([_running_sums(bound[order], starts)[unbroken] for bound in truth.T])
    return _fitted(data.target, predicted, came, frame.iloc[order[unbroken]])


def _running_sums(values: NDArray[Any], starts: NDArray[np.intp]) -> Numbers:
    """Sums from the start of each series up to each of its rows."""
    whole = np.cumsum(values, dtype=np.float64)
    before = np.concatenate([[0.0], whole])[starts]
    return np.asarray(whole - np.repeat(before, np.diff([*starts, len(values)])), dtype=np.float64)


def kind(classes: tuple[str, ...]) -> Amounts:
    """The kind of targets that have no classes."""
    return Amounts()
