"""The families of candidates: how each is built from its settings and fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from models.preprocessing import Columns, for_linear, for_trees
from refrain.errors import SettingsError

Examples = tuple[pd.DataFrame, NDArray[Any]]
"""Features, and the labels 0 or 1 of the same rows."""
Settings = Mapping[str, Any]

MODEL = "model"
ROUNDS = "n_estimators"
_MOST_ROUNDS = 1000
_PATIENCE = 40
_MOST_STEPS = 2000


@dataclass(frozen=True)
class Family:
    """A family: the settings it understands with their defaults, and how a pipeline is made of them."""

    defaults: Settings
    build: Callable[[Columns, Settings, int], Pipeline]
    stops_early: bool = False
    """Whether the number of rounds is found on rows held back, rather than set."""


def _logistic(columns: Columns, settings: Settings, seed: int) -> Pipeline:
    prepare = for_linear(columns, settings["knots"], settings["words"])
    model = LogisticRegression(C=settings["C"], max_iter=_MOST_STEPS, tol=1e-3, random_state=seed)
    return Pipeline([*prepare.steps, (MODEL, model)])


def _forest(columns: Columns, settings: Settings, seed: int) -> Pipeline:
    return Pipeline(
        [*for_trees(columns).steps, (MODEL, RandomForestClassifier(**settings, n_jobs=1, random_state=seed))]
    )


def _xgboost(columns: Columns, settings: Settings, seed: int) -> Pipeline:
    model = XGBClassifier(
        **settings, objective="binary:logistic", eval_metric="logloss", tree_method="hist", n_jobs=1, random_state=seed
    )
    return Pipeline([*for_trees(columns).steps, (MODEL, model)])


FAMILIES: Mapping[str, Family] = {
    "logistic": Family({"C": 0.1, "knots": 2, "words": 0}, _logistic),
    "forest": Family(
        {"n_estimators": 200, "min_samples_leaf": 2, "max_features": "sqrt", "max_depth": None, "max_samples": None},
        _forest,
    ),
    "xgboost": Family(
        {
            ROUNDS: _MOST_ROUNDS,
            "max_depth": 6,
            "learning_rate": 0.1,
            "min_child_weight": 5,
            "subsample": 0.8,
            "colsample_bytree": 0.5,
            "reg_lambda": 1.0,
            "num_parallel_tree": 1,
        },
        _xgboost,
        stops_early=True,
    ),
}


def check_settings(family: str, settings: Settings, where: str) -> None:
    """Raise SettingsError, naming what is known, if there is no such family or it has no such setting."""
    if family not in FAMILIES:
        raise SettingsError(
            f"{where} names the family {family!r}, which does not exist.", hint=f"Known: {', '.join(FAMILIES)}."
        )
    for name in settings:
        if name not in FAMILIES[family].defaults:
            raise SettingsError(
                f"{where}.{family} has a setting {name!r}, which nobody reads.",
                hint=f"Known: {', '.join(FAMILIES[family].defaults)}.",
            )


def fit_family(
    family: str,
    columns: Columns,
    settings: Settings,
    learn_from: Examples,
    *,
    seed: int,
    stop_on: Examples | None = None,
) -> tuple[Pipeline, dict[str, Any]]:
    """A pipeline of `family` fitted on `learn_from`, and the settings that it was fitted with, defaults included.

    A family that stops early adds rounds until log loss on `stop_on` has not fallen for 40 of them, keeps the best
    number, and says so in the settings; with `stop_on` absent it makes as many rounds as the settings say.
    """
    known = FAMILIES[family]
    complete = {**known.defaults, **settings}
    pipeline = known.build(columns, complete, seed)
    if known.stops_early and stop_on is not None:
        complete[ROUNDS] = _fit_until_best(pipeline, learn_from, stop_on)
    else:
        pipeline.fit(*learn_from)
    return pipeline, complete


def _fit_until_best(pipeline: Pipeline, learn_from: Examples, stop_on: Examples) -> int:
    """Fit in place until `stop_on` gets no better; the best number of rounds, which are those it predicts with."""
    prepare, model = pipeline[:-1], pipeline[-1]
    prepared = prepare.fit_transform(*learn_from)
    model.set_params(early_stopping_rounds=_PATIENCE)
    model.fit(prepared, learn_from[1], eval_set=[(prepare.transform(stop_on[0]), stop_on[1])], verbose=False)
    return int(model.best_iteration) + 1
