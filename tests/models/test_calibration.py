"""Calibration makes probabilities truer and keeps their order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss

from models.calibration import (
    CalibratedModel,
    IsotonicCalibrator,
    PlattCalibrator,
    choose_calibrator,
    log_odds,
)
from models.storage import load_estimator, save_estimator


def world(rows, bend, seed=0):
    """Scores whose true probability is `bend` of them, labels drawn from it, and a group for each row."""
    generator = np.random.default_rng(seed)
    scores = generator.uniform(0.01, 0.99, rows)
    labels = (generator.random(rows) < bend(scores)).astype(np.int64)
    return scores, labels, generator.integers(0, rows // 5, rows)


def overconfident(scores):
    return 1 / (1 + np.exp(-(0.4 * log_odds(scores) - 1)))


def stepped(scores):
    return np.where(scores < 0.3, 0.02, np.where(scores < 0.6, 0.5, 0.55))


@pytest.mark.parametrize("calibrator", [PlattCalibrator(), IsotonicCalibrator()])
@pytest.mark.parametrize("bend", [overconfident, stepped])
def test_lowers_the_log_loss_of_rows_it_has_not_seen(calibrator, bend):
    scores, labels, _ = world(3000, bend)
    fresh, fresh_labels, _ = world(3000, bend, seed=1)
    calibrated = calibrator.fit(scores, labels).predict(fresh)
    assert log_loss(fresh_labels, calibrated) < log_loss(fresh_labels, fresh) - 0.01


@pytest.mark.parametrize("calibrator", [PlattCalibrator(), IsotonicCalibrator()])
def test_leaves_calibrated_scores_about_as_they_are(calibrator):
    scores, labels, _ = world(20_000, lambda score: score)
    assert np.abs(calibrator.fit(scores, labels).predict(scores) - scores).mean() < 0.02


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 1)), min_size=3, max_size=50))
def test_never_turns_an_order_around_and_never_is_certain(rows):
    scores = np.array([0.2, 0.7, *(score / 100 for score, _ in rows)])
    labels = np.array([0, 1, *(label for _, label in rows)])
    for calibrator in (PlattCalibrator(), IsotonicCalibrator()):
        said = calibrator.fit(scores, labels).predict(np.sort(scores))
        assert np.all(np.diff(said) >= 0)
        assert np.all((said > 0) & (said < 1))
    platt = PlattCalibrator().fit(scores, labels).predict(scores)
    assert average_precision_score(labels, platt) == pytest.approx(average_precision_score(labels, scores))


def test_isotonic_is_chosen_for_many_rows_of_a_shape_that_a_curve_cannot_take():
    assert isinstance(choose_calibrator(*world(4000, stepped)), IsotonicCalibrator)
    assert isinstance(choose_calibrator(*world(4000, overconfident)), PlattCalibrator)
    assert isinstance(choose_calibrator(*world(900, stepped)), PlattCalibrator), "too few rows"


def test_the_whole_is_one_estimator_that_is_stored_and_says_the_same(tmp_path):
    scores, labels, _ = world(1500, stepped)
    rows = pd.DataFrame({"score": scores})
    for calibrator in (PlattCalibrator(), IsotonicCalibrator()):
        model = CalibratedModel(LogisticRegression().fit(rows, labels), calibrator.fit(scores, labels))
        said = model.predict_proba(rows)
        assert said.shape == (1500, 2)
        assert np.allclose(said.sum(axis=1), 1)
        assert np.array_equal(model.predict(rows), said[:, 1] >= 0.5)
        save_estimator(model, tmp_path / "model.skops")
        assert np.array_equal(load_estimator(tmp_path / "model.skops").predict_proba(rows), said)
