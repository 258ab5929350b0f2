"""The fast metrics and intervals against slow, obvious ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from tasks import bootstrap
from tasks.bootstrap import estimate, replicate_metrics, resamples
from tasks.metrics import Ranked, equal_mass_bins, point_metrics


def slow_metrics(labels, probabilities, bins):
    error = sum(
        abs(np.sum(probabilities[bins == number] - labels[bins == number])) for number in np.unique(bins)
    ) / len(labels)
    return {
        "average_precision": average_precision_score(labels, probabilities),
        "brier": brier_score_loss(labels, probabilities),
        "log_loss": log_loss(labels, probabilities, labels=[0, 1]),
        "roc_auc": roc_auc_score(labels, probabilities),
        "calibration_error": error,
    }


def sample(seed, rows=300, kinds=40):
    generator = np.random.default_rng(seed)
    # Rounded, so that there are ties.
    probabilities = np.round(generator.uniform(0.01, 0.99, rows), 2)
    labels = (generator.random(rows) < probabilities).astype(np.int64)
    return labels, probabilities, generator.integers(0, kinds, rows)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9)), min_size=4, max_size=60))
def test_metrics_are_scikit_learns(rows):
    labels = np.array([0, 1, *(label for label, _ in rows)])
    probabilities = np.array([0.5, 0.5, *(score / 10 for _, score in rows)])
    slow = slow_metrics(labels, probabilities, np.zeros(len(labels)))
    assert point_metrics(labels, probabilities) == pytest.approx(slow, abs=1e-9)


def test_replicates_are_those_of_a_loop_that_repeats_the_rows():
    labels, probabilities, clusters = sample(1)
    clusters = np.unique(clusters, return_inverse=True)[1]
    ranked = Ranked(labels, probabilities)
    fast = replicate_metrics({"model": ranked}, clusters, 25, seed=4)["model"]
    bins = np.empty(len(labels), dtype=int)
    bins[ranked.order] = equal_mass_bins(ranked)
    generator = np.random.default_rng(4)
    kinds = clusters.max() + 1
    for number in range(25):
        drawn = generator.integers(0, kinds, size=kinds)
        rows = np.concatenate([np.flatnonzero(clusters == cluster) for cluster in drawn])
        slow = slow_metrics(labels[rows], probabilities[rows], bins[rows])
        assert {name: values[number] for name, values in fast.items()} == pytest.approx(slow, abs=1e-9)


def test_resamples_do_not_depend_on_their_chunks(monkeypatch):
    _, _, clusters = sample(2)
    whole = np.concatenate(list(resamples(clusters, 30, seed=1)))
    monkeypatch.setattr(bootstrap, "_CELLS", 4 * len(clusters))
    chunks = list(resamples(clusters, 30, seed=1))
    assert len(chunks) > 5
    assert np.array_equal(np.concatenate(chunks), whole)
    assert np.array_equal(whole[:, clusters == 3].std(axis=1), np.zeros(30)), "rows of a cluster go together"


def test_intervals_cover_the_truth_about_as_often_as_promised():
    """Clusters that agree within themselves: resampling rows would make intervals far too narrow."""
    generator = np.random.default_rng(9)
    covered = {"clustered": 0, "rows": 0}
    worlds, kinds, size = 120, 60, 8
    for _ in range(worlds):
        labels = np.repeat((generator.random(kinds) < 0.4).astype(np.int64), size)
        probabilities = np.full(kinds * size, 0.4)
        clusters = np.repeat(np.arange(kinds), size)
        ranked = {"model": Ranked(labels, probabilities)}
        for name, groups in (("clustered", clusters), ("rows", np.arange(kinds * size))):
            values = replicate_metrics(ranked, groups, 200, seed=0)["model"]["average_precision"]
            found = estimate(float(labels.mean()), values)
            covered[name] += found.low <= 0.4 <= found.high
    assert covered["clustered"] / worlds >= 0.88
    assert covered["rows"] / worlds < 0.7


def test_replicates_without_a_positive_are_left_out():
    found = estimate(0.5, np.array([np.nan, 0.4, 0.6]))
    assert 0.4 <= found.low <= found.high <= 0.6
    assert estimate(0.5, np.array([np.nan])).low == -1.0


def test_bins_hold_a_hundred_rows_at_least_and_keep_ties_together():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 2000)
    spread = equal_mass_bins(Ranked(labels, generator.random(2000)))
    assert np.array_equal(np.unique(spread, return_counts=True)[1], [200] * 10)
    assert len(np.unique(equal_mass_bins(Ranked(labels[:350], generator.random(350))))) == 3
    assert len(np.unique(equal_mass_bins(Ranked(labels, np.full(2000, 0.3))))) == 1


def test_calibration_error_is_small_for_the_truth_and_large_for_a_lie():
    generator = np.random.default_rng(3)
    truth = generator.uniform(0, 1, 20_000)
    labels = (generator.random(20_000) < truth).astype(np.int64)
    assert point_metrics(labels, truth)["calibration_error"] < 0.02
    assert point_metrics(labels, truth**3)["calibration_error"] > 0.2
