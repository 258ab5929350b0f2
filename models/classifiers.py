"""The families that answer with a chance: logistic regression, random forest, boosted trees."""

from collections.abc import Callable
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from models.family import Examples, Family, FamilySet, Fit, Settings
from models.means import RememberedMeans
from models.preprocessing import Columns, for_linear, for_trees

MEANS, MODEL = "means", "model"
ROUNDS = "n_estimators"
_MOST_ROUNDS = 1000
_PATIENCE = 40
_MOST_STEPS = 2000

Build = Callable[[Columns, Settings, int], Pipeline]


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
        **settings, objective="binary:logistic", eval_metric="logloss", tree_method="hist", n_jobs=1, random_state=seed
    )
    return Pipeline([*for_trees(columns).steps, (MODEL, model)])


def _plainly(build: Build) -> Fit:
    """A family whose settings say all."""

    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[Pipeline, dict[str, Any]]:
        return build(columns, settings, seed).fit(*learn_from), dict(settings)

    return fit


def _stopping_early(build: Build) -> Fit:
    """A family that adds rounds until the loss on rows held back has not fallen for 40 of them."""

    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[Pipeline, dict[str, Any]]:
        pipeline = build(columns, settings, seed)
        if stop_on is None:
            return pipeline.fit(*learn_from), dict(settings)
        return pipeline, {**settings, ROUNDS: _fit_until_best(pipeline, learn_from, stop_on)}

    return fit


def _fit_until_best(pipeline: Pipeline, learn_from: Examples, stop_on: Examples) -> int:
    """Fit in place until `stop_on` gets no better; the best number of rounds, which are those it predicts with."""
    prepare, model = pipeline[:-1], pipeline[-1]
    prepared = prepare.fit_transform(*learn_from)
    model.set_params(early_stopping_rounds=_PATIENCE)
    model.fit(prepared, learn_from[1], eval_set=[(prepare.transform(stop_on[0]), stop_on[1])], verbose=False)
    return int(model.best_iteration) + 1


FAMILIES = FamilySet(
    {
        "logistic": Family({"C": 0.1, "knots": 2, "words": 0}, _plainly(_logistic)),
        "forest": Family(
            {
                "n_estimators": 200,
                "min_samples_leaf": 2,
                "max_features": "sqrt",
                "max_depth": None,
                "max_samples": None,
            },
            _plainly(_forest),
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
            _stopping_early(_xgboost),
        ),
    }
)
