"""The families that forecast the users of an hour, all of them on the log ratio to what is usual for it."""

from collections.abc import Callable
from typing import Any

from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from xgboost import XGBRegressor

from models.family import Examples, Family, FamilySet, Settings
from models.hourly.fading import FadingLevel
from models.hourly.log_ratio import HourModel, MeanOfHours
from models.hourly.ratios import HourLine, HourTrees
from models.preprocessing import Columns

ROUNDS = "n_estimators"
BLENDED_ROUNDS = "rounds"
_PATIENCE = 40
_LEARNING = {"weight": 0.5, "tail": 0.005}
"""Of HourModel, which see."""

Build = Callable[[Settings, int], tuple[Any, Any]]
"""(the model's own settings, seed) -> what prepares, and the model."""


def _family(defaults: Settings, build: Build, *, boosted: bool = False) -> Family:
    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[HourModel, dict[str, Any]]:
        prepare, model = build({name: settings[name] for name in defaults}, seed)
        estimator = HourModel(prepare, model, **{name: settings[name] for name in _LEARNING})
        if not boosted or stop_on is None:
            return estimator.fit(*learn_from), dict(settings)
        model.set_params(early_stopping_rounds=_PATIENCE)
        estimator.fit(*learn_from, stop_on=stop_on)
        return estimator, {**settings, ROUNDS: int(model.best_iteration) + 1}

    return Family({**_LEARNING, **defaults}, fit)


def _ridge(settings: Settings, seed: int) -> tuple[Any, Any]:
    return HourLine(), Ridge(alpha=settings["alpha"])


def _forest(settings: Settings, seed: int) -> tuple[Any, Any]:
    return HourTrees(lags=False), RandomForestRegressor(**settings, n_jobs=1, random_state=seed)


def _extra_trees(settings: Settings, seed: int) -> tuple[Any, Any]:
    return HourTrees(), ExtraTreesRegressor(**settings, bootstrap=True, n_jobs=1, random_state=seed)


def _xgboost(settings: Settings, seed: int) -> tuple[Any, Any]:
    model = XGBRegressor(
        **settings, objective="reg:absoluteerror", eval_metric="mae", tree_method="hist", n_jobs=1, random_state=seed
    )
    return HourTrees(), model


def _blend(boosted: Family, *others: Family) -> Family:
    """The mean of families that err in different ways, each with its own settings; `rounds` are the boosted's."""
    defaults = {**boosted.defaults, BLENDED_ROUNDS: boosted.defaults[ROUNDS]}
    for part in others:
        defaults |= part.defaults

    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[MeanOfHours, dict[str, Any]]:
        of_boosted = {**settings, ROUNDS: settings[BLENDED_ROUNDS]}
        given = [(boosted, of_boosted), *((part, settings) for part in others)]
        fitted = [
            part.fit(columns, {name: of_part[name] for name in part.defaults}, learn_from, seed, None)[0]
            for part, of_part in given
        ]
        return MeanOfHours(fitted), dict(settings)

    return Family(defaults, fit)


def _fading(
    columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
) -> tuple[FadingLevel, dict[str, Any]]:
    return FadingLevel(**settings).fit(*learn_from), dict(settings)


_FADING = Family({"newest": 0.3, "shrink": 0.001}, _fading)
_RIDGE = _family({"alpha": 10.0}, _ridge)
_EXTRA_TREES = _family({ROUNDS: 100, "min_samples_leaf": 5, "max_features": 0.5, "max_samples": 0.7}, _extra_trees)

_XGBOOST = _family(
    {
        ROUNDS: 300,
        "max_depth": 3,
        "learning_rate": 0.05,
        "min_child_weight": 10,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "reg_lambda": 1.0,
    },
    _xgboost,
    boosted=True,
)

FAMILIES = FamilySet(
    candidates={
        "fading": _FADING,
        "ridge": _RIDGE,
        "forest": _family({ROUNDS: 100, "min_samples_leaf": 5, "max_features": 0.4, "max_samples": 0.5}, _forest),
        "extra_trees": _EXTRA_TREES,
        "xgboost": _XGBOOST,
        "blend": _blend(_XGBOOST, _FADING, _RIDGE, _EXTRA_TREES),
    },
)
