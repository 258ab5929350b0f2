"""What each feature adds to a model's score of a row: exactly, so that base and contributions add up to the score.

* Of a linear model: coefficient x (value - its mean in training), which is the Shapley value of features taken to be
  independent. What a feature was prepared into (missing or not, bends, categories) is added up again.
* Of boosted trees: TreeSHAP, as XGBoost itself computes it. Of a forest: TreeSHAP too, see models.compiled.tree_shap.
  [Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020.]
* Of a baseline of one column: all there is comes from it.

Scores are taken before calibration. Platt scaling and isotonic regression leave their order alone, so what raises a
score raises the probability (or leaves it as it is, on a step).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import DMatrix, XGBClassifier

from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, log_odds
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses
from models.class_families import EveryClass
from models.compiled.tree_shap.forests import forest_values
from models.means import RememberedMeans
from models.prepared_columns import features_of_columns
from refrain.errors import ModelError

Numbers = NDArray[np.float64]

LOG_ODDS = "log-odds"
"""The scale of a score: of a chance its log-odds; of classes, logarithms of probabilities but for a constant a row."""
PROBABILITY = "probability"
"""The scale of a forest's score."""


@dataclass(frozen=True)
class Contributions:
    """What the features add to the scores of some rows: `base` + the sum of `values` over the features is the score."""

    features: tuple[str, ...]
    values: Numbers
    """Shape (rows, features), or (rows, classes, features)."""
    base: Numbers
    """Shape (rows,), or (rows, classes)."""
    scale: str
    """LOG_ODDS or PROBABILITY."""

    @property
    def scores(self) -> Numbers:
        """The scores, shape (rows,) or (rows, classes)."""
        return np.asarray(self.base + self.values.sum(axis=-1), dtype=np.float64)


def contributions(model: Any, rows: pd.DataFrame) -> Contributions:
    """What the features add to a stored model's scores of `rows`, as of a chance or of classes.

    Raises ModelError for a model of another make, and for a linear one that does not know its training means.
    """
    if isinstance(model, CalibratedModel | CalibratedClasses):
        return contributions(model.estimator, rows)
    if isinstance(model, EveryClass):
        return of_every_class(model, contributions(model.estimator, rows))
    if isinstance(model, BaseRate | ClassShares):
        return of_no_feature(model, len(rows))
    if isinstance(model, ColumnScore):
        return of_column(model, model.predict_proba(rows)[:, 1])
    if isinstance(model, Pipeline):
        return _of_pipeline(model, rows)
    raise _unknown(model)


def _unknown(model: Any) -> ModelError:
    return ModelError(
        f"What drives a {type(model).__name__} cannot be said.", hint="It can of the families of chances and classes."
    )


def of_no_feature(model: BaseRate | ClassShares, rows: int) -> Contributions:
    """Those of a baseline that says the same of every row."""
    if isinstance(model, BaseRate):
        base = log_odds(np.full(rows, model.rate_))
    else:
        base = np.log(np.maximum(np.tile(model.shares_, (rows, 1)), 1e-12))
    return Contributions((), np.zeros((*base.shape, 0)), base, LOG_ODDS)


def of_column(model: ColumnScore, chances: Numbers) -> Contributions:
    """Those behind the chances that it gave. The column is standardised, so that its mean in training adds nothing."""
    constant = model.intercept_
    return Contributions(
        (model.column,), (log_odds(chances) - constant)[:, None], np.full(len(chances), constant), LOG_ODDS
    )


def _of_pipeline(pipeline: Pipeline, rows: pd.DataFrame) -> Contributions:
    prepare, model = pipeline[:-1], pipeline[-1]
    prepared = np.asarray(prepare.transform(rows), dtype=np.float64)
    if isinstance(model, LogisticRegression):
        values, base = _linear(prepare, model, prepared)
    elif isinstance(model, XGBClassifier):
        values, base = of_boosted_columns(model, prepared)
    elif isinstance(model, RandomForestClassifier):
        values, base = _forest(model, prepared)
    else:
        raise _unknown(model)
    names, together = by_feature(values, features_of_columns(prepare))
    scale = PROBABILITY if isinstance(model, RandomForestClassifier) else LOG_ODDS
    return Contributions(names, together, base, scale)


def by_feature(values: Numbers, features: list[str]) -> tuple[tuple[str, ...], Numbers]:
    """The contributions of all columns of a feature as one, features in the order of their first column."""
    names = tuple(dict.fromkeys(features))
    place = {name: number for number, name in enumerate(names)}
    together = np.zeros((*values.shape[:-1], len(names)))
    for column, feature in enumerate(features):
        together[..., place[feature]] += values[..., column]
    return names, together


def _linear(prepare: Pipeline, model: LogisticRegression, prepared: Numbers) -> tuple[Numbers, Numbers]:
    """Per column; of classes, shape (rows, classes, columns). Two classes have one line: that of the second."""
    means = prepare[-1]
    if not isinstance(means, RememberedMeans):
        raise ModelError("The model does not know the means of its training rows.", hint="Train it anew.")
    away = prepared - means.means_
    if len(model.coef_) == 1:
        base = float(means.means_ @ model.coef_[0] + model.intercept_[0])
        return away * model.coef_[0], np.full(len(prepared), base)
    return away[:, None, :] * model.coef_, np.tile(model.coef_ @ means.means_ + model.intercept_, (len(prepared), 1))


def of_boosted_columns(model: XGBClassifier, prepared: Numbers) -> tuple[Numbers, Numbers]:
    """What each prepared column adds, and the base: (rows, columns) and (rows,), or with an axis of classes."""
    booster, rounds = model.get_booster(), rounds_of(model)
    matrix = DMatrix(prepared, missing=np.nan, nthread=1)
    found = booster.predict(matrix, pred_contribs=True, iteration_range=(0, rounds), strict_shape=True)
    found = np.asarray(found, dtype=np.float64)  # (rows, margins, columns + 1), the last one the base
    found = found[:, 0] if found.shape[1] == 1 else found
    return found[..., :-1], found[..., -1]


def rounds_of(model: XGBClassifier) -> int:
    """The rounds that it predicts with: the best ones where it stopped early, otherwise all (0)."""
    stopped = model.get_booster().attr("best_iteration")
    return 0 if stopped is None else int(stopped) + 1


def _forest(model: RandomForestClassifier, prepared: Numbers) -> tuple[Numbers, Numbers]:
    """Of the probability of the second of two classes, or of each of several."""
    forest = forest_values(model, range(prepared.shape[1]))
    values, base = forest.values(prepared.T), np.tile(forest.base, (len(prepared), 1))
    return (values[:, 0], base[:, 0]) if len(forest.base) == 1 else (values, base)


def of_every_class(model: EveryClass, known: Contributions) -> Contributions:
    """Of all classes, from those of the `known` ones.

    One that no training row had gets a base alone, such that it has its probability.
    """
    values, base = known.values, known.base
    if base.ndim == 1:  # two classes, the second one's
        none = np.zeros_like(values)
        values = np.stack([none if known.scale == LOG_ODDS else -values, values], axis=1)
        base = np.stack([np.zeros_like(base) if known.scale == LOG_ODDS else 1 - base, base], axis=1)
    whole = np.zeros((len(base), model.classes, values.shape[-1]))
    if known.scale == PROBABILITY:
        bases = np.full((len(base), model.classes), model.unseen_)
        whole[:, model.present_], bases[:, model.present_] = values * model.seen_share, base * model.seen_share
    else:
        unseen = logsumexp(base + values.sum(axis=-1), axis=1) + np.log(model.unseen_ / model.seen_share)
        bases = np.tile(unseen[:, None], (1, model.classes))
        whole[:, model.present_], bases[:, model.present_] = values, base
    return Contributions(known.features, whole, bases, known.scale)
