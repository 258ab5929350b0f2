"""What segments and trees learn of catalogues whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from catalogues import decaying, long_form

from models.decay.baselines import Flat, LogLinear, SeasonalNaive
from models.decay.boosted import BoostedDecay
from models.decay.censoring import hidden_labels
from models.decay.histories import Histories
from models.decay.segments import SegmentedDecay
from models.decay.shrinkage import trust, variances
from models.decay.track_shapes import slope_of
from refrain.track_months import BACK, CUTOFF, MONTH_AHEAD, SEASON_FROM, WEEKS


def wape(said, truth):
    return np.abs(said - truth).sum() / truth.sum()


@pytest.mark.parametrize("rate", [-0.03, 0.02, 0.15])
def test_the_rate_of_a_catalogue_is_found_again_also_where_it_grows(rate):
    history, truth = decaying(200, rate=rate)
    later, later_truth = decaying(200, rate=rate, seed=9)
    said = SegmentedDecay().fit(*long_form(history, truth)).curves(later, 24)
    assert wape(said, later_truth) < 0.05
    assert wape(said, later_truth) < 0.5 * wape(Flat().curves(later, 24), later_truth)


def test_a_yearly_season_is_found_again():
    history, truth = decaying(400, rate=0.03, season=0.4)
    later, later_truth = decaying(200, rate=0.03, season=0.4, seed=9)
    said = SegmentedDecay().fit(*long_form(history, truth)).curves(later, 24)
    assert wape(said, later_truth) < 0.12
    assert wape(said, later_truth) < 0.5 * wape(LogLinear().curves(later, 24), later_truth)


def test_tracks_go_their_own_ways_if_their_history_says_so():
    one_year = dict.fromkeys(BACK[12:], np.nan)
    history, truth = decaying(500, rate=0.0, spread=0.03)
    later, later_truth = decaying(300, rate=0.0, spread=0.03, seed=9)
    model = SegmentedDecay().fit(*long_form(history.assign(**one_year), truth))
    told = model.curves(later.assign(**one_year), 12)
    untold = model.curves(later.assign(**dict.fromkeys(BACK[1:], np.nan)), 12)
    assert wape(told, later_truth[:, :12]) < 0.3 * wape(untold, later_truth[:, :12])


def test_little_history_is_drawn_to_the_catalogue():
    months = np.full((3, 12), np.nan)
    months[0, :3], months[1, :12] = np.arange(3) * 0.1, np.arange(12) * 0.1
    slope = slope_of(months)
    trusted = trust(slope, noise=0.01, between=0.001)
    assert trusted[2] == 0 < trusted[0] < trusted[1] < 1


def test_variances_between_and_within_tracks_are_told_apart():
    rng = np.random.default_rng(0)
    rates = 0.05 + 0.03 * rng.normal(size=4000)
    logs = rates[:, None] * np.arange(12) + 0.1 * rng.normal(size=(4000, 12))
    noise, between = variances(slope_of(logs), np.full(4000, 0.05))
    assert noise**0.5 == pytest.approx(0.1, rel=0.1)
    assert between**0.5 == pytest.approx(0.03, rel=0.1)


def test_power_laws_are_told_from_exponentials():
    history, _ = decaying(300, rate=0.0)
    level = history[BACK[0]].to_numpy()
    truth = level[:, None] * (1 + np.arange(1, 25) / 6.0) ** -0.8
    said = SegmentedDecay().fit(*long_form(history, truth)).curves(history, 96)
    expected = level * (1 + 96 / 6.0) ** -0.8
    assert np.median(said[:, -1] / expected) == pytest.approx(1, rel=0.35)  # an exponential tail says a tenth of it
    assert wape(said[:, :24], truth) < 0.03


def test_trees_find_what_a_line_cannot():
    history, truth = decaying(600, rate=0.05, noise=0.02)
    odd = (history[SEASON_FROM].to_numpy() // 30 % 2 == 0)[:, None]
    rows, labels = long_form(history, np.where(odd, truth * 0.5, truth))
    trees = BoostedDecay(rounds=80, min_child_weight=5.0).fit(rows, labels).predict(rows)
    assert wape(trees, labels) < 0.7 * wape(SegmentedDecay().fit(rows, labels).predict(rows), labels)


def test_half_of_the_way_to_the_trees_is_the_geometric_mean():
    history, truth = decaying(150, rate=0.05)
    rows, labels = long_form(history, truth)
    none, half, whole = (
        BoostedDecay(rounds=20, share=share).fit(rows, labels).curves(history, 12) for share in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(half, np.sqrt(none * whole), rtol=1e-9)
    np.testing.assert_allclose(none, SegmentedDecay().fit(rows, labels).curves(history, 12), rtol=1e-9)


def charted(tracks=300):
    """A chart's rows: what falls below the cutoff is hidden and labelled with it."""
    history, truth = decaying(tracks, rate=0.12, months=12)
    history[CUTOFF], history[SEASON_FROM] = 4000.0, 100.0
    history = history[history[BACK[0]] > 4000.0]
    return history, truth[history.index]


def test_the_labels_that_a_chart_hides_are_those_at_its_cutoff():
    history, truth = charted()
    rows, labels = long_form(history, np.maximum(truth, 4000.0))
    assert np.array_equal(hidden_labels(rows, labels), truth.T.ravel() < 4000.0)
    assert not hidden_labels(rows.assign(**{CUTOFF: np.nan}), labels).any()


def test_a_hidden_month_is_not_taken_for_the_cutoff():
    history, truth = charted()
    said = SegmentedDecay().fit(*long_form(history, np.maximum(truth, 4000.0))).curves(history, 12)[:, -1]
    fallen = truth[:, -1] < 3000.0
    assert (said[fallen] < 4000.0).mean() > 0.9


def test_the_last_month_and_the_level_of_a_new_track_come_from_its_weeks():
    frame = pd.DataFrame({WEEKS[0]: [700.0, np.nan], WEEKS[1]: [1400.0, np.nan], "artist_level": [np.nan, 900.0]})
    histories = Histories(frame)
    assert histories.last_month.tolist() == [4500.0, 900.0]
    assert histories.level.tolist() == pytest.approx([(0.4 * 700 + 0.3 * 1400) / 0.7 * 30 / 7, 900.0])


def test_a_week_out_of_the_chart_counts_as_its_cutoff():
    frame = pd.DataFrame({WEEKS[0]: [np.nan], WEEKS[1]: [1400.0], WEEKS[2]: [1400.0], WEEKS[3]: [1400.0]})
    assert Histories(frame.assign(**{CUTOFF: 3000.0})).last_month[0] == pytest.approx((700 + 3 * 1400) / 4 * 30 / 7)


def test_the_seasonal_naive_repeats_the_last_year():
    history, _ = decaying(5, rate=0.05)
    history[list(BACK)] = np.arange(24.0, 0.0, -1.0)
    said = SeasonalNaive().curves(history, 14)
    assert said[0].tolist() == [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 13, 14]


def test_the_log_line_is_drawn_on():
    history, truth = decaying(50, rate=0.07, noise=0.0)
    long_known = history[BACK[11]].notna().to_numpy()
    said = LogLinear().curves(history[long_known], 24)
    np.testing.assert_allclose(said, truth[long_known], rtol=1e-9)


def test_rows_beyond_the_most_are_left_out_in_the_same_way_each_time():
    history, truth = decaying(100, rate=0.05)
    rows, labels = long_form(history, truth)
    few = [SegmentedDecay(max_rows=500).fit(rows, labels).coefficients_ for _ in range(2)]
    assert np.array_equal(*few)
    assert not np.array_equal(few[0], SegmentedDecay().fit(rows, labels).coefficients_)
    assert MONTH_AHEAD in rows
