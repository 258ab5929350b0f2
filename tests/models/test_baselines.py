"""Baselines rank as the raw column does and say probabilities."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from models.baselines import BaseRate, ColumnScore
from models.storage import load_estimator, save_estimator


def test_base_rate_says_the_share_of_positives_of_any_row():
    model = BaseRate().fit(pd.DataFrame({"a": range(4)}), np.array([0, 0, 0, 1]))
    assert np.array_equal(model.predict_proba(pd.DataFrame({"b": [7, 8]})), [[0.75, 0.25], [0.75, 0.25]])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 5000), st.integers(0, 1)), min_size=2, max_size=60))
def test_column_score_ranks_as_the_column_does_even_where_the_column_misleads(rows):
    values = np.array([3, 900, *(value for value, _ in rows)], dtype=float)
    labels = np.array([1, 0, *(label for _, label in rows)])
    frame = pd.DataFrame({"plays": values})
    said = ColumnScore("plays").fit(frame, labels).predict_proba(frame)[:, 1]
    assert np.array_equal(pd.Series(said).rank(method="dense"), pd.Series(values).rank(method="dense"))
    assert average_precision_score(labels, said) == pytest.approx(average_precision_score(labels, values))
    assert np.all((said > 0) & (said < 1))


def test_column_score_is_about_calibrated_and_takes_a_missing_value_for_the_lowest():
    generator = np.random.default_rng(0)
    plays = generator.lognormal(2, 1, 5000)
    truth = 1 / (1 + np.exp(-1.5 * (np.arcsinh(plays) - 3)))
    labels = (generator.random(5000) < truth).astype(int)
    model = ColumnScore("plays").fit(pd.DataFrame({"plays": plays}), labels)
    assert np.abs(model.predict_proba(pd.DataFrame({"plays": plays}))[:, 1] - truth).mean() < 0.02
    low, missing = model.predict_proba(pd.DataFrame({"plays": [plays.min(), np.nan]}))[:, 1]
    assert low == missing


def test_stored_and_loaded_they_say_the_same(tmp_path):
    frame, labels = pd.DataFrame({"plays": [1.0, 5.0, np.nan, 9.0]}), np.array([0, 1, 0, 1])
    for model in (BaseRate(), ColumnScore("plays")):
        save_estimator(model.fit(frame, labels), tmp_path / "baseline.skops")
        loaded = load_estimator(tmp_path / "baseline.skops")
        assert np.array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
