"""Present values against plain loops, and their intervals on simulated catalogues whose truth is known."""

import math
from typing import Any

import numpy as np
import pytest

from models.valuation import (
    MONTHS_A_YEAR,
    added_up,
    blended_rate,
    common_share,
    discount_factors,
    present_values,
    value_catalogue,
)
from refrain.errors import InputError

Numbers = np.ndarray[Any, Any]
Z80, Z95 = 1.2815515655446004, 1.959963984540054


@pytest.fixture(scope="module")
def forecast() -> tuple[Numbers, Numbers]:
    """Seven tracks, 24 months, one of them without any stream."""
    chance = np.random.default_rng(5)
    curves = 10 ** chance.uniform(2, 5, (7, 1)) * np.exp(-chance.uniform(0, 0.1, (7, 1)) * np.arange(24))
    curves[3] = 0.0
    shape = np.array([1.0, 0.9, 1.2, 0.7, 1.5])
    totals = curves.sum(axis=1)[:, None] * shape
    totals[3, 2], totals[3, 4] = 10.0, 20.0
    return curves[:, :, None] * shape, totals


def test_a_present_value_is_the_discounted_sum_of_a_loop(forecast: tuple[Numbers, Numbers]) -> None:
    curves, totals = forecast
    rates = np.linspace(0.001, 0.005, len(curves))
    found = present_values(curves, totals, rate=rates, yearly_discount=0.08, months_a_year=12.0)
    for track in range(len(curves)):
        value = 0.0
        for month in range(24):
            value += curves[track, month, 0] * rates[track] / 1.08 ** ((month + 1) / 12)
        assert found[track, 0] == pytest.approx(value, rel=1e-12)
        if value:
            assert found[track, 1:] / value == pytest.approx(totals[track, 1:] / totals[track, 0])
    assert 0 < found[3, 2] < 10 * rates[3], "what may come of nothing is worth something, discounted"


def test_a_year_of_months_counts_as_a_year() -> None:
    assert discount_factors(12, 0.21)[-1] == pytest.approx(1 / 1.21)
    thirty = discount_factors(365, 0.1, MONTHS_A_YEAR["30 days"])
    assert thirty[364] == pytest.approx(1.1**-30)
    assert discount_factors(3, 0.0).tolist() == [1.0, 1.0, 1.0]


def test_doubling_the_rate_doubles_the_value_and_discounting_lowers_it(forecast: tuple[Numbers, Numbers]) -> None:
    curves, totals = forecast
    once, twice = (present_values(curves, totals, rate=rate, yearly_discount=0.1) for rate in (0.002, 0.004))
    assert twice == pytest.approx(2 * once)
    assert np.all(present_values(curves, totals, rate=0.002, yearly_discount=0.2)[:, 0] <= once[:, 0])


def test_sums_of_groups_equal_a_loop(forecast: tuple[Numbers, Numbers]) -> None:
    values, groups, rho = forecast[1], np.array([0, 1, 0, 2, 1, 0, 2]), 0.3
    found = added_up(values, groups, rho)
    for group in range(3):
        inside = [value for value, of in zip(values, groups, strict=True) if of == group]
        predicted = sum(value[0] for value in inside)
        assert found[group, 0] == pytest.approx(predicted)
        for column in range(1, 5):
            widths = [abs(value[column] - value[0]) for value in inside]
            width = math.sqrt(rho * sum(widths) ** 2 + (1 - rho) * sum(width**2 for width in widths))
            expected = max(predicted + (width if column in (2, 4) else -width), 0.0)
            assert found[group, column] == pytest.approx(expected)


def test_a_sum_is_as_unsure_as_its_parts_only_if_their_errors_are_one() -> None:
    values = np.tile([100.0, 90.0, 120.0, 80.0, 150.0], (25, 1))
    together = np.zeros(25, dtype=np.int64)
    assert added_up(values, together, 1.0)[0].tolist() == pytest.approx([2500, 2250, 3000, 2000, 3750])
    assert added_up(values, together, 0.0)[0].tolist() == pytest.approx([2500, 2450, 2600, 2400, 2750])


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.4])
def test_the_catalogue_is_inside_its_interval_as_often_as_promised(rho: float) -> None:
    chance = np.random.default_rng(11)
    tracks, origins = 150, 600
    spread = 10 ** chance.uniform(0, 3, tracks)
    common, own = chance.normal(size=(origins, 1)), chance.normal(size=(origins, tracks))
    errors = spread * (math.sqrt(rho) * common + math.sqrt(1 - rho) * own)
    predicted = 20 * spread
    half = np.column_stack([0 * spread, -Z80 * spread, Z80 * spread, -Z95 * spread, Z95 * spread])
    values = predicted[:, None] + half
    tuned, later = errors[:300], errors[300:]
    share = common_share(tuned.ravel(), np.tile(Z80 * spread, 300), np.repeat(np.arange(300), tracks))
    total = added_up(values, np.zeros(tracks, dtype=np.int64), share)[0]
    came = predicted.sum() + later.sum(axis=1)
    inside = [np.mean((came >= total[low]) & (came <= total[high])) for low, high in ((1, 2), (3, 4))]
    assert inside == pytest.approx([0.8, 0.95], abs=0.06)
    assert share == pytest.approx(rho, abs=0.06)
    if rho == 0.4:
        apart = added_up(values, np.zeros(tracks, dtype=np.int64), 0.0)[0]
        assert np.mean((came >= apart[3]) & (came <= apart[4])) < 0.7, "as if errors had nothing in common: too sure"


def test_few_origins_give_the_benefit_of_the_doubt_to_wider_intervals() -> None:
    chance = np.random.default_rng(2)
    found = []
    for _ in range(200):
        errors = math.sqrt(0.1) * chance.normal(size=(4, 1)) + math.sqrt(0.9) * chance.normal(size=(4, 100))
        found.append(common_share(errors.ravel(), np.ones(400), np.repeat(np.arange(4), 100)))
    assert np.mean(np.array(found) >= 0.1) > 0.8
    assert common_share(np.ones(3), np.ones(3), np.arange(3)) == 1.0, "one row an origin tells nothing"
    assert common_share(np.zeros(0), np.zeros(0), np.zeros(0)) == 1.0


def test_a_catalogue_is_its_artists_and_they_are_their_tracks(forecast: tuple[Numbers, Numbers]) -> None:
    artists = np.array([0, 0, 1, 1, 1, 2, 2])
    terms = {"rate": 0.003, "yearly_discount": 0.08, "common_share": 0.2}
    found = value_catalogue(*forecast, artists, **terms)
    assert (found.tracks.shape, found.artists.shape, found.catalogue.shape) == ((7, 5), (3, 5), (5,))
    assert found.artists[:, 0].sum() == pytest.approx(found.catalogue[0])
    assert found.tracks[5:, 0].sum() == pytest.approx(found.artists[2, 0])
    assert np.all(np.diff(found.catalogue[[3, 1, 0, 2, 4]]) > 0)
    nothing = value_catalogue(np.zeros((0, 24, 5)), np.zeros((0, 5)), np.zeros(0, dtype=np.int64), **terms)
    assert nothing.catalogue.tolist() == [0.0] * 5


def test_rates_by_country_are_weighted_by_where_the_streams_come_from() -> None:
    rates = {"US": 0.004, "BR": 0.001, "other": 0.002}
    assert blended_rate(rates, {"US": 3, "BR": 1}) == pytest.approx(0.00325)
    assert blended_rate(rates, {"US": 0.5, "FR": 0.5}) == pytest.approx(0.003)
    with pytest.raises(InputError, match="no royalty rate for FR"):
        blended_rate({"US": 0.004}, {"FR": 1.0})
    with pytest.raises(InputError, match="negative or add up to nothing"):
        blended_rate(rates, {"US": -1.0, "BR": 2.0})


def test_terms_that_mean_nothing_are_refused(forecast: tuple[Numbers, Numbers]) -> None:
    with pytest.raises(InputError, match="royalty rate is negative"):
        present_values(*forecast, rate=-0.1, yearly_discount=0.1)
    with pytest.raises(InputError, match=r"discount rate of -1\.0"):
        discount_factors(3, -1.0)
