"""Thresholds by hand, and their intervals against rows that are really drawn again."""

import numpy as np
import pytest

from tasks.threshold_curve import MODEL, USUAL, threshold_curve

LABELS = np.array([1, 0, 1, 0, 1, 0])
SAID = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
USUALLY = np.array([3.0, 1.0, 2.0, 2.0, 2.0, 0.0])
CLUSTERS = np.arange(6)


def curve(*thresholds, labels=LABELS, clusters=CLUSTERS, said=SAID, usual=USUALLY, replicates=100):
    return threshold_curve(labels, said, usual, clusters, np.array(thresholds), replicates, 1)


def test_a_threshold_is_reached_by_what_equals_it():
    (found,) = curve(0.7)
    assert (found.contacted, found.positives) == (3, 2)
    assert found.precision[MODEL].value == pytest.approx(2 / 3)
    assert found.recall[MODEL].value == pytest.approx(2 / 3)


def test_the_baseline_has_as_many_and_of_equals_each_in_part():
    (found,) = curve(0.7)
    # The first, and two of three equals of whom two are positive.
    assert found.precision[USUAL].value == pytest.approx((1 + 2 * 2 / 3) / 3)
    assert found.recall[USUAL].value == pytest.approx((1 + 2 * 2 / 3) / 3)


def test_where_nobody_reaches_it_there_is_nothing_to_measure():
    reached, out_of_reach = curve(0.05, 0.95)
    assert reached.recall[MODEL].value == reached.recall[USUAL].value == 1.0
    assert out_of_reach.contacted == 0
    assert set(out_of_reach.precision.values()) == set(out_of_reach.recall.values()) == {None}


def test_intervals_are_those_of_clusters_drawn_whole():
    generator = np.random.default_rng(5)
    clusters = np.repeat(np.arange(40), 5)
    said = generator.uniform(size=200)
    labels = (generator.uniform(size=200) < said).astype(np.int64)
    (found,) = curve(0.6, labels=labels, clusters=clusters, said=said, usual=said, replicates=300)
    drawn = np.random.default_rng(1)
    precisions = []
    for _ in range(300):
        rows = np.concatenate([np.flatnonzero(clusters == one) for one in drawn.integers(0, 40, size=40)])
        precisions.append(labels[rows][said[rows] >= 0.6].mean())
    low, high = np.percentile(precisions, (2.5, 97.5))
    assert (found.precision[MODEL].low, found.precision[MODEL].high) == (pytest.approx(low), pytest.approx(high))
    assert found.precision[USUAL] == found.precision[MODEL]
