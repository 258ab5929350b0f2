"""Candidates and baselines fitted: settings chosen on rolling folds, probabilities calibrated on the tune window."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.target import Baseline
from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, choose_calibrator, positive_scores
from models.families import FAMILY_SETS, fit_family
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
    """Choose the settings of a family on the folds, its rounds and its calibrator on tune, and fit what is served.

    The served model learns from every row whose label was known before the test window, so its scores are sharper than
    those of a fit that ends where tune begins. So that the calibrator meets scores of the kind it will be used on, tune
    is predicted in `tune_steps` steps, each by a fit on all that was known before it. With `refit: false` the model is
    the fit on train, and tune one step.
    """
    grid = combinations(training.candidates[family])
    fold_scores = tuple(_score_grid(family, grid, data, fold, seed=training.seed) for fold in split.folds)
    first, complete = fit_family(
        FAMILY_SETS[data.target.families].candidates[family],
        data.columns,
        _best(grid, fold_scores),
        data.examples(split.train),
        seed=training.seed,
        stop_on=data.examples(split.tune),
    )
    fit = partial(_fit, family, complete, data, training.seed)
    steps = split.steps if training.refit else (Fold(split.train, split.tune),)
    fits = [first, *(fit(step.train) for step in steps[1:])]
    pooled = np.concatenate(
        [positive_scores(model, data.features.iloc[step.test]) for model, step in zip(fits, steps, strict=True)]
    )
    calibrator = choose_calibrator(pooled, data.labels[split.tune], data.groups(data.target.cluster, split.tune))
    return Fitted(
        name=family,
        family=family,
        settings={**complete, "calibration": _CALIBRATION_NAMES[type(calibrator).__name__]},
        model=CalibratedModel(fit(split.known) if training.refit else first, calibrator),
        tune_probabilities=calibrator.predict(pooled),
        fold_scores=fold_scores,
    )


def _fit(family: str, settings: Mapping[str, Any], data: Labelled, seed: int, rows: NDArray[np.intp]) -> Any:
    known = FAMILY_SETS[data.target.families].candidates[family]
    return fit_family(known, data.columns, settings, data.examples(rows), seed=seed)[0]


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
    known = FAMILY_SETS[data.target.families].candidates[family]
    later = data.examples(fold.test)
    scores = {}
    for settings in grid:
        fitted, _ = fit_family(known, data.columns, settings, data.examples(fold.train), seed=seed, stop_on=later)
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
