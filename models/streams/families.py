"""The families that forecast streams of a week, all of them on the log ratio to the last week."""

from collections.abc import Callable
from typing import Any

from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Lasso, Ridge
from sklearn.svm import LinearSVR
from xgboost import XGBRegressor

from models.family import Examples, Family, FamilySet, Settings
from models.preprocessing import Columns
from models.streams.baselines import LastWeek, SameWeekdays
from models.streams.blend import GeometricMean
from models.streams.cleaning import CleanWindow
from models.streams.log_ratio import LogRatioModel
from models.streams.preparation import for_linear, for_trees
from refrain.stream_weeks import days_back

ROUNDS = "n_estimators"
_PATIENCE = 40

_WINDOW = {"min_share": 0.55, "context": "relative", "socials": True}
"""Of CleanWindow, which see."""
_LEARNING = {"weight": 0.5, "shrink": 1.0, "max_rows": None}
"""Of LogRatioModel, which see."""
_LINE = {"knots": 0, "components": None}
"""Of for_linear, which see."""

Build = Callable[[Settings, int], tuple[Any, Any]]
"""(the model's own settings, seed) -> what prepares, and the model."""


def window_of(columns: Columns, settings: Settings) -> CleanWindow:
    """The window that the features hold: as many days as there are columns from day_0 on."""
    days = 0
    while days_back(days + 1)[-1] in columns.numeric:
        days += 1
    return CleanWindow(days, **{name: settings[name] for name in _WINDOW if name in settings})


def _family(defaults: Settings, build: Build, *, boosted: bool = False, **learning: Any) -> Family:
    """A family with the settings of window and learning besides its own `defaults`."""
    shared = {**_WINDOW, **_LEARNING, **learning}

    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[LogRatioModel, dict[str, Any]]:
        own = {name: value for name, value in settings.items() if name not in shared}
        prepare, model = build(own, seed)
        taught = {name: settings[name] for name in _LEARNING}
        estimator = LogRatioModel(window_of(columns, settings), prepare, model, seed=seed, **taught)
        if not boosted or stop_on is None:
            return estimator.fit(*learn_from), dict(settings)
        model.set_params(early_stopping_rounds=_PATIENCE)
        estimator.fit(*learn_from, stop_on=stop_on)
        return estimator, {**settings, ROUNDS: int(model.best_iteration) + 1}

    return Family({**shared, **defaults}, fit)


def _ridge(settings: Settings, seed: int) -> tuple[Any, Any]:
    return for_linear(settings["knots"], settings["components"]), Ridge(alpha=settings["alpha"])


def _lasso(settings: Settings, seed: int) -> tuple[Any, Any]:
    return for_linear(settings["knots"], settings["components"]), Lasso(alpha=settings["alpha"], max_iter=3000)


def _svm(settings: Settings, seed: int) -> tuple[Any, Any]:
    model = LinearSVR(C=settings["C"], epsilon=settings["epsilon"], max_iter=2000, tol=1e-3, random_state=seed)
    return for_linear(settings["knots"], settings["components"]), model


def _forest(settings: Settings, seed: int) -> tuple[Any, Any]:
    return for_trees(), RandomForestRegressor(**settings, n_jobs=1, random_state=seed)


def _xgboost(settings: Settings, seed: int) -> tuple[Any, Any]:
    model = XGBRegressor(
        **settings, objective="reg:absoluteerror", eval_metric="mae", tree_method="hist", n_jobs=1, random_state=seed
    )
    return for_trees(), model


def _blend(line: Family, trees: Family) -> Family:
    """The geometric mean of a line and of trees, which err in different ways; each with its own settings.

    Those that both have (of the window, the weights) are the same for both, but for the rows learned from at most: the
    line keeps its own limit.
    """

    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[GeometricMean, dict[str, Any]]:
        of_line = {name: settings[name] for name in line.defaults} | {"max_rows": line.defaults["max_rows"]}
        of_trees = {name: settings[name] for name in trees.defaults}
        straight, _ = line.fit(columns, of_line, learn_from, seed, stop_on)
        grown, found = trees.fit(columns, of_trees, learn_from, seed, stop_on)
        return GeometricMean([straight, grown]), {**settings, **found}

    return Family({**line.defaults, **trees.defaults}, fit)


def _baseline(build: Callable[[CleanWindow], Any]) -> Family:
    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[Any, dict[str, Any]]:
        return build(window_of(columns, settings)).fit(*learn_from), dict(settings)

    return Family({"min_share": _WINDOW["min_share"]}, fit)


# A forest and a support vector machine gain little beyond so many rows, and take their time.
_FOREST = _family(
    {ROUNDS: 200, "min_samples_leaf": 20, "max_features": 0.4, "max_samples": 0.5}, _forest, max_rows=50_000
)
_SVM = _family({**_LINE, "knots": 1, "C": 0.0001, "epsilon": 0.0}, _svm, max_rows=20_000)
_XGBOOST = _family(
    {
        ROUNDS: 600,
        "max_depth": 5,
        "learning_rate": 0.05,
        "min_child_weight": 50,
        "subsample": 0.7,
        "colsample_bytree": 0.6,
        "reg_lambda": 1.0,
        "num_parallel_tree": 1,
    },
    _xgboost,
    boosted=True,
)

FAMILIES = FamilySet(
    candidates={
        "ridge": _family({**_LINE, "alpha": 100.0}, _ridge),
        "lasso": _family({**_LINE, "alpha": 0.001}, _lasso),
        "forest": _FOREST,
        "svm": _SVM,
        "xgboost": _XGBOOST,
        "blend": _blend(_SVM, _XGBOOST),
    },
    baselines={
        "last 7 days": _baseline(LastWeek),
        "last 7 days x catalogue ratio": _baseline(lambda window: LastWeek(window, scaled=True)),
        "day-of-week naive": _baseline(SameWeekdays),
    },
)
