"""What the fitted candidates are worth on the test window, beside the baselines. The one place that reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.target import AS_OF
from refrain.errors import ModelError
from refrain.settings import TrainingSettings
from tasks.alerts import choose_threshold, measure_alerts
from tasks.bootstrap import Replicates, estimate
from tasks.fitting import BASELINE, Fitted
from tasks.importance import permutation_importance
from tasks.kinds.kind import Answers, KindOfTarget
from tasks.kinds.registry import kind_of
from tasks.labelled import Labelled
from tasks.metrics import HIGHER_IS_BETTER
from tasks.records import AlertsRecord, CandidateRecord, Estimate, EvaluationRecord, FoldRecord, LearnedRecord
from tasks.split import Positions, Split, few_of, window_record

_SMALLEST_SLICE = 30  # rows below which a slice says nothing


@dataclass(frozen=True)
class Tested:
    """A candidate as it was stored, and what the stored model said of the test rows."""

    fitted: Fitted
    model: Any
    file: str
    answers: Answers

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.fitted.name


@dataclass(frozen=True)
class _Window:
    """The test window, and what is computed from all candidates' answers together."""

    data: Labelled
    split: Split
    training: TrainingSettings
    best_baseline: str
    points: Mapping[str, Mapping[str, float]]
    replicates: Mapping[str, Replicates]
    slices: Mapping[str, Mapping[str, Mapping[str, Estimate]]]

    @property
    def truth(self) -> NDArray[Any]:
        """What the answers to the test rows are held against."""
        return self.data.truth[self.split.test]

    @property
    def kind(self) -> KindOfTarget:
        """What the target's kind can do."""
        return kind_of(self.data.target)


def predict_test(fitted: Fitted, model: Any, file: str, data: Labelled, split: Split) -> Tested:
    """Let a stored model predict the test rows. Raises ModelError if what it says is no answer."""
    try:
        said = kind_of(data.target).ask(model, data.features.iloc[split.test])
    except ModelError as error:
        raise ModelError(
            f"{fitted.name} of {data.target.name}: {error.message}",
            hint=f"Try other settings for it under targets.{data.target.name}.training.candidates.",
        ) from None
    return Tested(fitted, model, file, said)


def evaluate(
    tested: Sequence[Tested], data: Labelled, split: Split, training: TrainingSettings, *, snapshot_md5: str
) -> EvaluationRecord:
    """Measure everything on the test window."""
    window = _measure(tested, data, split, training)
    return EvaluationRecord(
        target=data.target.name,
        headline=data.target.headline,
        best_baseline=window.best_baseline,
        train=window_record(data.frame, split.train, data.target.kind),
        tune=window_record(data.frame, split.tune, data.target.kind),
        test=window_record(data.frame, split.test, data.target.kind),
        purged=split.purged,
        folds=_folds(tested, data, split),
        candidates=tuple(_candidate(candidate, window) for candidate in tested),
        learned=_learned(data, split.known),
        snapshot_md5=snapshot_md5,
    )


def _learned(data: Labelled, rows: Positions) -> LearnedRecord:
    numeric = list(data.columns.numeric)
    values = data.features[numeric].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan)
    ranges = {
        name: (float(column.min()), float(column.max()))
        for name, column in ((name, one[np.isfinite(one)]) for name, one in zip(numeric, values.T, strict=True))
        if len(column)
    }
    return LearnedRecord(rows=len(rows), mean_label=float(data.labels[rows].mean()), ranges=ranges)


def _measure(tested: Sequence[Tested], data: Labelled, split: Split, training: TrainingSettings) -> _Window:
    said = {candidate.name: candidate.answers for candidate in tested}
    kind, headline = kind_of(data.target), data.target.headline
    points = {name: kind.point_metrics(data.truth[split.test], answers) for name, answers in said.items()}
    baselines = [candidate.name for candidate in tested if candidate.fitted.family == BASELINE]
    sign = 1 if HIGHER_IS_BETTER[headline] else -1
    return _Window(
        data=data,
        split=split,
        training=training,
        best_baseline=max(baselines, key=lambda name: sign * points[name][headline]),
        points=points,
        replicates=_replicates(said, data, split.test, training),
        slices=_slices(said, data, split, training),
    )


def _replicates(
    answers: Mapping[str, Answers], data: Labelled, rows: Positions, training: TrainingSettings
) -> Mapping[str, Replicates]:
    clusters = data.groups(data.target.cluster, rows)
    kind = kind_of(data.target)
    return kind.replicates(data.truth[rows], answers, clusters, training.replicates, training.seed)


def _slices(
    answers: Mapping[str, Answers], data: Labelled, split: Split, training: TrainingSettings
) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Name -> slice -> metric -> estimate, of each slice that is large enough to say something."""
    found: dict[str, dict[str, dict[str, Estimate]]] = {name: {} for name in answers}
    for slice_name, chosen in _sliced(data, split).items():
        rows = split.test[chosen]
        if len(rows) < _SMALLEST_SLICE or few_of(data.target.kind, data.labels[rows]) < training.split.min_positives:
            continue
        part = {name: said[chosen] for name, said in answers.items()}
        replicates = _replicates(part, data, rows, training)
        for name, said in part.items():
            measured = kind_of(data.target).point_metrics(data.truth[rows], said)
            # What has nothing to be measured on (the coverage of what a chart hides) is left out.
            points = {metric: value for metric, value in measured.items() if np.isfinite(value)}
            found[name][slice_name] = _estimates(points, replicates[name])
    return found


def _sliced(data: Labelled, split: Split) -> dict[str, NDArray[np.bool_]]:
    """Slice -> which test rows belong to it. A cluster is known if the served model learned from it."""
    clusters = data.groups(data.target.cluster)
    is_known = np.isin(clusters[split.test], clusters[split.known])
    found = {"known": is_known, "unseen": ~is_known}
    for part in data.target.slices:
        values = data.frame[part.column].to_numpy(dtype=np.float64, na_value=np.nan)[split.test]
        found[part.name] = (values >= part.low) & (values < part.high)
    return found


def _estimates(points: Mapping[str, float], replicates: Replicates) -> dict[str, Estimate]:
    return {metric: estimate(value, replicates[metric]) for metric, value in points.items()}


def _candidate(tested: Tested, window: _Window) -> CandidateRecord:
    name, bar, fitted = tested.name, window.best_baseline, tested.fitted
    points, replicates, tune = window.points, window.replicates, window.split.tune
    return CandidateRecord(
        name=name,
        family=fitted.family,
        settings=fitted.settings,
        tune=window.kind.point_metrics(window.data.truth[tune], fitted.tune_answers),
        metrics=_estimates(points[name], replicates[name]),
        difference=_estimates(
            {metric: value - points[bar][metric] for metric, value in points[name].items()},
            {metric: values - replicates[bar][metric] for metric, values in replicates[name].items()},
        ),
        slices=window.slices[name],
        importance=_importance(tested, window),
        calibration=window.kind.bins(window.truth, tested.answers),
        alerts=_alerts(tested, window),
        counts=window.kind.counts(tested.model, window.data, window.split.test, tested.answers),
        model=tested.file,
    )


def _importance(tested: Tested, window: _Window) -> dict[str, Estimate]:
    """Of a candidate. A baseline reads one column or none, so there is nothing to tell apart."""
    if tested.fitted.family == BASELINE:
        return {}
    data, rows = window.data, window.split.test
    clusters = data.groups(data.target.cluster, rows)
    return permutation_importance(
        window.kind, tested.model, data.features.iloc[rows], window.truth, clusters, window.training
    )


def _alerts(tested: Tested, window: _Window) -> AlertsRecord | None:
    settings, data, split = window.training.alerts, window.data, window.split
    if settings is None:
        return None
    by = data.target.alert_group or (AS_OF,)
    said = tested.fitted.tune_answers
    threshold = choose_threshold(data.labels[split.tune], said, data.groups(by, split.tune), settings)
    return measure_alerts(data.labels[split.test], tested.answers, data.groups(by, split.test), threshold, settings)


def _folds(tested: Sequence[Tested], data: Labelled, split: Split) -> tuple[FoldRecord, ...]:
    return tuple(
        FoldRecord(
            train=window_record(data.frame, fold.train, data.target.kind),
            test=window_record(data.frame, fold.test, data.target.kind),
            scores={
                f"{candidate.name} {text}".strip(): score
                for candidate in tested
                for text, score in candidate.fitted.fold_scores[number].items()
            },
        )
        for number, fold in enumerate(split.folds)
    )
