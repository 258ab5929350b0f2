"""What holds of every way to forecast a catalogue, baselines included."""

import numpy as np
import pandas as pd
import pytest
from catalogues import decaying, long_form, scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decay.families import FAMILIES
from models.preprocessing import Columns
from models.storage import estimator_bytes, load_estimator, save_estimator
from refrain.track_months import CATALOGUE_LEVEL, COLUMNS, HISTORY, MONTH_AHEAD

QUICK = {"boosted": {"rounds": 20}, "blend": {"rounds": 20}}
FAMILIES_BY_NAME = {**FAMILIES.candidates, **FAMILIES.baselines}
HORIZON = 24


def fit(name, rows, labels):
    family = FAMILIES_BY_NAME[name]
    fitted, _ = family.fit(Columns(COLUMNS), {**family.defaults, **QUICK.get(name, {})}, (rows, labels), 0, None)
    return fitted


@pytest.fixture(scope="module")
def catalogue():
    history, truth = decaying(150, rate=0.05, spread=0.02, noise=0.05, months=HORIZON)
    return history, *long_form(history, truth)


@pytest.fixture(scope="module")
def models(catalogue):
    _, rows, labels = catalogue
    return {name: fit(name, rows, labels) for name in FAMILIES_BY_NAME}


@pytest.fixture(params=list(FAMILIES_BY_NAME))
def model(request, models):
    return models[request.param]


def test_curves_and_rows_agree(model, catalogue):
    history, rows, _ = catalogue
    curves = model.curves(history, HORIZON)
    assert curves.shape == (len(history), HORIZON)
    np.testing.assert_allclose(model.predict(rows), curves.T.ravel(), rtol=1e-9)


def test_a_history_counted_twice_has_twice_the_forecast(model, catalogue):
    history, _, _ = catalogue
    np.testing.assert_allclose(model.curves(scaled(history, 2.0), 30), 2.0 * model.curves(history, 30), rtol=1e-6)


def test_a_track_is_forecast_alike_in_any_company(model, catalogue):
    history, _, _ = catalogue
    alone = np.vstack([model.curves(history.iloc[[place]], 12) for place in (0, 7, 149)])
    np.testing.assert_allclose(alone, model.curves(history, 12)[[0, 7, 149]], rtol=1e-9)


def test_400_months_are_finite_and_not_negative(model, catalogue):
    history, _, _ = catalogue
    curves = model.curves(history, 400)
    assert np.isfinite(curves).all() and (curves >= 0).all()


NUMBERS = st.one_of(st.just(np.nan), st.just(0.0), st.floats(0, 1e12), st.just(np.inf), st.just(-5.0))


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_pattern_of_gaps_gives_amounts(models, data):
    cells = data.draw(st.lists(st.lists(NUMBERS, min_size=len(HISTORY), max_size=len(HISTORY)), min_size=1, max_size=3))
    tracks = pd.DataFrame(cells, columns=list(HISTORY))
    for name, model in models.items():
        said = model.curves(tracks, 30)
        assert np.isfinite(said).all() and (said >= 0).all(), name


def test_a_track_without_any_history_is_forecast_from_the_catalogue(model):
    new = pd.DataFrame({name: [np.nan] for name in HISTORY}).assign(**{CATALOGUE_LEVEL: 5000.0, "age_days": 3.0})
    said = model.curves(new, 3)
    assert np.all((said > 500) & (said < 50_000))
    assert np.all(model.curves(new.assign(artist_level=50_000.0), 3) > said)


def test_columns_that_are_not_there_are_unknown(model):
    bare = pd.DataFrame({"back_1": [1000.0], MONTH_AHEAD: [3.0]})
    full = bare.reindex(columns=list(COLUMNS))
    assert np.array_equal(model.predict(bare), model.predict(full))
    assert np.isfinite(model.predict(bare)).all()


@pytest.mark.parametrize("name", list(FAMILIES_BY_NAME))
def test_the_same_rows_are_stored_as_the_same_bytes_and_say_the_same_when_loaded(name, models, catalogue, tmp_path):
    history, rows, labels = catalogue
    save_estimator(models[name], tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == estimator_bytes(fit(name, rows, labels))
    assert np.array_equal(load_estimator(tmp_path / "model").curves(history, 36), models[name].curves(history, 36))
