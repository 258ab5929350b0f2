"""Candidates and baselines fitted: settings chosen on rolling folds, probabilities calibrated on the tune window."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.target import Baseline
from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, choose_calibrator, positive_scores
from models.families import fit_family
from refrain.settings import TrainingSettings
from tasks.labelled import Labelled
from tasks.metrics import Numbers, point_metrics
from tasks.split import Fold, Split

BASELINE = "baseline"
_CALIBRATION_NAMES = {"PlattCalibrator": "platt", "IsotonicCalibrator": "isotonic"}


@dataclass(frozen=True)
class Fitted:
    """A fitted candidate or baseline, before anything was said about the test window."""

    name: str
    family: str
    settings: Mapping[str, Any]
    model: Any
    """One estimator: predict_proba(frame of features) -> calibrated probabilities, shape (rows, 2)."""
    tune_probabilities: Numbers
    """For the rows of the tune window, by a fit that had not seen their labels (its calibrator had)."""
    fold_scores: tuple[Mapping[str, float], ...]
    """For each fold: settings as text -> headline metric."""


def fit_candidate(family: str, data: Labelled, split: Split, training: TrainingSettings) -> Fitted:
    """Choose the settings of a family, fit it on train, stop and calibrate it on tune, and fit it again on both.

    The calibrator of the first fit is kept for the second one: nothing later than tune is left to fit another on.
    With `refit: false` the first fit is the model.
    """
    grid = combinations(training.candidates[family])
    fold_scores = tuple(_score_grid(family, grid, data, fold, seed=training.seed) for fold in split.folds)
    chosen = _best(grid, fold_scores)
    stop_on = data.examples(split.tune)
    first, complete = fit_family(
        family, data.columns, chosen, data.examples(split.train), seed=training.seed, stop_on=stop_on
    )
    scores = positive_scores(first, stop_on[0])
    calibrator = choose_calibrator(scores, stop_on[1], data.groups(data.target.cluster, split.tune))
    final = first
    if training.refit:
        final, _ = fit_family(family, data.columns, complete, data.examples(split.known), seed=training.seed)
    return Fitted(
        name=family,
        family=family,
        settings={**complete, "calibration": _CALIBRATION_NAMES[type(calibrator).__name__]},
        model=CalibratedModel(final, calibrator),
        tune_probabilities=calibrator.predict(scores),
        fold_scores=fold_scores,
    )


def fit_baseline(baseline: Baseline, data: Labelled, split: Split) -> Fitted:
    """Fit a baseline on every row whose label was known before the test window."""
    return Fitted(
        name=baseline.name,
        family=BASELINE,
        settings={} if baseline.column is None else {"column": baseline.column},
        model=_fit_baseline(baseline, data, split.known),
        tune_probabilities=positive_scores(_fit_baseline(baseline, data, split.train), data.features.iloc[split.tune]),
        fold_scores=tuple({} for _ in split.folds),
    )


def combinations(grid: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """All combinations of a grid of settings, the last name varying fastest; one empty one of an empty grid."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def settings_text(settings: Mapping[str, Any]) -> str:
    """Settings as a person reads them: "max_depth=4 learning_rate=0.1"."""
    return " ".join(f"{name}={value}" for name, value in settings.items())


def _score_grid(family: str, grid: list[dict[str, Any]], data: Labelled, fold: Fold, *, seed: int) -> dict[str, float]:
    """Headline metric of each combination on one fold. Rounds that are found rather than set are found on it too."""
    later = data.examples(fold.test)
    scores = {}
    for settings in grid:
        fitted, _ = fit_family(family, data.columns, settings, data.examples(fold.train), seed=seed, stop_on=later)
        measured = point_metrics(later[1], positive_scores(fitted, later[0]))
        scores[settings_text(settings)] = measured[data.target.headline]
    return scores


def _best(grid: list[dict[str, Any]], fold_scores: tuple[Mapping[str, float], ...]) -> dict[str, Any]:
    """The combination of the highest mean over the folds: the first of equals, or of all where no fold was usable."""
    if not fold_scores:
        return grid[0]
    means = [float(np.mean([scores[settings_text(settings)] for scores in fold_scores])) for settings in grid]
    return grid[int(np.argmax(means))]


def _fit_baseline(baseline: Baseline, data: Labelled, rows: NDArray[np.intp]) -> Any:
    model = BaseRate() if baseline.column is None else ColumnScore(baseline.column)
    return model.fit(*data.examples(rows))
