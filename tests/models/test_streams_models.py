"""What every estimator of streams does with its rows: cleaning, refusal, scale, storage, and what it is worth."""

import numpy as np
import pandas as pd
import pytest

from features.registry import all_targets
from models.families import fit_family
from models.preprocessing import Columns
from models.storage import load_estimator, save_estimator
from models.streams.cleaning import CleanWindow
from models.streams.families import FAMILIES
from models.streams.log_ratio import weighted_median
from models.streams.window import filled_days, interpolated
from refrain.errors import InputError
from refrain.stream_weeks import WEEK, days_back

COLUMNS = {
    days: Columns(all_targets()[f"streams.{name}"].numeric) for days, name in ((7, "one_week"), (21, "three_week"))
}
SMALL = {
    "ridge": {"alpha": 10.0},
    "lasso": {"components": 0.99},
    "forest": {"n_estimators": 25, "max_rows": 900},
    "svm": {"max_rows": 900, "knots": 2},
    "xgboost": {"n_estimators": 60, "max_depth": 3, "min_child_weight": 5},
    "blend": {"n_estimators": 60, "max_depth": 3, "min_child_weight": 5},
}
WEEKEND = np.array([0.9, 0.9, 0.95, 1.0, 1.3, 1.2, 0.8])
"""Monday to Sunday."""


def examples(rows=1200, days=7, seed=0, gaps=0.05):
    """Tracks that fall or rise by a rate of their own which goes on, on Thursdays, Fridays the strongest day."""
    generator = np.random.default_rng(seed)
    rate = generator.normal(-0.01, 0.03, rows)
    level = 10 ** generator.uniform(2, 6, rows)
    weekday = 4
    on = -np.arange(days)
    counts = level[:, None] * np.exp(rate[:, None] * on) * WEEKEND[(weekday - 1 + on) % WEEK]
    counts = np.round(counts * np.exp(generator.normal(0, 0.03, counts.shape)))
    ahead = np.arange(1, 8) + (0 if days == WEEK else 14)
    label = np.round(
        (level[:, None] * np.exp(rate[:, None] * ahead) * WEEKEND[(weekday - 1 + ahead) % WEEK]).sum(axis=1)
    )
    missing = generator.random(counts.shape) < gaps
    missing &= missing.cumsum(axis=1) <= 2
    frame = pd.DataFrame(np.where(missing, np.nan, counts), columns=list(days_back(days)))
    frame["weekday"], frame["catalogue_ratio"] = weekday, 0.95
    frame["days_since_release"] = np.where(generator.random(rows) < 0.3, np.nan, generator.integers(0, 3000, rows))
    return frame, label


def fit(family, days=7, which=FAMILIES.candidates, **settings):
    return fit_family(which[family], COLUMNS[days], {**SMALL.get(family, {}), **settings}, examples(days=days), seed=3)[
        0
    ]


@pytest.fixture(
    scope="module", params=[(family, 7) for family in FAMILIES.candidates] + [("ridge", 21), ("xgboost", 21)]
)
def fitted(request):
    family, days = request.param
    return family, fit(family, days), days


def wape(said, label):
    return np.abs(said - label).sum() / label.sum()


def test_a_candidate_sees_what_the_last_week_does_not(fitted):
    _, model, days = fitted
    frame, label = examples(800, days, seed=1)
    last = fit("last 7 days", days, FAMILIES.baselines)
    assert wape(model.predict(frame), label) < 0.75 * wape(last.predict(frame), label)


def test_doubling_every_day_doubles_the_forecast(fitted):
    _, model, days = fitted
    frame, _ = examples(400, days, seed=2)
    doubled = frame.assign(**{day: frame[day] * 2 for day in days_back(days)})
    ratio = model.predict(doubled) / model.predict(frame)
    assert abs(np.median(ratio) - 2) < 0.04
    assert np.all((ratio > 1.6) & (ratio < 2.5))


def test_forecasts_are_amounts_whatever_the_row(fitted):
    _, model, days = fitted
    frame, _ = examples(50, days, seed=3)
    for odd in (
        frame.assign(**dict.fromkeys(days_back(days), 0)),
        frame.assign(**dict.fromkeys(days_back(days), 1e12)),
        frame[list(days_back(days))],
        frame.assign(catalogue_ratio=0.0, cutoff=np.inf, popularity="?", social_followers=1e9),
    ):
        said = model.predict(odd)
        assert said.shape == (50,)
        assert said.dtype == np.float64
        assert np.all(np.isfinite(said) & (said >= 0))


def test_fitted_twice_and_stored_it_is_the_same_to_the_byte(fitted, tmp_path):
    family, model, days = fitted
    save_estimator(model, tmp_path / "one.skops")
    save_estimator(fit(family, days), tmp_path / "two.skops")
    assert (tmp_path / "one.skops").read_bytes() == (tmp_path / "two.skops").read_bytes()
    frame, _ = examples(100, days, seed=4)
    assert np.array_equal(load_estimator(tmp_path / "one.skops").predict(frame), model.predict(frame))


def test_a_row_is_answered_alike_alone_and_among_others_and_stays_as_it_is(fitted):
    _, model, days = fitted
    frame, _ = examples(30, days, seed=5)
    before = frame.copy(deep=True)
    together = model.predict(frame.iloc[::-1])[::-1]
    assert np.allclose(together, [model.predict(frame.iloc[[row]])[0] for row in range(30)], rtol=1e-9)
    pd.testing.assert_frame_equal(frame, before)


def test_missing_days_are_filled_with_what_their_weekday_usually_is_and_counted():
    window = CleanWindow().fit(examples(gaps=0.0)[0])
    frame, _ = examples(300, gaps=0.0, seed=6)
    gap = frame.assign(day_2=np.nan, day_6=np.nan)
    filled = window.complete(gap)
    assert np.median(np.abs(filled[:, 2] / frame["day_2"] - 1)) < 0.04
    assert np.median(np.abs(filled[:, 6] / frame["day_6"] - 1)) < 0.06, "a Friday, filled from a Saturday"
    assert np.array_equal(filled[:, [0, 1, 3, 4, 5]], gap[["day_0", "day_1", "day_3", "day_4", "day_5"]])
    assert set(filled_days(gap, 7)) == {2}
    assert set(window.transform(gap)["filled"]) == {2.0}
    assert set(filled_days(frame, 7)) == {0}


def test_gaps_are_filled_in_a_straight_line_and_carried_on_at_the_ends():
    nan = np.nan
    found = interpolated(np.array([[nan, 1.0, nan, nan, 4.0, nan], [2.0, nan, nan, nan, nan, 12.0], [nan] * 6]))
    assert found[:2] == pytest.approx(np.array([[1, 1, 2, 3, 4, 4], [2, 4, 6, 8, 10, 12]]))
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize("family", ["ridge", "last 7 days", "day-of-week naive"])
def test_a_window_with_too_few_days_is_refused_by_name(family):
    which = FAMILIES.candidates if family in FAMILIES.candidates else FAMILIES.baselines
    model = fit(family, which=which, min_share=0.7)
    frame, _ = examples(4, gaps=0.0, seed=7)
    frame = frame.set_axis(["a", "b", "c", "d"])
    assert np.all(np.isfinite(model.predict(frame.assign(day_1=None, day_4=None))))
    frame.loc["c", ["day_1", "day_2", "day_4"]] = np.nan
    with pytest.raises(InputError, match="needs at least 5 known ones: row c has 4"):
        model.predict(frame)


def test_a_negative_count_is_refused_with_its_place():
    frame, _ = examples(3, gaps=0.0)
    frame.loc[1, "day_3"] = -7
    with pytest.raises(InputError, match="Row 1: day_3 is -7"):
        fit("ridge").predict(frame)


def test_the_baselines_say_what_their_names_say():
    frame = pd.DataFrame({day: [float(back + 1)] for back, day in enumerate(days_back(21))}).assign(weekday=4)
    one, three = frame[[*days_back(7), "weekday"]], frame
    named = FAMILIES.baselines
    assert fit("last 7 days", 7, named).predict(one)[0] == sum(range(1, 8))
    assert fit("last 7 days", 21, named).predict(three)[0] == sum(range(1, 8))
    ratio = fit("last 7 days x catalogue ratio", 7, named)
    assert ratio.predict(one.assign(catalogue_ratio=0.5))[0] == 14
    assert ratio.predict(one)[0] == 28, "a ratio that is not known is 1"
    assert fit("day-of-week naive", 7, named).predict(one)[0] == 28
    assert fit("day-of-week naive", 21, named).predict(three)[0] == sum(range(8, 15))
    assert fit("day-of-week naive", 21, named).predict(three.assign(day_0=np.nan))[0] == sum(range(8, 15)) + 3.5


def test_what_the_catalogue_and_socials_say_can_be_left_out():
    frame, label = examples(500, seed=8)
    frame = frame.assign(social_posts_growth_7d=label / frame[list(days_back(7))].sum(axis=1))
    taught = {
        socials: fit_family(FAMILIES.candidates["ridge"], COLUMNS[7], {"socials": socials}, (frame, label), seed=0)[0]
        for socials in (True, False)
    }
    other = frame.assign(social_posts_growth_7d=1.0)
    assert not np.allclose(taught[True].predict(frame), taught[True].predict(other))
    assert np.array_equal(taught[False].predict(frame), taught[False].predict(other))
    track = fit("ridge", context="track")
    assert np.array_equal(track.predict(frame), track.predict(frame.assign(catalogue_ratio=2.0)))


def test_boosting_stops_on_the_rows_it_is_given_and_can_be_fitted_again_with_what_it_found():
    settings = {"n_estimators": 400, "learning_rate": 0.3, "max_depth": 4, "min_child_weight": 1}
    noise = np.random.default_rng(1).lognormal(0, 0.5, (2, 400))
    learn, stop = (
        (frame, label * of_rows)
        for (frame, label), of_rows in zip((examples(400), examples(400, seed=9)), noise, strict=True)
    )
    family = FAMILIES.candidates["xgboost"]
    model, found = fit_family(family, COLUMNS[7], settings, learn, seed=3, stop_on=stop)
    assert found["n_estimators"] < 300
    again, _ = fit_family(family, COLUMNS[7], found, learn, seed=3)
    frame, _ = examples(200, seed=10)
    assert np.allclose(again.predict(frame), model.predict(frame))


def test_a_blend_lies_between_the_two_that_it_is_made_of():
    frame, _ = examples(100, seed=11)
    model = fit("blend")
    apart = np.array([each.predict(frame) for each in model.models])
    said = model.predict(frame)
    assert np.all((said >= apart.min(axis=0) - 1e-6) & (said <= apart.max(axis=0) + 1e-6))
    assert not np.allclose(*apart)
    assert np.array_equal(model.filled(frame), filled_days(frame, 7))


def test_the_factor_that_remains_is_the_one_that_wape_wants():
    generator = np.random.default_rng(0)
    predicted = generator.lognormal(5, 1, 501)
    y = predicted * generator.lognormal(0.2, 0.6, 501)
    best = weighted_median(y, predicted)
    losses = [np.abs(y - factor * predicted).sum() for factor in (best * 0.99, best, best * 1.01)]
    assert losses[1] == min(losses)
    assert weighted_median(y, np.zeros(501)) == 1.0
