"""What is forecast is worth what its streams earn, later ones less."""

import csv

import numpy as np
import pytest
import small_catalogue as small

from refrain.errors import InputError, UsageError
from tasks.database.forecasting import Options, forecast_catalogue
from tasks.database.one_track import report_track
from tasks.database.valuing import Terms, royalty_rate

_TERMS = Terms(rate=0.004, discount=0.1)


@pytest.fixture
def database(tmp_path):
    database = small.opened(f"sqlite:///{tmp_path / 'streams.db'}")
    small.fill(database, [*small.tracks(12), *small.rows_of("nobody's", artist=None)])
    return database


def _run(database, folder, **options):
    options = Options(months=12, terms=_TERMS, batch=5, **options)
    return forecast_catalogue(database, small.forecaster(), options, small.TODAY, values_folder=folder)


def test_a_track_is_worth_its_discounted_royalties(database):
    options = Options(months=12, terms=_TERMS)
    report = report_track(database, small.forecaster(), "t003", options, small.TODAY)
    # By hand: 30 days are 30/365 of a year.
    by_hand = sum(month.streams * 0.004 / 1.1 ** (month.number * 30 / 365) for month in report.months)
    assert report.worth.value == pytest.approx(by_hand)
    assert report.worth.low_95 < report.worth.low_80 < by_hand < report.worth.high_80 < report.worth.high_95


def test_tracks_and_artists_add_up_to_the_catalogue(database, tmp_path):
    worth = _run(database, tmp_path / "values").worth
    rows = {
        name: list(csv.DictReader((tmp_path / "values" / f"value_by_{name}.csv").open()))
        for name in ("track", "artist")
    }
    assert len(rows["track"]) == 13
    assert [row["cm_artist_id"] for row in rows["artist"]] == ["", *(f"a{number}" for number in range(10))]
    for found in rows.values():
        assert sum(float(row["value"]) for row in found) == pytest.approx(worth.value, abs=0.1)
    single = report_track(database, small.forecaster(), "t003", Options(months=12, terms=_TERMS), small.TODAY)
    assert float(rows["track"][4]["value"]) == pytest.approx(single.worth.value, abs=0.01)


def test_intervals_of_the_whole_know_what_tracks_have_in_common(database):
    """Nothing in common: errors cancel out. All, which is taken where the model does not know: they add up."""
    apart, together = small.forecaster(), small.forecaster()
    apart.model.common_share = 0.0
    options = Options(months=12, terms=_TERMS, refresh=True)
    narrow, wide = (forecast_catalogue(database, each, options, small.TODAY).worth for each in (apart, together))
    assert narrow.value == wide.value
    assert wide.high_80 - wide.value > 2 * (narrow.high_80 - narrow.value)


def test_values_are_left_as_they_are_where_nothing_is_forecast(database, tmp_path):
    _run(database, tmp_path)
    before = (tmp_path / "value_by_track.csv").read_bytes()
    assert _run(database, tmp_path).worth is None
    assert (tmp_path / "value_by_track.csv").read_bytes() == before


def test_a_royalty_is_a_number_or_a_table_by_country(tmp_path):
    assert royalty_rate("0.003") == 0.003
    table = tmp_path / "royalties.csv"
    table.write_text("country,rate,share\nUS,0.004,0.5\nBR,0.001,0.25\nother,0.002,0.0\nSE,,0.25\n")
    assert royalty_rate(str(table)) == pytest.approx(np.dot([0.004, 0.001, 0.002], [0.5, 0.25, 0.25]))


@pytest.mark.parametrize("given", ["-0.1", "nan", "inf", "nowhere.csv"])
def test_what_is_no_royalty_is_said(given):
    with pytest.raises(UsageError, match="--rate"):
        royalty_rate(given)


def test_a_table_that_is_none_is_said(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="country, rate and share"):
        royalty_rate(str(tmp_path / "x.csv"))
