"""The families of the hourly audience: what they learn of a rhythm, of a level, and of what is not known."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.families import family_set, fit_family
from models.hourly.ratios import base_of
from models.preprocessing import Columns
from models.storage import load_estimator, save_estimator
from refrain.audience_hours import COLUMNS, COUNTS, RATIOS

FAMILIES = family_set("models.hourly.families").candidates
QUICK = {"n_estimators": 20}


def hours(days: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Hours of a daily rhythm, whose level of tomorrow is that of today."""
    chance = np.random.default_rng(seed)
    clock = np.tile(np.arange(24), days)
    usual = 200.0 + 100.0 * np.sin(clock / 24 * 2 * np.pi)
    level = np.repeat(np.exp(chance.normal(0, 0.3, days)), 24)
    frame = pd.DataFrame(dict.fromkeys(COUNTS, usual) | dict.fromkeys(RATIOS, 1.0))
    for name in COLUMNS:
        if name not in frame:
            frame[name] = 0.0
    frame["hours_ahead"], frame["hour_of_day"] = clock + 1.0, clock
    frame["day_of_week"] = np.repeat(np.arange(days) % 7 + 1, 24)
    frame["level_1d"] = frame["level_2d"] = frame["level_3h"] = level
    frame["days_ago_1"] = usual * level
    return frame[list(COLUMNS)], usual * level


def fitted(family: str, settings: dict[str, Any], seed: int = 1) -> Any:
    known = {name: value for name, value in settings.items() if name in FAMILIES[family].defaults}
    return fit_family(FAMILIES[family], Columns(COLUMNS), known, hours(60, 1), seed=seed)[0]


def error(predicted: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(predicted - truth).sum() / truth.sum())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_learns_that_the_level_of_today_is_that_of_tomorrow(family: str) -> None:
    later, truth = hours(20, 2)
    assert error(fitted(family, QUICK).predict(later), truth) < 0.5 * error(later["usual"].to_numpy(), truth)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_rows_of_which_little_is_known(family: str) -> None:
    later, _ = hours(2, 3)
    unknown = later.assign(**dict.fromkeys((*COUNTS, *RATIOS), np.nan))
    for rows in (unknown, later.drop(columns=[*RATIOS, "usual"]), later * 0.0):
        said = fitted(family, QUICK).predict(rows)
        assert said.shape == (48,)
        assert np.all(np.isfinite(said) & (said >= 0))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_stored_model_says_the_same(family: str, tmp_path: Path) -> None:
    model, (later, _) = fitted(family, QUICK), hours(3, 4)
    save_estimator(model, tmp_path / "model.skops")
    np.testing.assert_array_equal(load_estimator(tmp_path / "model.skops").predict(later), model.predict(later))
    save_estimator(fitted(family, QUICK), tmp_path / "again.skops")
    assert (tmp_path / "again.skops").read_bytes() == (tmp_path / "model.skops").read_bytes()


def test_an_audience_ten_times_as_large_has_answers_ten_times_as_large() -> None:
    later, _ = hours(3, 5)
    larger = later.assign(**{name: 10.0 * later[name] for name in COUNTS})
    model = fitted("ridge", {})
    np.testing.assert_allclose(model.predict(larger), 10.0 * model.predict(later), rtol=0.02)


def test_what_is_expected_falls_back_to_the_next_best_mean() -> None:
    rows = pd.DataFrame({"usual": [8.0, np.nan, np.nan], "mean_all": [1.0, 2.0, np.nan], "level_1d": [1.0, 1.0, 9.0]})
    assert base_of(rows).tolist() == [8.0, 2.0, 0.0]
    assert base_of(rows.assign(level_1d=2.0))[0] == pytest.approx(8.0 * 2.0**0.4)
