"""The families that answer with a chance for each of several classes: logistic regression, random forest, trees."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from models.class_baselines import ClassShares
from models.family import Examples, Family, FamilySet, Fit, Settings
from models.means import RememberedMeans
from models.preprocessing import Columns, for_linear, for_trees
from refrain.sessions import REASONS

Numbers = NDArray[np.float64]

MEANS, MODEL = "means", "model"
BALANCE = "balance"
"""Setting: how far a class's rows are weighed against its share, from 0 (all rows alike) to 1 (all classes alike)."""
ROUNDS = "n_estimators"
_MOST_ROUNDS = 500
_PATIENCE = 30
_MOST_STEPS = 2000

Build = Callable[[Columns, Settings, int], Pipeline]


class EveryClass(ClassifierMixin, BaseEstimator):
    """A pipeline's fitted classifier that knows all of `classes`, also those that it has never seen.

    The pipeline learns those that there are, numbered without gaps. One that is absent gets what one row in (rows +
    classes) would be; where there is but one class, nothing is learned but that.
    """

    def __init__(self, estimator: Any = None, classes: int = 2) -> None:
        self.estimator = estimator
        self.classes = classes

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803 - scikit-learn's name
        y: NDArray[Any],
        balance: float = 0.0,
        stop_on: Examples | None = None,
    ) -> "EveryClass":
        """Fit the pipeline in place to labels 0 to `classes` - 1; boosted trees stop on `stop_on`, where it is given.

        `balance`: see BALANCE.
        """
        self.classes_ = np.arange(self.classes)
        self.present_, labels, counts = np.unique(
            np.asarray(y, dtype=np.int64), return_inverse=True, return_counts=True
        )
        self.unseen_ = 1.0 / (len(labels) + self.classes)
        if len(self.present_) == 1:
            self.estimator = ClassShares(1).fit(X, labels)
            return self
        weights: Numbers = (counts.astype(np.float64) ** -balance)[labels]
        weights /= weights.mean()
        if len(self.present_) == 2 and isinstance(self.estimator[-1], XGBClassifier):
            self.estimator[-1].set_params(objective="binary:logistic", eval_metric="logloss")
        if stop_on is None:
            self.estimator.fit(X, labels, **{f"{MODEL}__sample_weight": weights})
        else:
            self._fit_until_best((X, labels), weights, self._known(stop_on))
        return self

    def predict_proba(self, X: pd.DataFrame) -> Numbers:  # noqa: N803
        """Probabilities of every class, shape (rows, classes)."""
        return self.every(self.estimator.predict_proba(X))

    def every(self, known: Numbers) -> Numbers:
        """Probabilities of every class, of the pipeline's of those that it knows."""
        found = np.full((len(known), self.classes), self.unseen_)
        found[:, self.present_] = known * self.seen_share
        return found

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """The likeliest class."""
        return np.argmax(self.predict_proba(X), axis=1).astype(np.int64)

    @property
    def seen_share(self) -> float:
        """What is left for the classes that the pipeline knows."""
        return 1.0 - self.unseen_ * (self.classes - len(self.present_))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "present_")

    def _known(self, examples: Examples) -> Examples:
        """Those of the classes that the pipeline knows, numbered as it does."""
        frame, labels = examples[0], np.asarray(examples[1], dtype=np.int64)
        known = np.isin(labels, self.present_)
        return frame[known], np.searchsorted(self.present_, labels[known])

    def _fit_until_best(self, learn_from: Examples, weights: Numbers, stop_on: Examples) -> None:
        """Fit boosted trees in place until `stop_on` gets no better."""
        prepare, model = self.estimator[:-1], self.estimator[-1]
        prepared = prepare.fit_transform(*learn_from)
        if len(stop_on[1]):
            model.set_params(early_stopping_rounds=_PATIENCE)
            held = {"eval_set": [(prepare.transform(stop_on[0]), stop_on[1])]}
        else:
            held = {}
        model.fit(prepared, learn_from[1], sample_weight=weights, verbose=False, **held)


def _logistic(columns: Columns, settings: Settings, seed: int) -> Pipeline:
    prepare = for_linear(columns, settings["knots"], settings["words"])
    model = LogisticRegression(C=settings["C"], max_iter=_MOST_STEPS, tol=1e-3, random_state=seed)
    return Pipeline([*prepare.steps, (MEANS, RememberedMeans()), (MODEL, model)])


def _forest(columns: Columns, settings: Settings, seed: int) -> Pipeline:
    return Pipeline(
        [*for_trees(columns).steps, (MODEL, RandomForestClassifier(**settings, n_jobs=1, random_state=seed))]
    )


def _xgboost(columns: Columns, settings: Settings, seed: int) -> Pipeline:
    model = XGBClassifier(
        **settings, objective="multi:softprob", eval_metric="mlogloss", tree_method="hist", n_jobs=1, random_state=seed
    )
    return Pipeline([*for_trees(columns).steps, (MODEL, model)])


def _fit(build: Build, classes: int, *, stops_early: bool = False) -> Fit:
    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[EveryClass, dict[str, Any]]:
        of_model = {name: value for name, value in settings.items() if name != BALANCE}
        pipeline = build(columns, of_model, seed)
        whole = EveryClass(pipeline, classes)
        whole.fit(*learn_from, settings[BALANCE], stop_on if stops_early else None)
        return whole, {**settings, **_rounds(pipeline)}

    return fit


def _rounds(pipeline: Pipeline) -> dict[str, int]:
    """The number of rounds of boosted trees that stopped early."""
    if getattr(pipeline[-1], "early_stopping_rounds", None) is None or not hasattr(pipeline[-1], "best_iteration"):
        return {}
    return {ROUNDS: int(pipeline[-1].best_iteration) + 1}


def families_of(classes: int) -> FamilySet:
    """The families for labels 0 to `classes` - 1. Their estimators are EveryClass."""
    return FamilySet(
        {
            "logistic": Family({"C": 0.1, "knots": 0, "words": 0, BALANCE: 0.0}, _fit(_logistic, classes)),
            "forest": Family(
                {
                    "n_estimators": 200,
                    "min_samples_leaf": 3,
                    "max_features": 0.3,
                    "max_depth": None,
                    "max_samples": None,
                    BALANCE: 0.0,
                },
                _fit(_forest, classes),
            ),
            "xgboost": Family(
                {
                    ROUNDS: _MOST_ROUNDS,
                    "max_depth": 3,
                    "learning_rate": 0.1,
                    "min_child_weight": 2,
                    "subsample": 0.6,
                    "colsample_bytree": 0.6,
                    "reg_lambda": 1.0,
                    # Few rows: each round is the mean of several trees, of other rows and columns each.
                    "num_parallel_tree": 4,
                    BALANCE: 0.0,
                },
                _fit(_xgboost, classes, stops_early=True),
            ),
        }
    )


FAMILIES = families_of(len(REASONS))
"""Those of why a user leaves."""
