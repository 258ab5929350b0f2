"""Estimators of streams, from arrays: models of one target whose windows learned the same describe rows only once."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import Lasso, Ridge
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVR

from models.compiled.additive import additive
from models.compiled.rows import Numbers, Rows
from models.compiled.trees import trees
from models.streams.baselines import LastWeek, SameWeekdays
from models.streams.blend import GeometricMean
from models.streams.cleaning import CleanWindow
from models.streams.log_ratio import LogRatioModel
from models.streams.preparation import AsArray

Amounts = Callable[[Rows], Numbers]
"""Rows -> what `predict` says of them, shape (rows,)."""
Score = Callable[[Numbers], Numbers]
"""Described windows, shape (columns, rows) -> what a model says of each, shape (rows,)."""


def streams(estimator: Any) -> Amounts | None:
    """The streams of a fitted estimator; None where it has no compiled form."""
    if isinstance(estimator, LastWeek | SameWeekdays):
        return estimator.predict
    if isinstance(estimator, GeometricMean):
        return of_several([streams(model) for model in estimator.models], estimator.blended)
    if isinstance(estimator, LogRatioModel) and isinstance(estimator.window, CleanWindow):
        score = _score(estimator.prepare, estimator.model)
        return None if score is None else _log_ratio(estimator, score)
    return None


def of_several(parts: Sequence[Amounts | None], joined: Callable[[list[Numbers]], Numbers]) -> Amounts | None:
    """What several say, `joined`; None where one of them has no compiled form."""
    known = [part for part in parts if part is not None]
    return None if len(known) < len(parts) else lambda rows: joined([part(rows) for part in known])


def _log_ratio(estimator: LogRatioModel, score: Score) -> Amounts:
    window = estimator.window
    learned = (window.days, window.min_share, window.context, window.socials, window.weekday_, window.shape_.tobytes())

    def describe(rows: Rows) -> tuple[Numbers, Numbers]:
        found = window.described(rows)
        return np.array(list(found.columns.values())), found.last_week

    def said(rows: Rows) -> Numbers:
        described, last_week = rows.once(learned, lambda: describe(rows))
        return estimator.streams(score(described), last_week)

    return said


def _score(prepare: Any, model: Any) -> Score | None:
    if isinstance(prepare, AsArray):
        ask = trees(model)
        return None if ask is None else lambda described: ask(described)[:, 0].astype(np.float64)
    if isinstance(prepare, Pipeline) and isinstance(model, Ridge | Lasso | LinearSVR):
        steps = [step for _, step in prepare.steps]
        line = additive(steps, np.ravel(model.coef_), float(np.ravel(model.intercept_)[0]), steps[0].n_features_in_)
        return None if line is None else line.scores
    return None
