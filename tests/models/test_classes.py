"""Models of several classes: what a family gives, probabilities made true, and the choice of one class."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import f1_score, log_loss

from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses, ClassCalibrator, choose_decision_weights, chosen_classes
from models.class_families import BALANCE, families_of
from models.families import fit_family
from models.preprocessing import Columns
from models.storage import load_estimator, save_estimator

COLUMNS = Columns(("price", "stalls", "noise"), ("plan",))
CLASSES = 4
FAMILIES = families_of(CLASSES).candidates
SMALL: dict[str, dict[str, Any]] = {
    "logistic": {},
    "forest": {"n_estimators": 40, "min_samples_leaf": 8},
    "xgboost": {"n_estimators": 150, "learning_rate": 0.1},
}


def examples(rows: int = 1200, seed: int = 0) -> tuple[pd.DataFrame, Any, Any]:
    """Features, labels, and the true probabilities: the price makes class 0, stalling class 1; class 3 is rare."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "price": generator.normal(size=rows),
            "stalls": generator.poisson(2, rows).astype(float),
            "noise": np.where(generator.random(rows) < 0.2, np.nan, generator.normal(size=rows)),
            "plan": generator.choice(["free", "basic", None], rows),
        }
    )
    free = (frame["plan"] == "free").to_numpy()
    scores = [2 * frame["price"], 1.5 * frame["stalls"] - 3, np.where(free, 1.0, 0.0), frame["noise"].fillna(0) - 1.5]
    truth = softmax(np.column_stack(scores), axis=1)
    labels = (truth.cumsum(axis=1) < generator.random(rows)[:, None]).sum(axis=1)
    return frame, labels, truth


@pytest.fixture(scope="module", params=list(FAMILIES))
def fitted(request: pytest.FixtureRequest) -> tuple[str, Any, Any]:
    frame, labels, _ = examples()
    model, chosen = fit_family(
        FAMILIES[request.param], COLUMNS, SMALL[request.param], (frame, labels), seed=3, stop_on=examples(400, 1)[:2]
    )
    return request.param, model, chosen


def test_each_family_comes_near_the_truth(fitted: tuple[str, Any, Any]) -> None:
    _, model, _ = fitted
    frame, labels, truth = examples(2000, 2)
    said = model.predict_proba(frame)
    assert said.shape == (2000, CLASSES)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-6)
    shares = ClassShares(CLASSES).fit(*examples()[:2]).predict_proba(frame)
    gained = log_loss(labels, shares) - log_loss(labels, said / said.sum(axis=1, keepdims=True))
    assert gained > 0.7 * (log_loss(labels, shares) - log_loss(labels, truth))


@pytest.mark.parametrize("name", list(FAMILIES))
@pytest.mark.parametrize("present", [(0, 2, 3), (1, 3), (2,)])
def test_a_class_that_no_row_has_is_a_class_all_the_same(name: str, present: tuple[int, ...]) -> None:
    frame, labels, _ = examples(400)
    known = np.isin(labels, present)
    model, _ = fit_family(
        FAMILIES[name], COLUMNS, SMALL[name], (frame[known], labels[known]), seed=0, stop_on=examples(200, 1)[:2]
    )
    said = model.predict_proba(frame)
    assert said.shape == (400, CLASSES)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-6)
    absent = [place for place in range(CLASSES) if place not in present]
    assert np.all(said[:, absent] == 1 / (known.sum() + CLASSES))
    assert set(model.predict(frame)) <= set(present)


def test_balance_makes_the_rare_class_likelier(fitted: tuple[str, Any, Any]) -> None:
    name, plain, _ = fitted
    frame, labels, _ = examples()
    even, _ = fit_family(FAMILIES[name], COLUMNS, SMALL[name] | {BALANCE: 1.0}, (frame, labels), seed=3)
    assert even.predict_proba(frame)[:, 3].mean() > 1.5 * plain.predict_proba(frame)[:, 3].mean()


def test_boosted_trees_stop_early_and_say_when() -> None:
    learn, stop = examples(400)[:2], examples(200, 1)[:2]
    model, chosen = fit_family(FAMILIES["xgboost"], COLUMNS, {}, learn, seed=3, stop_on=stop)
    assert chosen["n_estimators"] < 300
    whole, _ = fit_family(FAMILIES["xgboost"], COLUMNS, chosen, learn, seed=3)
    frame = examples(100, 5)[0]
    assert np.array_equal(model.predict_proba(frame), whole.predict_proba(frame))


def test_stored_and_loaded_the_whole_says_the_same(fitted: tuple[str, Any, Any], tmp_path: Path) -> None:
    _, model, _ = fitted
    frame, labels, _ = examples(300, 4)
    raw = model.predict_proba(frame)
    calibrator = ClassCalibrator().fit(raw, labels)
    whole = CalibratedClasses(model, calibrator, choose_decision_weights(calibrator.predict(raw), labels))
    for name in ("one", "two"):
        save_estimator(whole, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    loaded = load_estimator(tmp_path / "one")
    said = whole.answers(frame)
    assert said.shape == (300, CLASSES + 1)
    assert np.array_equal(loaded.answers(frame), said)
    assert np.array_equal(said[:, :CLASSES], whole.predict_proba(frame))
    assert np.array_equal(said[:, CLASSES], whole.predict(frame))


def test_shares_are_answers_too(tmp_path: Path) -> None:
    frame, labels, _ = examples(300)
    shares = ClassShares(CLASSES).fit(frame, labels)
    save_estimator(shares, tmp_path / "shares")
    said = load_estimator(tmp_path / "shares").answers(frame[:2])
    counts = np.bincount(labels, minlength=CLASSES)
    assert np.array_equal(said[0], [*counts / 300, np.argmax(counts)])


def distorted(rows: int, seed: int) -> tuple[Any, Any, Any]:
    """Too certain probabilities with shifted shares, labels of the true ones, and these."""
    _, labels, truth = examples(rows, seed)
    return softmax(2.5 * np.log(truth) + np.array([0.8, 0.0, -0.8, 0.5]), axis=1), labels, truth


def test_calibration_mends_certainty_and_shares() -> None:
    said, labels, _ = distorted(2000, 1)
    fresh, fresh_labels, truth = distorted(2000, 2)
    mended = ClassCalibrator().fit(said, labels).predict(fresh)
    lost = log_loss(fresh_labels, fresh) - log_loss(fresh_labels, truth)
    assert log_loss(fresh_labels, mended) - log_loss(fresh_labels, truth) < 0.05 * lost


def test_a_few_rows_change_little() -> None:
    said, labels, _ = distorted(3, 1)
    calibrator = ClassCalibrator().fit(said, labels)
    assert 0.5 < calibrator.slope_ < 1.5
    assert np.abs(calibrator.shifts_).max() < 0.7


def test_true_probabilities_stay_about_as_they_are() -> None:
    _, labels, truth = examples(5000, 3)
    assert np.abs(ClassCalibrator().fit(truth, labels).predict(truth) - truth).mean() < 0.02


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 2)), min_size=1, max_size=30))
def test_whatever_is_learned_from_probabilities_stay_probabilities(rows: list[tuple[int, int, int]]) -> None:
    raw = np.array([[first, second, 101] for first, second, _ in rows], dtype=float)
    raw /= raw.sum(axis=1, keepdims=True)
    labels = np.array([label for _, _, label in rows])
    said = ClassCalibrator().fit(raw, labels).predict(raw)
    assert np.all((said > 0) & (said < 1))
    np.testing.assert_allclose(said.sum(axis=1), 1)
    weights = choose_decision_weights(said, labels)
    assert np.all(weights > 0)
    assert weights.mean() == pytest.approx(1)


def test_weights_name_the_rare_class_and_raise_macro_f1_on_new_rows() -> None:
    _, labels, truth = examples(1500, 5)
    weights = choose_decision_weights(truth, labels)
    _, fresh_labels, fresh = examples(8000, 6)
    plain, weighted = chosen_classes(fresh, np.ones(CLASSES)), chosen_classes(fresh, weights)
    assert weights.argmax() == 3
    gained = f1_score(fresh_labels, weighted, average="macro") - f1_score(fresh_labels, plain, average="macro")
    assert gained > 0.02


def test_weights_of_equals_choose_the_likeliest() -> None:
    certain = np.eye(3)[[0, 1, 2, 1]] * 0.97 + 0.01
    assert np.array_equal(choose_decision_weights(certain, np.array([0, 1, 2, 1])), np.ones(3))
