"""Conformal intervals: that they cover what they promise, in every part, on the original scale."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.amounts import ColumnAmount
from models.conformal_model import ConformalModel, with_bounds
from models.intervals import PREDICTION, SMALLEST_PART, RelativeConformal, part_of
from models.storage import load_estimator, save_estimator

CUTS = (("age", PREDICTION), ((90.0,), (100.0, 1000.0)))


def rows(count, seed):
    """Amounts around what is predicted: ten times as uncertain for the young, and more so for the small."""
    generator = np.random.default_rng(seed)
    predicted = generator.lognormal(6, 1.5, count)
    age = np.where(generator.random(count) < 0.1, np.nan, generator.uniform(0, 400, count))
    spread = np.where(age < 90, 0.6, 0.06) * np.where(predicted < 100, 2, 1)
    y = predicted * np.exp(spread * generator.standard_normal(count))
    return predicted, y, pd.DataFrame({"age": age})


def coverage(answer, y):
    return [np.mean((y >= answer[:, low]) & (y <= answer[:, low + 1])) for low in (1, 3)]


def test_covers_what_it_promises_in_every_part():
    calibrator = RelativeConformal(*CUTS).fit(*rows(20_000, 0))
    predicted, y, frame = rows(40_000, 1)
    answer = with_bounds(calibrator, predicted, frame)
    digits = calibrator.digits(predicted, frame)
    for part in np.unique(digits, axis=1).T:
        inside = np.all(digits == part[:, None], axis=0)
        assert coverage(answer[inside], y[inside]) == pytest.approx([0.8, 0.95], abs=0.035), part


def test_one_width_for_all_would_not_cover_the_young():
    calibrator = RelativeConformal().fit(*rows(20_000, 0))
    predicted, y, frame = rows(40_000, 1)
    young = (frame["age"] < 90).to_numpy()
    assert coverage(with_bounds(calibrator, predicted, frame)[young], y[young])[0] < 0.7


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=60), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_bounds_are_nested_hold_the_prediction_and_are_never_negative(amounts, seed):
    predicted = np.array(amounts)
    y = predicted * np.random.default_rng(seed).uniform(0, 3, len(predicted))
    calibrator = RelativeConformal((PREDICTION,), ((10.0, 1e5),)).fit(predicted, y, pd.DataFrame(index=range(len(y))))
    at, low_80, high_80, low_95, high_95 = with_bounds(calibrator, predicted, pd.DataFrame(index=range(len(y)))).T
    assert np.all((low_95 >= 0) & (low_95 <= low_80) & (low_80 <= at) & (at <= high_80) & (high_80 <= high_95))


def ageing_rows(count, seed, oldest=400.0):
    """Amounts that become the easier to predict the older a track is."""
    generator = np.random.default_rng(seed)
    predicted, age = generator.lognormal(6, 1.5, count), generator.uniform(0, oldest, count)
    y = predicted * np.exp((1 + age) ** -0.5 * generator.standard_normal(count))
    return predicted, y, pd.DataFrame({"age": age})


def test_a_kind_of_rows_too_few_for_quantiles_of_their_own_is_covered_all_the_same():
    predicted, y, frame = ageing_rows(2000, 0)
    assert (frame["age"] < 20).sum() < SMALLEST_PART
    calibrator = RelativeConformal(("age",), ((20.0,),)).fit(predicted, y, frame)
    predicted, y, frame = ageing_rows(4000, 1, oldest=20)
    assert coverage(with_bounds(calibrator, predicted, frame), y)[0] > 0.65
    alike = RelativeConformal().fit(*ageing_rows(2000, 0))
    assert coverage(with_bounds(alike, predicted, frame), y)[0] < 0.4


def test_parts_are_nested_and_one_with_few_rows_takes_the_quantiles_of_the_part_around_it():
    generator = np.random.default_rng(0)
    size = np.concatenate([np.full(2000, 1.0), np.full(2000, 5.0), np.full(SMALLEST_PART - 1, 7.0)])
    predicted = np.full(len(size), 1000.0)
    y = predicted * (1 + 0.1 * generator.standard_exponential(len(size)) * np.where(size < 2, -1, 1))
    frame = pd.DataFrame({"size": size})
    said = with_bounds(
        RelativeConformal(("size",), ((2.0, 6.0),)).fit(predicted, y, frame),
        np.full(3, 1000.0),
        frame.iloc[[0, -300, -1]],
    )
    assert said[0, 2] == said[1, 1] == 1000.0, "errors of one side only"
    assert said[2, 1] < 1000 < said[2, 2], "those of both"


def test_the_quantiles_are_those_of_split_conformal_prediction():
    errors = np.arange(1, 100) / 100.0 - 0.5
    calibrator = RelativeConformal().fit(np.full(99, 1e6), 1e6 * (1 + 2 * errors), pd.DataFrame(index=range(99)))
    at, *bounds = with_bounds(calibrator, np.array([1e6]), pd.DataFrame(index=range(1)))[0]
    # Of 99 errors in order the 10th and the 90th leave ten of a hundred out on each side; 2.5 is rounded outwards.
    expected = [1e6 + 2e6 * errors[place] for place in (9, 89, 1, 97)]
    assert at == 1e6
    assert bounds == pytest.approx([max(value, 0.0) for value in expected])


def test_an_absent_column_is_one_without_values():
    calibrator = RelativeConformal(*CUTS).fit(*rows(5000, 0))
    predicted, _, frame = rows(50, 1)
    nothing = with_bounds(calibrator, predicted, frame.assign(age=np.nan))
    np.testing.assert_array_equal(with_bounds(calibrator, predicted, frame.drop(columns="age")), nothing)


def test_parts_are_cut_at_their_edges_and_missing_values_are_one():
    assert part_of(np.array([-1.0, 0.0, 1.0, 5.0, np.nan]), (0.0, 5.0)).tolist() == [0, 1, 1, 2, 3]


class Halving(ColumnAmount):
    """A track's level, halved each month."""

    def predict(self, X):  # noqa: N803
        return X["level"].to_numpy() * 0.5 ** X["month_ahead"].to_numpy()

    def curves(self, tracks, months):
        return tracks["level"].to_numpy()[:, None] * 0.5 ** np.arange(1, months + 1)


def long_rows(seed, tracks=900, months=6):
    generator = np.random.default_rng(seed)
    level = np.repeat(generator.lognormal(8, 1, tracks), months)
    month = np.tile(np.arange(1.0, months + 1), tracks)
    frame = pd.DataFrame({"level": level, "month_ahead": month})
    walk = np.cumsum(0.1 * generator.standard_normal((tracks, months)), axis=1).ravel()
    return frame, level * 0.5**month * np.exp(walk)


def halving(seed=0):
    frame, y = long_rows(seed)
    cut = (("month_ahead",), (tuple(range(2, 7)),), "month_ahead")
    predicted = Halving().predict(frame)
    sums = [predicted.reshape(-1, 6).cumsum(axis=1).ravel(), y.reshape(-1, 6).cumsum(axis=1).ravel()]
    return ConformalModel(
        Halving(), RelativeConformal(*cut).fit(predicted, y, frame), RelativeConformal(*cut).fit(*sums, frame)
    )


def test_curves_say_what_single_rows_say_and_sums_cover():
    model = halving()
    frame, y = long_rows(1)
    tracks = frame[frame["month_ahead"] == 1].reset_index(drop=True)
    curves = model.curves(tracks, 6)
    np.testing.assert_allclose(curves.reshape(-1, 5), model.predict(frame), rtol=1e-12)
    sums = y.reshape(-1, 6).sum(axis=1)
    totals = model.totals(tracks, 6)
    np.testing.assert_allclose(totals, model.totals(tracks, 6, curves), rtol=1e-12)
    assert coverage(totals, sums) == pytest.approx([0.8, 0.95], abs=0.05)
    added = curves.sum(axis=1)
    assert np.mean(totals[:, 2] - totals[:, 1]) < np.mean(added[:, 2] - added[:, 1])


def test_beyond_what_was_seen_intervals_go_on_widening():
    model = halving()
    curves = model.curves(pd.DataFrame({"level": [1e15]}), 60)[0]
    relative = curves[:, 2] / curves[:, 0]
    assert np.all(np.diff(relative[5:40]) > 0)
    assert relative[23] - 1 == pytest.approx(2 * (relative[5] - 1), rel=0.01)  # a walk of four times the steps


def test_stored_and_loaded_it_says_the_same_and_is_the_same_bytes(tmp_path):
    predicted, y, frame = rows(3000, 0)
    frame["amount"] = predicted
    calibrator = RelativeConformal(*CUTS)
    model = ConformalModel(ColumnAmount("amount").fit(frame, y), calibrator.fit(predicted, y, frame))
    for name in ("one", "two"):
        save_estimator(model, tmp_path / f"{name}.skops")
    assert (tmp_path / "one.skops").read_bytes() == (tmp_path / "two.skops").read_bytes()
    np.testing.assert_array_equal(load_estimator(tmp_path / "one.skops").predict(frame), model.predict(frame))


def test_of_hidden_amounts_upper_bounds_come_from_the_most_and_lower_ones_from_the_least():
    predicted, y, frame = rows(20_000, 0)
    cutoff = 400.0
    hidden = np.column_stack([np.where(y < cutoff, 0.0, y), np.maximum(y, cutoff)])
    calibrator = RelativeConformal(*CUTS).fit(predicted, hidden, frame)
    predicted, y, frame = rows(40_000, 1)
    answer = with_bounds(calibrator, predicted, frame)
    assert np.mean(y > answer[:, 2]) < 0.11, "no more than promised exceed"
    small = predicted < 100
    assert np.mean(answer[small, 1] == 0.0) > 0.9, "of what is hidden nobody knows the least"
    assert coverage(answer, y)[0] >= 0.78
