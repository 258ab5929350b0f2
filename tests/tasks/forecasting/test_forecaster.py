"""Forecasts of histories: who gets one, who does not and why, and that chunks and company change nothing."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_catalogues import LAST, LastMonth, daily, known_tracks, of_arrays, written

from features.catalogue import CatalogueSettings
from models.baselines import ColumnScore
from models.conformal_model import ConformalModel
from models.decay.classic import ClassicDecay
from models.intervals import RelativeConformal
from models.storage import save_estimator
from refrain.errors import InputError, ModelError
from refrain.track_months import COLUMNS, MONTH_AHEAD
from tasks.forecasting.forecaster import Forecaster
from tasks.forecasting.histories import date_of
from tasks.forecasting.readers import read_histories
from tasks.forecasting.track_facts import TrackFacts

AS_OF = date_of(LAST)
FORECASTER = Forecaster(LastMonth())


def up_and_down(days, last=LAST):
    """A track of 100 streams a day with a weekly season."""
    return [(day, 100 + day % 7) for day in range(last - days + 1, last + 1)]


def test_a_forecast_has_every_month_of_every_good_track():
    histories = of_arrays(old=up_and_down(400), new=up_and_down(3))
    forecasts = FORECASTER.forecast(histories, AS_OF, 36)
    assert forecasts.track_ids.tolist() == ["old", "new"]
    assert forecasts.values.shape == (2, 36, 5)
    assert forecasts.months == 36
    month = sum(count for _, count in up_and_down(30))
    np.testing.assert_allclose(forecasts.values[0, 11], month * LastMonth.shares)
    np.testing.assert_allclose(forecasts.totals[0], 36 * month * LastMonth.shares)
    assert forecasts.skipped == {}
    assert forecasts.segments is None


BAD = {
    "a negative count": [*up_and_down(60)[:-1], (LAST, -1)],
    "a count that is no whole number": [*up_and_down(60)[:-1], (LAST, 0.5)],
    "an empty count or date": [*up_and_down(60)[:-1], (LAST, np.nan)],
    "two counts for one day, or days out of order": [*up_and_down(60), (LAST, 100)],
    "a counter that only grows, not the streams of each day": [(LAST - 59 + day, 1000 + 90 * day) for day in range(60)],
    "no recent count": up_and_down(60, LAST - 30),
    "no counts, and not just released": [],
}


@pytest.mark.parametrize("reason", list(BAD))
def test_a_bad_track_is_skipped_with_its_reason_and_the_others_are_forecast(reason):
    good = up_and_down(60)
    alone = FORECASTER.forecast(of_arrays(first=good, last=good), AS_OF)
    with_bad = FORECASTER.forecast(of_arrays(first=good, bad=BAD[reason], last=good), AS_OF)
    assert with_bad.skipped == {reason: ("bad",)}
    assert with_bad.track_ids.tolist() == ["first", "last"]
    pd.testing.assert_frame_equal(with_bad.columns, alone.columns)
    np.testing.assert_array_equal(with_bad.values, alone.values)


def test_a_track_without_an_id_is_skipped():
    assert FORECASTER.forecast(of_arrays(**{"": up_and_down(60)}), AS_OF).skipped == {"no track id": ("",)}


@pytest.mark.parametrize(("days", "reason"), [(7, None), (8, "counts whose periods overlap"), (0, "counts whose")])
def test_periods_that_overlap_are_a_fault(days, reason):
    weeks = of_arrays(track=[(LAST - 7 * week, 700 + week % 3) for week in reversed(range(20))])
    covered = np.full(20, 7, dtype=np.int32)
    covered[11] = days
    found = FORECASTER.forecast(replace(weeks, covered=covered), AS_OF).skipped
    assert [told.startswith(reason or "") for told in found] == [True] * (reason is not None)


@pytest.mark.parametrize(
    "counts",
    [
        [(LAST - 59 + day, 5) for day in range(60)],
        [(LAST - 59 + day, 5 + day // 20) for day in range(60)],
        [(LAST - 19 + day, 10 + day) for day in range(20)],
        [(LAST - 59 + day, 1000 + 90 * day - 400 * (day == 50)) for day in range(60)],
    ],
    ids=["always the same", "rising twice", "rising for three weeks", "falls once"],
)
def test_not_every_rise_is_a_counter(counts):
    assert FORECASTER.forecast(of_arrays(track=counts), AS_OF).skipped == {}


def test_what_is_wrong_later_than_as_of_is_not_looked_at():
    before = up_and_down(60, LAST - 10)
    later = [(LAST - 9, -5), (LAST - 9, 0.5)]
    found = FORECASTER.forecast(of_arrays(track=before + later), date_of(LAST - 10))
    expected = FORECASTER.forecast(of_arrays(track=before), date_of(LAST - 10))
    assert found.skipped == {}
    np.testing.assert_array_equal(found.values, expected.values)


def test_counts_dated_after_they_were_received_are_a_fault():
    histories = of_arrays(track=[*up_and_down(60, LAST - 1), (LAST + 3650, 7)])
    found = FORECASTER.forecast(histories, AS_OF, received_on=AS_OF)
    assert found.skipped == {"counts dated after they were received": ("track",)}


def test_a_history_shorter_than_the_model_learned_from_is_skipped():
    forecaster = Forecaster(LastMonth(), CatalogueSettings(min_seen_days=90))
    found = forecaster.forecast(of_arrays(short=up_and_down(89), long=up_and_down(90)), AS_OF)
    assert found.skipped == {"too short a history": ("short",)}


def test_a_chunk_is_forecast_as_in_its_catalogue(tmp_path):
    counts = daily(11)
    folder = written(tmp_path, daily_streams=counts, tracks=known_tracks(counts, 12))
    facts = TrackFacts(folder / "tracks.parquet", None, LAST, CatalogueSettings())
    whole = list(read_histories([folder / "daily_streams.parquet"], facts))
    expected = [FORECASTER.forecast(each, AS_OF, surroundings=FORECASTER.surroundings(whole, AS_OF)) for each in whole]
    chunks = list(read_histories([folder / "daily_streams.parquet"], facts, chunk_rows=1000))
    assert len(chunks) > 5
    around = FORECASTER.surroundings(chunks, AS_OF)
    found = [FORECASTER.forecast(each, AS_OF, surroundings=around) for each in chunks]
    pd.testing.assert_frame_equal(
        pd.concat([each.columns for each in found], ignore_index=True),
        pd.concat([each.columns for each in expected], ignore_index=True),
    )
    assert found[0].columns["artist_level"].notna().any()


class AskedOnceAtATime(LastMonth):
    """Fails as boosted trees do, when a thread asks before another has its answer."""

    busy = False

    def curves(self, tracks, months):
        assert not self.busy, "asked by two threads"
        self.busy = True
        time.sleep(0.005)
        self.busy = False
        return super().curves(tracks, months)


def test_several_threads_may_ask():
    forecaster = Forecaster(AskedOnceAtATime())
    tracks = of_arrays(one=up_and_down(60), other=up_and_down(400))
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: forecaster.forecast(tracks, AS_OF).values, range(12)))
    for values in told:
        np.testing.assert_array_equal(values, told[0])


def test_a_stored_model_forecasts_as_the_one_that_was_stored(tmp_path):
    random = np.random.default_rng(0)
    rows = pd.DataFrame(random.lognormal(6, 1, (3000, len(COLUMNS))), columns=list(COLUMNS))
    rows[MONTH_AHEAD] = random.integers(1, 25, len(rows)).astype(float)
    estimator = ClassicDecay().fit(rows, rows["s30"].to_numpy())
    intervals = RelativeConformal(["age_days"], [[365.0]], MONTH_AHEAD)
    intervals.fit(estimator.predict(rows), rows["s30"].to_numpy(), rows)
    model = ConformalModel(estimator, intervals, intervals)
    save_estimator(model, tmp_path / "classic.skops")
    histories = of_arrays(old=up_and_down(400), new=up_and_down(40))
    stored = Forecaster.from_model_file(tmp_path / "classic.skops")
    found, expected = stored.forecast(histories, AS_OF, 30), Forecaster(model).forecast(histories, AS_OF, 30)
    assert stored.name == "classic"
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.totals, expected.totals)
    assert found.segments.shape == (2, 30)
    assert (found.values[:, :, 3] <= found.values[:, :, 1]).all()
    assert (found.values[:, :, 1] <= found.values[:, :, 0]).all()
    assert (found.values[:, :, 0] <= found.values[:, :, 2]).all()
    assert (found.values[:, :, 2] <= found.values[:, :, 4]).all()


@pytest.mark.parametrize("months", [0, 401])
def test_a_number_of_months_that_cannot_be_is_refused(months):
    with pytest.raises(InputError, match="Ask for 1 to 400"):
        FORECASTER.forecast(of_arrays(track=up_and_down(60)), AS_OF, months)


def test_a_model_that_forecasts_no_months_is_refused(tmp_path):
    save_estimator(ColumnScore("x"), tmp_path / "model.skops")
    with pytest.raises(ModelError, match="forecasts no months"):
        Forecaster.from_model_file(tmp_path / "model.skops")
