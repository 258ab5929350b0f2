"""The movement of a chart's market: taken out of what is learned from, and drawn anew."""

import numpy as np
import pandas as pd
import pytest
from catalogues import decaying, long_form

from models.decay.market import market_shifts
from models.decay.segments import SegmentedDecay
from refrain.track_months import BACK, CUTOFF, MONTH_AHEAD, SEASON_FROM

YEARLY = 0.3


def chart(origins=40, tracks=40, seed=0):
    """Tracks of a chart looked at many times, while its market grows: (rows, labels, hidden, growth of each label)."""
    parts = []
    for origin in range(origins):
        history, truth = decaying(tracks, rate=0.1, months=12, seed=seed + origin)
        history = history.assign(**{CUTOFF: 4000.0 + origin, SEASON_FROM: float(origin + 1)})
        kept = (history[BACK[0]] > 4000.0 + origin).to_numpy()
        rows, labels = long_form(history[kept], truth[kept])
        grown = YEARLY * rows[MONTH_AHEAD].to_numpy() * 30 / 365
        cutoff = rows[CUTOFF].to_numpy()
        parts.append((rows, np.maximum(labels, cutoff) * np.exp(grown), labels < cutoff, grown))
    rows, *others = zip(*parts, strict=True)
    return pd.concat(rows, ignore_index=True), *(np.concatenate(each) for each in others)


def test_the_movement_is_taken_out_but_for_the_share_that_is_kept():
    rows, labels, hidden, grown = chart()
    for drift in (0.0, 0.5, 1.0):
        shifts = market_shifts(rows, labels, hidden, drift=drift, shock=0.0, seed=0)
        moved = shifts != 0.0 if drift < 1 else np.ones(len(rows), dtype=bool)
        assert moved.mean() > 0.5
        assert shifts[moved] == pytest.approx((drift - 1.0) * grown[moved], abs=1e-6)


def test_all_tracks_of_an_origin_and_month_move_together():
    rows, labels, hidden, _ = chart()
    noisy = labels * np.exp(0.1 * np.sin(7.0 * rows[CUTOFF].to_numpy()))
    shifts = pd.Series(market_shifts(rows, noisy, hidden, drift=0.5, shock=1.0, seed=0))
    groups = shifts.groupby([rows[CUTOFF], rows[MONTH_AHEAD]])
    assert (groups.nunique() == 1).all()
    assert groups.first().nunique() > 100


def test_a_source_that_lists_all_has_no_such_movement():
    rows, labels, _, _ = chart(origins=3)
    assert not market_shifts(rows, labels, np.zeros(len(rows), dtype=bool), drift=0.0, shock=1.0, seed=0).any()


def test_a_model_does_not_count_on_the_market_to_grow_as_it_did():
    rows, labels, _, _ = chart()
    now, _ = decaying(100, rate=0.1, seed=99)
    now = now.assign(**{CUTOFF: 4000.0, SEASON_FROM: 5.0})[(now[BACK[0]] > 20_000.0)]
    trusting, doubting = (
        SegmentedDecay(drift=drift, shock=0.0).fit(rows, labels).curves(now, 12)[:, -1] for drift in (1.0, 0.0)
    )
    assert np.median(np.log(trusting / doubting)) == pytest.approx(YEARLY * 360 / 365, abs=0.05)
