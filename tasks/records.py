"""What training says about itself: the record that evaluation writes and that gate, registry and reports read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from refrain.settings import Frozen


class Estimate(Frozen):
    """A number with its 95 % interval (percentile bootstrap, clusters resampled whole)."""

    value: float
    low: float
    high: float

    def shown(self, sign: str = "") -> str:
        """For a person: "0.631 [0.602, 0.655]", each number with its sign where `sign` is "+"."""
        return f"{self.value:{sign}.3f} [{self.low:{sign}.3f}, {self.high:{sign}.3f}]"


class WindowRecord(Frozen):
    """One window of the time split."""

    rows: int
    positives: int
    first_as_of: date
    last_as_of: date


class CalibrationBin(Frozen):
    """One bin of a reliability curve: mean predicted probability, share of positives, rows."""

    predicted: float
    observed: float
    rows: int


class CountRecord(Frozen):
    """How many rows of an as_of are positive: what was expected, its intervals, and what came."""

    as_of: date
    rows: int
    expected: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float
    came: int


class AlertsRecord(Frozen):
    """The decision threshold and what it does on the test window."""

    threshold: float
    precision: float
    recall: float
    f_beta: float
    per_group_min: float
    per_group_median: float
    per_group_max: float


class CandidateRecord(Frozen):
    """One fitted candidate or baseline, measured on the test window unless said otherwise."""

    name: str
    """Shown to people and unique in the record: "logistic", "base rate", "plays this month"."""
    family: str
    """`logistic`, `forest`, `xgboost` ... or `baseline`."""
    settings: Mapping[str, Any]
    """Settings chosen on the rolling-origin folds."""
    tune: Mapping[str, float]
    """Metric -> value on the tune window: what chooses between candidates."""
    metrics: Mapping[str, Estimate]
    """Metric -> estimate: average_precision, brier, log_loss, roc_auc, calibration_error."""
    difference: Mapping[str, Estimate]
    """Metric -> paired difference to the best baseline on the same rows (candidate minus baseline)."""
    slices: Mapping[str, Mapping[str, Estimate]]
    """"known" and "unseen" clusters -> metric -> estimate; a slice too small to measure is absent."""
    importance: Mapping[str, Estimate]
    """Feature -> loss of headline metric when it is permuted."""
    calibration: tuple[CalibrationBin, ...]
    alerts: AlertsRecord | None = None
    counts: tuple[CountRecord, ...] = ()
    """Of each as_of of the test window, where the target asks for it."""
    model: str
    """File name of the stored estimator in data/models/<target>/."""

    @property
    def is_baseline(self) -> bool:
        """Whether this is a baseline, the bar that candidates must beat."""
        return self.family == "baseline"


class LearnedRecord(Frozen):
    """The rows that the served models learned from."""

    rows: int
    mean_label: float
    """Of a chance, the share of positive rows."""
    ranges: Mapping[str, tuple[float, float]]
    """Numeric feature -> its least and its most value; one that had none in any row is absent."""


class FoldRecord(Frozen):
    """One rolling-origin fold inside train + tune."""

    train: WindowRecord
    test: WindowRecord
    scores: Mapping[str, float]
    """"family settings" -> headline metric."""


class EvaluationRecord(Frozen):
    """All that training a target found out. Written by the train stage, byte for byte the same for the same input."""

    target: str
    headline: str
    """The metric that decides; higher is better."""
    best_baseline: str
    """Name of the baseline with the best headline metric on the test window: the hardest bar."""
    train: WindowRecord
    tune: WindowRecord
    test: WindowRecord
    purged: int
    """Rows left out between windows because their label was not known before the next window began."""
    folds: tuple[FoldRecord, ...]
    candidates: tuple[CandidateRecord, ...]
    learned: LearnedRecord
    snapshot_md5: str

    def candidate(self, name: str) -> CandidateRecord:
        """The candidate or baseline called `name`; KeyError if there is none."""
        for candidate in self.candidates:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
