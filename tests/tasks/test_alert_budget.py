"""A budget of alerts: counted by hand, spent in each group anew, and not at the mercy of the order among equals."""

import numpy as np
import pytest

from tasks.alert_budget import alerted, budget_curves

EVERY = np.arange(1, 6)


def spend(labels, scores, groups, budgets=EVERY):
    """Positives caught, and rows alerted, at each budget."""
    rows, parts = alerted(np.array(scores, dtype=float), np.array(groups), budgets)
    return np.array(labels)[rows] @ parts, parts.sum(axis=0)


def test_the_highest_of_each_group_are_alerted():
    labels, scores, groups = [1, 0, 1, 0, 1], [0.9, 0.8, 0.1, 0.2, 0.7], [0, 0, 0, 1, 1]
    caught, rows = spend(labels, scores, groups)
    # One of each: 0.9 came, 0.7 came. Two: 0.8 and 0.2 did not. Three: 0.1 did, the other group has no third.
    assert caught.tolist() == [2, 2, 3, 3, 3]
    assert rows.tolist() == [2, 4, 5, 5, 5]


def test_equals_are_alerted_in_part_whatever_their_order():
    for labels in ([1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]):
        caught, rows = spend(labels, [0.5] * 4, [0] * 4)
        assert caught == pytest.approx([0.25, 0.5, 0.75, 1, 1])
        assert rows == pytest.approx([1, 2, 3, 4, 4])


def test_a_row_that_no_budget_reaches_is_left_out():
    rows, parts = alerted(np.array([0.1, 0.9, 0.5]), np.array([0, 0, 0]), np.array([1, 2]))
    assert rows.tolist() == [1, 2]
    assert parts.tolist() == [[1, 1], [0, 1]]


def test_random_rows_agree_with_a_slow_twin():
    rng = np.random.default_rng(3)
    labels, groups = rng.integers(0, 2, 300), rng.integers(0, 7, 300)
    scores = rng.permutation(300) / 300  # no equals
    caught, rows = spend(labels, scores, groups, np.arange(1, 60))
    for place, budget in enumerate(range(1, 60)):
        ranked = [sorted(np.flatnonzero(groups == group), key=lambda row: -scores[row]) for group in range(7)]
        chosen = [row for of_group in ranked for row in of_group[:budget]]
        assert (caught[place], rows[place]) == (pytest.approx(labels[chosen].sum()), pytest.approx(len(chosen)))


def test_intervals_hold_the_value_also_of_the_smallest_budget_of_small_groups():
    rng = np.random.default_rng(5)
    labels = (rng.random(3000) < 0.1).astype(int)
    curves = budget_curves(
        labels,
        {"score": labels + rng.normal(0, 0.5, 3000)},
        np.arange(3000) // 20,
        np.arange(3000),
        np.array([1]),
        400,
        1,
    )
    found = curves.of["score"].precision[0]
    # Of 150 alerts: the usual error of a share.
    error = (found.value * (1 - found.value) / 150) ** 0.5
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.02)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.02)


def test_intervals_hold_the_value_and_a_better_score_is_surely_better():
    rng = np.random.default_rng(0)
    labels = (rng.random(2000) < 0.1).astype(int)
    scores = {"good": labels + rng.normal(0, 0.3, 2000), "bad": rng.random(2000)}
    found = budget_curves(labels, scores, rng.integers(0, 4, 2000), np.arange(2000) // 4, np.array([5, 20]), 200, 1)
    curves, differences = found.of, found.differences
    for curve in curves.values():
        for one in (*curve.precision, *curve.recall):
            assert one.low <= one.value <= one.high
            assert one.low < one.high or one.value in (0, 1)
    assert curves["good"].precision[1].value > curves["bad"].precision[1].high
    assert differences["good", "bad"][1].low > 0
    assert differences["bad", "good"][1].high < 0
    assert curves["good"].alerts == (5, 20)


def test_it_is_the_same_each_time():
    rng = np.random.default_rng(0)
    labels, groups, clusters = rng.integers(0, 2, 60), rng.integers(0, 3, 60), np.arange(60) // 2
    given = (labels, {"one": rng.random(60)}, groups, clusters, np.array([1, 3]), 100, 7)
    assert budget_curves(*given) == budget_curves(*given)
