"""A catalogue in files becomes a forecast in a file: whole, in order, the same each time."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from small_catalogues import LAST, LastMonth, daily, known_tracks, written

from features.catalogue import CatalogueSettings
from refrain.errors import InputError
from tasks.forecasting.forecaster import Forecaster
from tasks.forecasting.histories import date_of
from tasks.forecasting.readers import CatalogueFiles, read_histories
from tasks.forecasting.track_facts import TrackFacts
from tasks.forecasting.whole_catalogue import forecast_catalogue, last_day

AS_OF = date_of(LAST)
FORECASTER = Forecaster(LastMonth())


class WithSegments(LastMonth):
    """Knows segments as well."""

    @property
    def estimator(self):
        return self

    def segments(self, tracks, months):
        return np.tile(np.arange(months, dtype=np.int8) // 12, (len(tracks), 1))


@pytest.fixture
def catalogue(tmp_path):
    """A catalogue in which one track's counts are impossible."""
    counts = daily(21, gaps=0.01).with_columns(
        streams=pl.when(pl.col("track_id") == "T0003").then(-1).otherwise("streams")
    )
    folder = written(tmp_path / "in", daily_streams=counts, tracks=known_tracks(counts, 22))
    return CatalogueFiles(folder / "daily_streams.parquet", folder / "tracks.parquet")


def directly(files, months):
    facts = TrackFacts(files.tracks, None, LAST, CatalogueSettings())
    chunks = list(read_histories([files.daily_streams], facts))
    around = FORECASTER.surroundings(chunks, AS_OF)
    return [FORECASTER.forecast(chunk, AS_OF, months, surroundings=around) for chunk in chunks]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_file_says_what_the_forecaster_says(catalogue, suffix, tmp_path):
    out = tmp_path / f"forecast{suffix}"
    report = forecast_catalogue(FORECASTER, catalogue, out, as_of=AS_OF, months=7)
    read = pl.read_csv if suffix == ".csv" else pl.read_parquet
    rows, totals = read(out), read(tmp_path / f"forecast_totals{suffix}")
    expected = directly(catalogue, 7)
    ids = [track_id for each in expected for track_id in each.track_ids]
    assert rows.columns == ["track_id", "month", "prediction", "low_80", "high_80", "low_95", "high_95"]
    assert rows["track_id"].cast(pl.String).to_list() == [track_id for track_id in ids for _ in range(7)]
    assert rows["month"].to_list() == list(range(1, 8)) * len(ids)
    values = np.concatenate([each.values for each in expected]).reshape(-1, 5)
    np.testing.assert_allclose(rows[:, 2:].to_numpy(), values, rtol=1e-6)
    assert totals["track_id"].to_list() == ids
    np.testing.assert_allclose(totals[:, 2:].to_numpy(), np.concatenate([each.totals for each in expected]), rtol=1e-6)
    assert report.tracks == len(ids)
    assert report.without_mldr == len(ids)
    assert "T0003" in report.skipped["a negative count"]
    assert report.written == (out, tmp_path / f"forecast_totals{suffix}")


def test_a_wide_file_has_a_row_for_each_track(catalogue, tmp_path):
    report = forecast_catalogue(FORECASTER, catalogue, tmp_path / "wide.parquet", as_of=AS_OF, months=3, layout="wide")
    found = pl.read_parquet(tmp_path / "wide.parquet")
    bounds = ["total", "total_low_80", "total_high_80", "total_low_95", "total_high_95"]
    assert found.columns == ["track_id", *bounds, "month_1", "month_2", "month_3"]
    assert len(found) == report.tracks
    np.testing.assert_allclose(found["total"], found["month_1"] + found["month_2"] + found["month_3"], rtol=1e-6)
    assert report.written == (tmp_path / "wide.parquet",)


def test_segments_are_written_where_the_model_knows_them(catalogue, tmp_path):
    forecast_catalogue(Forecaster(WithSegments()), catalogue, tmp_path / "out.parquet", as_of=AS_OF, months=13)
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["segment"].head(13).to_list() == [0] * 12 + [1]


def test_the_bytes_depend_neither_on_the_run_nor_on_threads(catalogue, tmp_path):
    told = []
    for workers in (1, 2, 4, 2):
        out = tmp_path / "out.parquet"
        forecast_catalogue(FORECASTER, catalogue, out, as_of=AS_OF, workers=workers)
        told.append((out.read_bytes(), (tmp_path / "out_totals.parquet").read_bytes()))
    assert told.count(told[0]) == len(told)


def test_rows_in_any_order_are_forecast_alike(catalogue, tmp_path):
    mixed = pl.read_parquet(catalogue.daily_streams).sample(fraction=1.0, shuffle=True, seed=3)
    mixed.write_csv(tmp_path / "mixed.csv")
    files = CatalogueFiles(tmp_path / "mixed.csv", catalogue.tracks)
    forecast_catalogue(FORECASTER, catalogue, tmp_path / "plain.csv", as_of=AS_OF)
    forecast_catalogue(FORECASTER, files, tmp_path / "out.csv", as_of=AS_OF)
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "plain.csv").read_text()


def test_a_fault_leaves_the_file_that_was_there(catalogue, tmp_path):
    class Broken(LastMonth):
        def curves(self, tracks, months):
            raise ArithmeticError("broken")

    out = tmp_path / "out.csv"
    out.write_text("what was there")
    with pytest.raises(ArithmeticError, match="broken"):
        forecast_catalogue(Forecaster(Broken()), catalogue, out, as_of=AS_OF)
    assert out.read_text() == "what was there"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.csv"]


def test_another_kind_of_file_is_refused(catalogue, tmp_path):
    with pytest.raises(InputError, match=r"Name it \.parquet or \.csv"):
        forecast_catalogue(FORECASTER, catalogue, tmp_path / "out.xlsx", as_of=AS_OF)


def test_nothing_to_forecast_is_told(catalogue, tmp_path):
    with pytest.raises(InputError, match="no track"):
        forecast_catalogue(FORECASTER, catalogue, tmp_path / "out.csv", as_of=date(2001, 1, 1))


def test_the_last_day_is_that_of_the_counts(catalogue, tmp_path):
    assert last_day(catalogue.daily_streams) == AS_OF
    assert last_day(catalogue.daily_streams, received_on=date(2023, 1, 5)) == date(2023, 1, 5)
    (tmp_path / "empty.csv").write_text("track_id,date,streams\n")
    with pytest.raises(InputError, match="no counts"):
        last_day(tmp_path / "empty.csv")
