"""What drives a score, from arrays: the same as from frames, and for boosted trees by tables."""

import sys
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from xgboost import XGBClassifier

from models import classifiers
from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, PlattCalibrator
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses
from models.class_families import families_of
from models.compiled.compiling import explaining
from models.compiled.rows import Rows
from models.compiled.tree_shap import building
from models.compiled.tree_shap.building import boosted_tables
from models.compiled.tree_shap.forests import forest_values
from models.compiled.tree_shap.leaf_values import leaf_values
from models.compiled.tree_shap.parts import Leaf, Step
from models.contributions import PROBABILITY, contributions, of_boosted_columns
from models.families import fit_family
from models.preprocessing import Columns

COLUMNS = Columns(("plays", "noise", "gap"), ("genre", "plan"), ("title",))
SMALL: dict[str, dict[str, Any]] = {
    "logistic": {"words": 16, "knots": 2},
    "forest": {"n_estimators": 12},
    "xgboost": {"n_estimators": 30, "max_depth": 4, "num_parallel_tree": 2},
}
CLASSES = 4
NAMES = [f"column {place}" for place in range(6)]


def examples(rows: int, seed: int) -> tuple[pd.DataFrame, Any, Any]:
    """Features, a chance's labels, and labels of classes, of which none is class 3."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "plays": np.round(generator.lognormal(2, 1, rows)),
            "noise": generator.normal(size=rows),
            "gap": np.where(generator.random(rows) < 0.3, np.nan, generator.uniform(0, 30, rows)),
            "genre": generator.choice(["pop", "rock", "folk", ""], rows),
            "plan": generator.choice(["free", "basic"], rows),
            "title": generator.choice(["Love song", "Night (remix)", ""], rows),
        }
    )
    odds = 1.5 * np.log1p(frame["plays"]) - 3 + (frame["genre"] == "pop") - 2 * frame["gap"].isna()
    positive = (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64).to_numpy()
    return frame, positive, np.where(positive == 1, np.where(frame["plan"] == "free", 0, 1), 2)


def odd_rows() -> Rows:
    """Rows as they were learned from, then empty and extreme ones and ones of unknown words."""
    frame = examples(70, 3)[0]
    frame.loc[0, ["plays", "noise", "gap"]] = np.nan
    frame.loc[1, ["plays", "noise"]] = [1e300, -1e300]
    frame.loc[2, ["plays", "gap"]] = [np.inf, -np.inf]
    frame.loc[3, ["genre", "plan", "title"]] = ["never heard of", "", "Words of no song"]
    return Rows.of_frame(frame, COLUMNS)


def calibrated(family: str) -> CalibratedModel:
    frame, labels, _ = examples(600, 0)
    model, _ = fit_family(classifiers.FAMILIES.candidates[family], COLUMNS, SMALL[family], (frame, labels), seed=1)
    return CalibratedModel(model, PlattCalibrator().fit(model.predict_proba(frame)[:, 1], labels))


def of_classes(family: str, present: tuple[int, ...]) -> CalibratedClasses:
    frame, _, labels = examples(600, 0)
    rows = np.isin(labels, present)
    settings = {name: value for name, value in SMALL[family].items() if name != "knots"}
    known = families_of(CLASSES).candidates[family]
    model, _ = fit_family(known, COLUMNS, settings, (frame[rows], labels[rows]), seed=1)
    return CalibratedClasses(model, None, np.ones(CLASSES))


def boosted(max_depth: int, **settings: Any) -> tuple[XGBClassifier, Any]:
    """A fitted model of six columns, and rows that lie on its thresholds or miss a value."""
    generator = np.random.default_rng(4)
    values = generator.integers(0, 40, (1500, len(NAMES))) / 4
    values[generator.random(values.shape) < 0.2] = np.nan
    known = np.nan_to_num(values, nan=-3.0)
    labels = known[:, 0] * known[:, 1] + 5 * known[:, 2] + generator.normal(size=1500) > 40
    model = XGBClassifier(**{"n_estimators": 8, "learning_rate": 0.5, "n_jobs": 1} | settings, max_depth=max_depth)
    return model.fit(values, labels), values[:200]


def assert_alike(model: Any, rows: Rows) -> None:
    quick = explaining(model, COLUMNS)
    assert quick is not None
    found, expected = quick.contributions(rows), contributions(model, rows.frame())
    assert (found.features, found.scale) == (expected.features, expected.scale)
    np.testing.assert_allclose(found.values, expected.values, atol=1e-5)
    np.testing.assert_allclose(found.base, expected.base, atol=1e-5)
    single = [quick.contributions(rows.part(slice(place, place + 1))) for place in range(8)]
    np.testing.assert_allclose(np.concatenate([one.values for one in single]), found.values[:8], atol=1e-9)


@pytest.mark.parametrize("family", list(SMALL))
def test_arrays_give_what_frames_give_of_a_chance(family: str) -> None:
    assert_alike(calibrated(family), odd_rows())


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2), (1,)])
@pytest.mark.parametrize("family", list(SMALL))
def test_arrays_give_what_frames_give_of_classes(family: str, present: tuple[int, ...]) -> None:
    assert_alike(of_classes(family, present), odd_rows())


def test_arrays_give_what_frames_give_of_baselines() -> None:
    frame, labels, classes = examples(600, 0)
    assert_alike(BaseRate().fit(frame, labels), odd_rows())
    assert_alike(ColumnScore("gap").fit(frame, labels), odd_rows())
    assert_alike(ClassShares(CLASSES).fit(frame, classes), odd_rows())


@pytest.mark.parametrize("classes", [2, 3])
def test_those_of_a_forest_are_those_that_shap_computes(classes: int) -> None:
    """Of trees deep enough that a way meets with most columns, and with some of them again."""
    shap = pytest.importorskip("shap")
    rows = np.random.default_rng(6).normal(size=(400, len(NAMES)))
    labels = np.argmax(rows[:, :classes] + rows[:, 3:4] * rows[:, 4:5], axis=1)
    forest = RandomForestClassifier(n_estimators=7, random_state=0).fit(rows, labels)
    expected = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    theirs = np.moveaxis(expected.shap_values(rows[:30], check_additivity=False), 2, 1)
    found = forest_values(forest, range(len(NAMES)))
    np.testing.assert_allclose(found.values(rows[:30].T), theirs[:, 1:] if classes == 2 else theirs, atol=1e-9)
    np.testing.assert_allclose(found.base, expected.expected_value[-len(found.base) :], atol=1e-9)


def test_a_forest_of_some_missing_values_adds_up_to_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.compiled.tree_shap.forests._NODES_AT_ONCE", 300)  # several lots of trees
    rows = np.random.default_rng(6).normal(size=(400, len(NAMES)))
    rows[np.random.default_rng(7).random(rows.shape) < 0.3] = np.nan
    forest = RandomForestClassifier(n_estimators=9, random_state=0).fit(rows, np.isnan(rows[:, 0]) ^ (rows[:, 1] > 0))
    found = forest_values(forest, [0, 1, 0, 2, 2, 2])
    assert len(found.ways) > 1
    said = found.base + found.values(rows[:50].T).sum(axis=2)
    np.testing.assert_allclose(said[:, 0], forest.predict_proba(rows[:50])[:, 1], atol=1e-12)


def test_a_forest_of_bare_roots_says_its_base() -> None:
    rows = np.zeros((20, 2))
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(rows, np.arange(20) % 2)
    found = forest_values(forest, [0, 1])
    np.testing.assert_array_equal(found.values(rows[:4].T), np.zeros((4, 1, 2)))
    np.testing.assert_allclose(found.base, forest.predict_proba(rows[:1])[0, 1:])


def test_a_forest_is_explained_without_the_package_shap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    assert contributions(calibrated("forest"), odd_rows().frame()).scale == PROBABILITY


@pytest.mark.parametrize("settings", [{}, {"num_parallel_tree": 3}, {"grow_policy": "lossguide", "max_leaves": 6}])
@pytest.mark.parametrize("depth", [1, 3, 4, 6])
def test_tables_say_what_xgboost_says(depth: int, settings: dict[str, Any]) -> None:
    model, rows = boosted(depth, **settings)
    values, base = of_boosted_columns(model, rows)
    found = boosted_tables(model, NAMES)
    assert found is not None
    np.testing.assert_allclose(found.tables.values(rows.T)[:, 0], values, atol=1e-5)
    np.testing.assert_allclose(found.base, base[:1], atol=1e-5)
    margin = model.predict(rows, output_margin=True)
    np.testing.assert_allclose(found.base + found.tables.values(rows.T).sum(axis=(1, 2)), margin, atol=1e-5)


def test_columns_of_one_feature_are_added_up() -> None:
    model, rows = boosted(4)
    apart, together = boosted_tables(model, NAMES), boosted_tables(model, ["first", "second", "first", *["third"] * 3])
    assert apart is not None
    assert together is not None
    values = apart.tables.values(rows.T)[:, 0]
    expected = np.column_stack([values[:, 0] + values[:, 2], values[:, 1], values[:, 3:].sum(axis=1)])
    np.testing.assert_allclose(together.tables.values(rows.T)[:, 0], expected, atol=1e-6)


def test_tables_hold_the_rounds_that_a_model_predicts_with() -> None:
    model, rows = boosted(3, n_estimators=20)
    model.get_booster().set_attr(best_iteration="4")
    found = boosted_tables(model, NAMES)
    assert found is not None
    margin = model.predict(rows, output_margin=True, iteration_range=(0, 5))
    np.testing.assert_allclose(found.base + found.tables.values(rows.T).sum(axis=(1, 2)), margin, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [{"max_depth": 14, "min_child_weight": 0}, {"max_depth": 3, "booster": "dart"}, {"max_depth": 3, "gamma": 1e9}],
)
def test_trees_that_are_deep_or_of_another_make_or_without_splits_have_no_tables(settings: dict[str, Any]) -> None:
    model, _ = boosted(**settings)
    assert boosted_tables(model, NAMES) is None


def test_tables_that_would_be_large_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.compiled.tree_shap.tabulating.MOST_ENTRIES", 1000)
    assert boosted_tables(boosted(4)[0], NAMES) is None


def test_tables_that_say_something_else_than_xgboost_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def otherwise(model: Any, rows: Any) -> Any:
        values, base = of_boosted_columns(model, rows)
        values[-1, 0] += 1e-3
        return values, base

    monkeypatch.setattr(building, "of_boosted_columns", otherwise)
    assert boosted_tables(boosted(3)[0], NAMES) is None


def test_a_leafs_values_are_shapley_values() -> None:
    """Against the definition: the mean over all orders of the columns of what each adds."""
    steps = ((0, 5, True, 0.6), (1, 2, False, 0.3), (2, 5, True, 0.5), (3, 9, True, 0.9), (4, 1, False, 0.2))
    leaf = Leaf(1.7, tuple(Step(*step) for step in steps))
    found = leaf_values([leaf], 5)[0]
    for outcome in range(32):
        taken = {split: (outcome >> (4 - split) & 1 == 1) == left for split, _, left, _ in steps}
        met = {5: taken[0] and taken[2], 2: taken[1], 9: taken[3], 1: taken[4]}
        expected = shapley(1.7, met, {5: 0.3, 2: 0.3, 9: 0.9, 1: 0.2})
        np.testing.assert_allclose(found[[0, 1, 3, 4], outcome], [expected[name] for name in (5, 2, 9, 1)], atol=1e-12)
    np.testing.assert_array_equal(found[2], 0.0)


def shapley(value: float, met: dict[int, bool], share: dict[int, float]) -> dict[int, float]:
    def worth(known: tuple[int, ...]) -> float:
        return value * float(np.prod([met[name] if name in known else share[name] for name in met]))

    found = {}
    for name in met:
        others = [other for other in met if other != name]
        found[name] = sum(
            factorial(size)
            * factorial(len(others) - size)
            / factorial(len(met))
            * (worth((*known, name)) - worth(known))
            for size in range(len(met))
            for known in combinations(others, size)
        )
    return found
