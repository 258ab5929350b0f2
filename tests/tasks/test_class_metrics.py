"""The metrics of classes against scikit-learn's and plain loops, and their bootstrap against resampling rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, log_loss

from tasks.bootstrap import cluster_replicates, resamples
from tasks.class_metrics import ClassSums


def sample(seed, rows=300, classes=4):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(classes, 0.7), rows)
    labels = np.array([generator.choice(classes, p=row) for row in probabilities])
    chosen = (probabilities * generator.uniform(0.5, 2.0, classes)).argmax(axis=1)
    return labels, np.column_stack([probabilities, chosen]), generator.integers(0, 20, rows)


def slow_calibration_error(labels, answers):
    classes = answers.shape[1] - 1
    total = 0.0
    for place in range(classes):
        rows = sorted(zip(answers[:, place], labels == place, strict=True), key=lambda row: -row[0])
        size = len(rows) / max(1, min(10, len(rows) // 100))
        bins = {}
        for rank, (probability, came) in enumerate(rows):
            bins.setdefault(int(rank / size), []).append(probability - came)
        total += sum(abs(sum(apart)) for apart in bins.values()) / len(rows)
    return total / classes


@given(st.integers(0, 10_000), st.integers(5, 400))
@settings(max_examples=40, deadline=None)
def test_agrees_with_others(seed, rows):
    labels, answers, _ = sample(seed, rows)
    found = {name: float(value[0]) for name, value in ClassSums(labels, answers).metrics().items()}
    chosen = answers[:, -1].astype(int)
    assert found["macro_f1"] == pytest.approx(f1_score(labels, chosen, labels=np.unique(labels), average="macro"))
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, chosen))
    assert found["log_loss"] == pytest.approx(log_loss(labels, answers[:, :-1], labels=range(4)), rel=1e-6)
    assert found["calibration_error"] == pytest.approx(slow_calibration_error(labels, answers), abs=1e-9)
    brier = sum(((row[:-1] - np.eye(4)[label]) ** 2).sum() for row, label in zip(answers, labels, strict=True))
    assert found["brier"] == pytest.approx(brier / rows)


def test_a_replicate_is_the_metric_of_the_rows_it_draws():
    labels, answers, clusters = sample(3, rows=90)
    found = cluster_replicates({"model": ClassSums(labels, answers)}, clusters, 15, seed=2)["model"]
    for replicate, weight in enumerate(np.concatenate(list(resamples(clusters, 15, 2)))):
        rows = np.repeat(np.arange(len(labels)), weight.astype(np.int64))
        again = ClassSums(labels[rows], answers[rows]).metrics()
        for name in ("macro_f1", "accuracy", "log_loss", "brier"):
            assert found[name][replicate] == pytest.approx(again[name][0]), name
