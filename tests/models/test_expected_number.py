"""The number of positives among rows, and how often its intervals hold what comes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.expected_number import COLUMNS, ExpectedNumber
from models.storage import load_estimator, save_estimator


def weeks(count: int, shared: float, seed: int, rows: int = 400) -> tuple[Any, Any, Any]:
    """Probabilities, labels and weeks; in each week all probabilities are off by one factor of that spread."""
    generator = np.random.default_rng(seed)
    said = generator.beta(1, 8, count * rows)
    groups = np.repeat(np.arange(count), rows)
    factor = 1 + shared * generator.normal(size=count)
    return said, (generator.random(len(said)) < np.clip(said * factor[groups], 0, 1)).astype(int), groups


@pytest.mark.parametrize("shared", [0.0, 0.3])
@pytest.mark.parametrize("count", [4, 40])
def test_intervals_hold_at_least_what_they_promise_and_not_much_more(shared: float, count: int) -> None:
    inside = []
    for seed in range(150):
        model = ExpectedNumber().fit(*weeks(count, shared, seed))
        said, labels, groups = weeks(10, shared, seed + 1000)
        for group in range(10):
            rows = groups == group
            _, low_80, high_80, low_95, high_95 = model.answer(said[rows])
            number = labels[rows].sum()
            inside.append([low_80 <= number <= high_80, low_95 <= number <= high_95])
    share_80, share_95 = np.mean(inside, axis=0)
    assert 0.78 <= share_80 <= 0.95
    assert share_95 >= 0.93


def test_without_anything_shared_it_is_the_spread_of_coins() -> None:
    said, labels, groups = weeks(200, 0.0, 1)
    model = ExpectedNumber().fit(said, labels, groups)
    assert model.shared_ < 0.07
    number, low_80, high_80, *_ = model.answer(said)
    assert number == pytest.approx(said.sum())
    assert high_80 - low_80 >= 2 * 1.28 * np.sqrt((said * (1 - said)).sum())


def test_what_is_shared_is_found_and_does_not_average_out() -> None:
    said, labels, groups = weeks(300, 0.3, 2)
    model = ExpectedNumber().fit(said, labels, groups)
    assert model.shared_ == pytest.approx(0.3, abs=0.05)
    few, many = model.answer(said[:400]), model.answer(said)
    assert (many[4] - many[3]) / many[0] > 0.5 * (few[4] - few[3]) / few[0]


def test_weeks_that_share_days_count_for_fewer() -> None:
    data = weeks(6, 0.2, 3)
    alone, sharing = ExpectedNumber().fit(*data).answer(data[0]), ExpectedNumber(overlap=3).fit(*data).answer(data[0])
    assert sharing[4] - sharing[3] > alone[4] - alone[3]


def test_an_interval_lies_between_nobody_and_everybody(tmp_path: Path) -> None:
    model = ExpectedNumber().fit(np.array([0.5, 0.5]), np.array([1, 1]), np.array([0, 0]))
    save_estimator(model, tmp_path / "number")
    for count in (0, 1, 3):
        said = load_estimator(tmp_path / "number").answer(np.full(count, 0.9))
        assert dict(zip(COLUMNS, said, strict=True))["prediction"] == pytest.approx(0.9 * count)
        assert np.all((said >= 0) & (said <= count))
