"""What fitted classifiers give each class, from arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.extmath import softmax

from models.baselines import BaseRate, ColumnScore
from models.class_baselines import ClassShares
from models.class_families import EveryClass
from models.compiled.additive import additive
from models.compiled.prepared import Prepare, maker, parts, prepared
from models.compiled.rows import Numbers, Rows
from models.compiled.trees import trees
from models.prepared_columns import features_behind
from models.preprocessing import Columns

Shares = Callable[[Rows], Numbers]
"""Rows -> what `predict_proba` says of them, shape (rows, classes)."""


def shares(estimator: Any, columns: Columns) -> Shares | None:
    """Those of a fitted classifier of rows of the features `columns`; None where it has no compiled form."""
    if isinstance(estimator, BaseRate | ClassShares | ColumnScore):
        return estimator.predict_proba
    if isinstance(estimator, EveryClass):
        known = shares(estimator.estimator, columns)
        return None if known is None else lambda rows: estimator.every(known(rows))
    if not isinstance(estimator, Pipeline):
        return None
    if isinstance(estimator[-1], LogisticRegression):
        return _logistic(estimator, columns)
    return _trees(estimator, columns)


def _trees(pipeline: Pipeline, columns: Columns) -> Shares | None:
    prepare, ask = prepared(pipeline[:-1], columns), trees(pipeline[-1])
    if prepare is None or ask is None:
        return None

    def said(rows: Rows) -> Numbers:
        found = ask(prepare(rows))
        return found if found.shape[1] > 1 else np.column_stack([1.0 - found, found])

    return said


def _logistic(pipeline: Pipeline, columns: Columns) -> Shares | None:
    """A line's scores: of two classes, a sum of functions of the features; of more, what it takes, weighed."""
    model: LogisticRegression = pipeline[-1]
    if len(model.coef_) == 1:
        scores = _summed(pipeline, columns)
        if scores is not None:
            return lambda rows: _of_two(scores(rows))
    prepare = prepared(pipeline[:-1], columns)
    if prepare is None:
        return None
    if len(model.coef_) == 1:
        return lambda rows: _of_two(model.coef_[0] @ prepare(rows) + model.intercept_[0])
    return lambda rows: softmax(prepare(rows).T @ model.coef_.T + model.intercept_, copy=False)


def _of_two(scores: Numbers) -> Numbers:
    ones = expit(scores)
    return np.column_stack([1.0 - ones, ones])


def _summed(pipeline: Pipeline, columns: Columns) -> Prepare | None:
    """The score of label 1, shape (rows,), where numbers are spread evenly; None where they are not."""
    beside = parts(pipeline[:-1], columns)
    if not beside or not isinstance(beside[0][0], Pipeline) or tuple(beside[0][1]) != columns.numeric:
        return None
    weights, [intercept] = pipeline[-1].coef_[0], pipeline[-1].intercept_
    widths = [len(features_behind(transformer, names)) for transformer, names in beside]
    own, *others = np.split(weights, np.cumsum(widths)[:-1])
    numbers = additive([step for _, step in beside[0][0].steps], own, float(intercept), len(columns.numeric))
    makers = [maker(transformer, names, columns) for transformer, names in beside[1:]]
    weighed = [(make, weight) for make, weight in zip(makers, others, strict=True) if make is not None]
    if numbers is None or len(weighed) < len(makers):
        return None

    def scores(rows: Rows) -> Numbers:
        found = numbers.scores(rows.tamed)
        for make, weight in weighed:
            found += weight @ make(rows)
        return found

    return scores
