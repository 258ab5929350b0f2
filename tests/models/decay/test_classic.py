"""The classic rule, against itself written out with loops."""

import numpy as np
import pandas as pd
import pytest
from catalogues import decaying
from slow_classic import forecast

from models.decay.classic import ClassicDecay
from models.decay.least_squares import decay_rates
from refrain.track_months import AGE, HISTORY, MLDR, S30, S90, S365

MONTHS = 60


def any_tracks(count, seed):
    """Histories that rise, fall and stand still, of any age, half of them without an MLDR."""
    rng = np.random.default_rng(seed)
    s30 = rng.lognormal(8, 2, count)
    s90 = s30 * (1 + 2 * rng.lognormal(0.1, 0.5, count))
    s365 = s90 + 9 * s30 * rng.lognormal(0.3, 0.8, count)
    frame = pd.DataFrame({AGE: rng.integers(0, 4000, count), S30: s30, S90: s90, S365: s365})
    frame[MLDR] = np.where(rng.random(count) < 0.5, rng.uniform(-0.05, 0.2, count), np.nan)
    return frame.reindex(columns=list(HISTORY)).astype(float)


def test_the_rule_equals_its_slow_twin():
    tracks = any_tracks(300, seed=1)
    said = ClassicDecay().fit(tracks, np.zeros(len(tracks))).curves(tracks, MONTHS)
    for number, row in enumerate(tracks.itertuples()):
        mldr = None if np.isnan(row.mldr) else row.mldr
        slow = forecast(row.age_days, row.s30, row.s90, row.s365, mldr, MONTHS)
        np.testing.assert_allclose(said[number], slow, rtol=1e-9)


def test_tracks_without_an_mldr_are_told():
    tracks = any_tracks(50, seed=2)
    assert np.array_equal(ClassicDecay().without_mldr(tracks), tracks[MLDR].isna())


def test_a_segment_is_that_of_the_age_the_month_ahead_has():
    tracks = any_tracks(3, seed=3).assign(**{AGE: [0.0, 59.0, 47 * 30.0]})
    assert ClassicDecay().segments(tracks, 3).tolist() == [[1, 1, 3], [1, 3, 3], [48, 48, 48]]


def test_a_falling_artist_speeds_the_decay_up_and_a_steady_one_never_slows_it():
    tracks = any_tracks(40, seed=4)
    model = ClassicDecay()
    without = model.curves(tracks.assign(mldr=np.nan), 12)[:, -1]
    assert np.all(model.curves(tracks.assign(mldr=0.3), 12)[:, -1] <= without)
    assert np.any(model.curves(tracks.assign(mldr=0.3), 12)[:, -1] < 0.9 * without)
    assert np.array_equal(model.curves(tracks.assign(mldr=-0.3), 12)[:, -1], without)


@pytest.mark.parametrize("rate", [0.0, 0.003, 0.2, 1.5])
def test_an_exponential_is_found_again(rate):
    times = np.array([[0.0, 9.0, 11.0], [30.0, 39.0, 41.0]])
    assert decay_rates(times, 5000 * np.exp(-rate * (times - times[:, :1]))) == pytest.approx([rate, rate], abs=1e-9)


def test_growth_has_no_decay_rate_and_one_point_says_nothing():
    times = np.array([[0.0, 9.0, 11.0]] * 2)
    assert decay_rates(times, np.array([[1.0, 2.0, 3.0], [np.nan, np.nan, 3.0]])).tolist() == [0.0, 0.0]


def test_months_stand_in_where_the_sums_are_not_known():
    tracks, _ = decaying(30, rate=0.2)
    tracks = tracks[tracks[AGE] > 400]
    sums = ClassicDecay().curves(tracks, 12)
    months = ClassicDecay().curves(tracks.assign(s90=np.nan, s365=np.nan), 12)
    assert months == pytest.approx(sums, rel=0.1)
