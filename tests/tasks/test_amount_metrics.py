"""The metrics of amounts against plain loops, and their bootstrap against resampling row by row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.amount_metrics import Sums
from tasks.bootstrap import cluster_replicates, resamples


def slow_metrics(labels, answers):
    total = sum(labels)
    inside = [sum(row[low] <= y <= row[low + 1] for y, row in zip(labels, answers, strict=True)) for low in (1, 3)]
    shares = [count / len(labels) for count in inside]
    return {
        "wape": sum(abs(row[0] - y) for y, row in zip(labels, answers, strict=True)) / total,
        "bias": sum(row[0] - y for y, row in zip(labels, answers, strict=True)) / total,
        "coverage_80": shares[0],
        "coverage_95": shares[1],
        "coverage_error": max(abs(shares[0] - 0.8), abs(shares[1] - 0.95)),
        "width_80": sum(row[2] - row[1] for row in answers) / total,
    }


def sample(seed, rows=80):
    generator = np.random.default_rng(seed)
    labels = generator.poisson(50, rows).astype(np.float64)
    at = labels * generator.uniform(0.5, 1.5, rows)
    answers = np.column_stack([at, at * 0.8, at * 1.2, at * 0.6, at * 1.5])
    answers[:5, 1] = labels[:5]  # on the bound is inside
    return labels, answers, generator.integers(0, 9, rows)


@given(st.integers(0, 10_000), st.integers(1, 60))
@settings(max_examples=50, deadline=None)
def test_agrees_with_plain_loops(seed, rows):
    labels, answers, _ = sample(seed, rows)
    found = {name: float(value[0]) for name, value in Sums(labels, answers).metrics(None).items()}
    assert found == pytest.approx(slow_metrics(labels, answers), abs=1e-9)


def test_a_replicate_is_the_metric_of_the_rows_it_draws():
    labels, answers, clusters = sample(1)
    found = cluster_replicates({"model": Sums(labels, answers)}, clusters, 20, seed=4)["model"]
    weights = np.concatenate(list(resamples(clusters, 20, 4)))
    for replicate, weight in enumerate(weights):
        rows = np.repeat(np.arange(len(labels)), weight.astype(np.int64))
        slow = slow_metrics(labels[rows], answers[rows])
        assert {name: values[replicate] for name, values in found.items()} == pytest.approx(slow, abs=1e-9)


def test_of_an_amount_known_to_lie_between_two_only_what_lies_outside_is_an_error():
    answers = np.array([[5.0, 4, 6, 3, 7], [15.0, 14, 16, 8, 17], [25.0, 24, 26, 21, 27]])
    truth = np.array([[0.0, 10.0], [0.0, 10.0], [30.0, 30.0]])
    found = {name: float(value[0]) for name, value in Sums(truth, answers).metrics(None).items()}
    assert found["wape"] == pytest.approx((0 + 5 + 5) / 50)
    assert found["bias"] == pytest.approx((0 + 5 - 5) / 50)
    assert (found["coverage_80"], found["coverage_95"]) == pytest.approx((1 / 3, 2 / 3))
    assert found["coverage_error"] == pytest.approx(0.8 - 1 / 3)


def test_covering_more_than_promised_is_an_error_only_where_nothing_is_hidden():
    answers = np.array([[5.0, 0, 10, 0, 10]] * 20)
    for truth, error in (([[5.0, 5.0]] * 20, 0.2), ([[0.0, 5.0]] * 20, 0.0)):
        assert float(Sums(np.array(truth), answers).metrics(None)["coverage_error"][0]) == pytest.approx(error)


def test_exact_bounds_are_the_amount_itself():
    labels, answers, _ = sample(3)
    twice = Sums(np.column_stack([labels, labels]), answers)
    np.testing.assert_array_equal(twice.parts, Sums(labels, answers).parts)


def test_scaled_errors_are_shares_of_what_counts_as_one():
    answers = np.array([[5.0, 4, 6, 3, 7], [15.0, 14, 16, 8, 17]])
    truth = np.array([[6.0, 6.0, 2.0], [12.0, 12.0, 6.0]])
    sums = Sums(truth, answers)
    found = {name: float(value[0]) for name, value in sums.metrics(None).items()}
    assert found["mase"] == pytest.approx((1 + 3) / (2 + 6))
    assert found["wape"] == pytest.approx((1 + 3) / (6 + 12))
    assert not sums.is_hidden, "the scale is no bound"
    assert "mase" not in Sums(truth[:, 0], answers).metrics(None)
