"""Labels that are one of several classes, answered by a calibrated probability of each and the class that is chosen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import Baseline
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses, ClassCalibrator, choose_decision_weights, chosen_classes
from models.family import Examples
from refrain.errors import ModelError
from refrain.settings import GateSettings
from tasks.bootstrap import Replicates, cluster_replicates
from tasks.class_metrics import ClassSums
from tasks.class_plots import write_class_plots
from tasks.kinds.kind import Answers, Calibrated, Labels, Numbers
from tasks.labelled import Labelled
from tasks.records import CalibrationBin, CountRecord, EvaluationRecord


class Classes:
    """See KindOfTarget. Raw predictions are probabilities here, shape (rows, classes)."""

    predict_function = "predict_proba"
    shown = ("accuracy", "log_loss", "calibration_error")
    reliability = "calibration_error"

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.columns = (*(f"probability {name}" for name in classes), "class")
        self.width = len(classes)

    def ask(self, model: Any, rows: pd.DataFrame) -> Answers:
        """Probabilities of the classes and the position of the chosen one, shape (rows, classes + 1)."""
        said = np.asarray(model.answers(rows), dtype=np.float64)
        shares = said[:, :-1] if said.ndim == 2 else said
        if said.shape != (len(rows), self.width + 1) or not np.all((shares >= 0) & (shares <= 1)):
            raise ModelError(
                f"The {type(model).__name__} does not give {self.width} probabilities a row.", hint="Train it anew."
            )
        return said

    def headline(self, answers: Answers) -> Numbers:
        """The chosen classes."""
        return answers[:, -1]

    def described(self, answers: Answers) -> dict[str, NDArray[Any]]:
        """The class by its name, and the probabilities."""
        names = np.array(self.classes, dtype=object)[answers[:, -1].astype(np.int64)]
        return {"class": names, **{name: answers[:, place] for place, name in enumerate(self.columns[:-1])}}

    def raw(self, estimator: Any, rows: pd.DataFrame) -> Numbers:
        """Probabilities as a family gives them, shape (rows, classes)."""
        return np.asarray(estimator.predict_proba(rows), dtype=np.float64)

    def fit_baseline(self, baseline: Baseline, learn_from: Examples, data: Labelled) -> Any:
        """The shares of the classes: always the most frequent one."""
        return ClassShares(self.width).fit(*learn_from)

    def calibrate(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated:
        """Calibrated probabilities, and what each is weighed by when one class is chosen, so that rare ones are too."""
        labels = data.labels[rows]
        calibrator = ClassCalibrator().fit(raw, labels)
        probabilities = calibrator.predict(raw)
        weights = choose_decision_weights(probabilities, labels)
        answers = np.column_stack([probabilities, chosen_classes(probabilities, weights)])
        return Calibrated((calibrator, weights), {}, answers)

    def calibrate_baseline(self, raw: Numbers, data: Labelled, rows: NDArray[np.intp]) -> Calibrated | None:
        """Shares are probabilities as they come."""
        return Calibrated(None, {}, np.column_stack([raw, raw.argmax(axis=1)]))

    def wrap(self, estimator: Any, calibrated: Calibrated | None) -> Any:
        """Estimator, calibrator and weights as one."""
        if calibrated is None or calibrated.calibrator is None:
            return estimator
        return CalibratedClasses(estimator, *calibrated.calibrator)

    def fold_score(self, metric: str, labels: Labels, raw: Numbers) -> float:
        """A metric of probabilities, classes chosen with the weights that are best for these very rows."""
        chosen = chosen_classes(raw, choose_decision_weights(raw, labels))
        return self.point_metrics(labels, np.column_stack([raw, chosen]))[metric]

    def point_metrics(self, labels: Labels, answers: Answers) -> dict[str, float]:
        """See tasks.class_metrics."""
        return {name: float(value[0]) for name, value in ClassSums(labels, answers).metrics().items()}

    def replicates(
        self, labels: Labels, answers: Mapping[str, Answers], clusters: NDArray[np.int64], count: int, seed: int
    ) -> Mapping[str, Replicates]:
        """See tasks.bootstrap.cluster_replicates."""
        return cluster_replicates(
            {name: ClassSums(labels, said) for name, said in answers.items()}, clusters, count, seed
        )

    def goodness(self, labels: Labels, answers: Answers, weights: Numbers) -> Numbers:
        """Macro F1."""
        return ClassSums(labels, answers).metrics(weights)["macro_f1"]

    def bins(self, labels: Labels, answers: Answers) -> tuple[CalibrationBin, ...]:
        """None: there would be one curve for each class."""
        return ()

    def counts(self, model: Any, data: Labelled, rows: NDArray[np.intp], answers: Answers) -> tuple[CountRecord, ...]:
        """None: positive rows are counted of chances."""
        return ()

    def reliability_limit(self, gate: GateSettings) -> float:
        """The params' limit of calibration error."""
        return gate.max_calibration_error

    def distance(self, said: Answers, expected: Answers) -> float:
        """The largest difference of two probabilities, or of two chosen classes' positions."""
        return float(np.max(np.abs(said - expected), initial=0.0))

    def write_plots(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """Which class was taken for which, importance."""
        write_class_plots(record, self.classes, data.labels[rows], answers, folder)

    def write_backtest(
        self,
        record: EvaluationRecord,
        data: Labelled,
        rows: NDArray[np.intp],
        answers: Mapping[str, Answers],
        folder: Path,
    ) -> None:
        """None: no class looks several steps ahead."""


def kind(classes: tuple[str, ...]) -> Classes:
    """The kind of targets with these classes."""
    return Classes(classes)
