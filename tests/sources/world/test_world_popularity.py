"""The oracle of hits, against the popularities it describes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.world.artists import artist_blocks
from sources.world.popularity import observed_popularity, probability_at_least
from sources.world.settings import WorldSettings
from sources.world.tracks import tracks_of


@given(st.floats(-40, 140), st.floats(1, 20), st.integers(0, 110))
def test_chances_fall_with_the_threshold_and_end_at_a_hundred(mean: float, spread: float, threshold: int):
    here, higher = (
        probability_at_least(np.array([mean]), np.array([spread]), k)[0] for k in (threshold, threshold + 1)
    )
    assert 0 <= higher <= here <= 1
    assert threshold > 0 or here == 1
    assert threshold <= 100 or here == 0


@pytest.mark.parametrize("threshold", [1, 59.5, 60, 80, 100])
def test_the_closed_form_is_what_drawing_gives(threshold: float):
    random, size = np.random.default_rng(0), 200_000
    for mean, spread in ((40.0, 10.0), (75.0, 12.0), (99.0, 10.0)):
        drawn = observed_popularity(mean + spread * random.standard_normal(size)) >= threshold
        told = probability_at_least(np.array([mean]), np.array([spread]), threshold)[0]
        assert drawn.mean() == pytest.approx(told, abs=4 * np.sqrt(0.25 / size))


@pytest.mark.parametrize("threshold", [60, 80])
def test_the_oracle_is_calibrated_on_the_tracks(threshold: int):
    settings = WorldSettings()
    blocks = [tracks_of(settings, artists) for artists in artist_blocks(settings)]
    chance = np.concatenate([probability_at_least(each.mean, each.spread, threshold) for each in blocks])
    hit = np.concatenate([each.popularity >= threshold for each in blocks])
    for low, high in ((0, 0.02), (0.02, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0)):
        here = (chance >= low) & (chance < high)
        deviation = np.sqrt((chance[here] * (1 - chance[here])).sum())
        assert abs(hit[here].sum() - chance[here].sum()) < 4 * deviation + 1


def test_about_a_fifth_are_hits():
    settings = WorldSettings()
    popularity = np.concatenate([tracks_of(settings, artists).popularity for artists in artist_blocks(settings)])
    assert 0.18 < (popularity >= 60).mean() < 0.27
