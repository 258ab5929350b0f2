"""Permutation importance against scikit-learn's own, and that it finds what a model reads."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance as slow_importance
from sklearn.linear_model import LogisticRegression

from refrain.settings import TrainingSettings
from tasks.importance import permutation_importance
from tasks.kinds.chances import Chances


def world(rows=600):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({name: generator.normal(size=rows) for name in ("strong", "weak", "noise")})
    odds = (2 * frame["strong"] + 0.7 * frame["weak"]).to_numpy()
    return frame, (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64), np.arange(rows) // 3


@pytest.mark.parametrize("rows", [600, 250])
def test_ranks_features_by_what_the_model_makes_of_them(rows):
    frame, labels, clusters = world()
    model = LogisticRegression().fit(frame, labels)
    training = TrainingSettings(candidates={}, importance_rows=rows, importance_repeats=4)
    before = frame.copy()
    found = permutation_importance(Chances(), model, frame, labels, clusters, training)
    pd.testing.assert_frame_equal(frame, before)
    assert found["strong"].value > found["weak"].value > abs(found["noise"].value)
    assert found["strong"].low > 0
    assert found["noise"].low <= 0.01
    slow = slow_importance(model, frame, labels, scoring="average_precision", n_repeats=10, random_state=0)
    for name, mean in zip(frame.columns, slow.importances_mean, strict=True):
        assert found[name].value == pytest.approx(mean, abs=0.06)


def test_a_model_that_reads_nothing_loses_nothing():
    frame, labels, clusters = world(200)

    class Same:
        def predict_proba(self, rows):
            return np.full((len(rows), 2), 0.5)

    found = permutation_importance(Chances(), Same(), frame, labels, clusters, TrainingSettings(candidates={}))
    assert {(each.value, each.low, each.high) for each in found.values()} == {(0.0, 0.0, 0.0)}
