"""Estimators of the users of an hour, from arrays."""

from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from models.amounts import ColumnAmount
from models.compiled.rows import Numbers, Rows
from models.compiled.streams import Amounts, of_several
from models.compiled.trees import trees
from models.hourly.fading import FadingLevel
from models.hourly.log_ratio import HourModel, MeanOfHours


def hourly(estimator: Any) -> Amounts | None:
    """The users of a fitted estimator; None where it has no compiled form."""
    if isinstance(estimator, FadingLevel | ColumnAmount):
        return estimator.predict
    if isinstance(estimator, MeanOfHours):
        return of_several([hourly(model) for model in estimator.models], estimator.mean)
    return _ratio(estimator) if isinstance(estimator, HourModel) else None


def _ratio(estimator: HourModel) -> Amounts | None:
    prepare, model = estimator.prepare, estimator.model
    if isinstance(model, Ridge):
        return lambda rows: estimator.users(rows, prepare.transform(rows) @ model.coef_ + model.intercept_)
    ask = trees(model)
    if ask is None:
        return None

    def users(rows: Rows) -> Numbers:
        return estimator.users(rows, ask(prepare.transform(rows).T)[:, 0].astype(np.float64))

    return users
