"""The decision threshold against trying them all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import fbeta_score

from refrain.settings import AlertSettings
from tasks.alerts import NO_ALERTS, choose_threshold, measure_alerts

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(0, 4)), min_size=1, max_size=40)


def slow_scores(labels, probabilities, groups, rules):
    """Threshold -> F-beta, of those thresholds that keep the median small enough."""
    scores = {}
    for threshold in np.unique(probabilities):
        alerts = probabilities >= threshold
        counts = [int(alerts[groups == group].sum()) for group in range(groups.max() + 1)]
        if np.median(counts) <= rules.max_median:
            scores[threshold] = fbeta_score(labels, alerts, beta=rules.beta, zero_division=0)
    return scores


@settings(max_examples=80, deadline=None)
@given(ROWS, st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([0.5, 1.0, 3.0]))
def test_no_allowed_threshold_is_better(rows, beta, most):
    labels, scores, groups = (np.array(column) for column in zip(*rows, strict=True))
    probabilities, rules = scores / 10, AlertSettings(beta=beta, max_median=most)
    chosen = choose_threshold(labels, probabilities, groups, rules)
    slow = slow_scores(labels, probabilities, groups, rules)
    if not slow:
        assert chosen == NO_ALERTS
        return
    assert slow[chosen] == pytest.approx(max(slow.values()), abs=1e-12)
    measured = measure_alerts(labels, probabilities, groups, chosen, rules)
    assert measured.f_beta == pytest.approx(slow[chosen], abs=1e-12)
    assert measured.per_group_median <= most


def test_what_alerts_do_is_counted_by_group_with_those_that_have_none():
    labels, groups = np.array([1, 0, 1, 0, 0]), np.array([0, 0, 0, 1, 2])
    found = measure_alerts(labels, np.array([0.9, 0.8, 0.1, 0.7, 0.2]), groups, 0.5, AlertSettings())
    assert (found.precision, found.recall) == (pytest.approx(1 / 3), 0.5)
    assert (found.per_group_min, found.per_group_median, found.per_group_max) == (0, 1, 2)
