"""Candidates and baselines fitted: settings chosen on rolling folds, answers calibrated on the tune window."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.target import Baseline
from models.families import family_set, fit_family
from refrain.settings import TrainingSettings
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.labelled import Labelled
from tasks.metrics import HIGHER_IS_BETTER
from tasks.split import Fold, Split

BASELINE = "baseline"


@dataclass(frozen=True)
class Fitted:
    """A fitted candidate or baseline, before anything was said about the test window."""

    name: str
    family: str
    settings: Mapping[str, Any]
    model: Any
    """One estimator, which gives the answers of the target's kind to a frame of features."""
    tune_answers: Answers
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
        family_set(data.target.families).candidates[family],
        data.columns,
        _best(grid, fold_scores, HIGHER_IS_BETTER[data.target.headline]),
        data.examples(split.train),
        seed=training.seed,
        stop_on=data.examples(split.tune),
    )
    fit = partial(_fit, family, complete, data, training.seed)
    steps = split.steps if training.refit else (Fold(split.train, split.tune),)
    fits = [first, *(fit(step.train) for step in steps[1:])]
    kind = kind_of(data.target)
    pooled = np.concatenate(
        [kind.raw(model, data.features.iloc[step.test]) for model, step in zip(fits, steps, strict=True)]
    )
    calibrated = kind.calibrate(pooled, data, split.tune)
    return Fitted(
        name=family,
        family=family,
        settings={**complete, **calibrated.settings},
        model=kind.wrap(fit(split.known) if training.refit else first, calibrated),
        tune_answers=calibrated.answers,
        fold_scores=fold_scores,
    )


def _fit(family: str, settings: Mapping[str, Any], data: Labelled, seed: int, rows: NDArray[np.intp]) -> Any:
    known = family_set(data.target.families).candidates[family]
    return fit_family(known, data.columns, settings, data.examples(rows), seed=seed)[0]


def fit_baseline(baseline: Baseline, data: Labelled, split: Split) -> Fitted:
    """Fit a baseline on every row whose label was known before the test window."""
    kind = kind_of(data.target)
    raw = kind.raw(kind.fit_baseline(baseline, data.examples(split.train), data), data.features.iloc[split.tune])
    calibrated = kind.calibrate_baseline(raw, data, split.tune)
    return Fitted(
        name=baseline.name,
        family=BASELINE,
        settings={} if baseline.column is None else {"column": baseline.column},
        model=kind.wrap(kind.fit_baseline(baseline, data.examples(split.known), data), calibrated),
        tune_answers=raw if calibrated is None else calibrated.answers,
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
    known, kind = family_set(data.target.families).candidates[family], kind_of(data.target)
    later = data.examples(fold.test)
    scores = {}
    for settings in grid:
        fitted, _ = fit_family(known, data.columns, settings, data.examples(fold.train), seed=seed, stop_on=later)
        scores[settings_text(settings)] = kind.fold_score(
            data.target.headline, data.truth[fold.test], kind.raw(fitted, later[0])
        )
    return scores


def _best(grid: list[dict[str, Any]], fold_scores: tuple[Mapping[str, float], ...], higher: bool) -> dict[str, Any]:
    """The combination of the best mean over the folds: the first of equals, or of all where no fold was usable."""
    if not fold_scores:
        return grid[0]
    means = [float(np.mean([scores[settings_text(settings)] for scores in fold_scores])) for settings in grid]
    return grid[int(np.argmax(means) if higher else np.argmin(means))]
