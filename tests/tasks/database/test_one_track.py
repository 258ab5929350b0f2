"""One track's diagnostics say what its catalogue's run says, and why."""

import csv
from datetime import date

import numpy as np
import pytest
import small_catalogue as small

from refrain.errors import InputError
from tasks.database.fan_chart import write_fan_chart
from tasks.database.forecasting import Options
from tasks.database.months import months_after
from tasks.database.one_track import file_stem, report_track, write_csv


def _report(database, track, months=3, **options):
    return report_track(database, small.forecaster(), track, Options(months=months, **options), small.TODAY)


@pytest.fixture
def database(address):
    database = small.opened(address)
    small.fill(database, small.tracks(12), rates={"a1": 0.05})
    return database


def test_it_is_the_forecast_that_the_catalogues_run_writes(database):
    small.run(database, months=3)
    report = _report(database, "t011")
    written = [row[1:] for row in small.stored(database) if row[0] == "t011"]
    assert written == [(m.number, m.streams, m.low_80, m.high_95) for m in report.months]


def test_nothing_is_written_into_the_database(database):
    _report(database, "t011")
    assert small.stored(database) == []


def test_metrics_are_those_of_the_training_rows(database):
    rows = small.rows_of("holes", days=100, level=500)
    small.fill(database, [row for number, row in enumerate(rows) if number not in (20, 21)])
    report = _report(database, "holes")
    assert (report.known_days, report.missing_days) == (98, 2)
    assert (report.first_day, report.last_day, report.released) == (date(2023, 11, 22), small.LAST, date(2023, 11, 22))
    assert report.s30 == sum(row["daily_streams"] for row in rows[-30:])
    assert np.isnan(report.s90) and np.isnan(report.s365)
    assert report.mldr == 0.05
    assert np.isnan(_report(database, "t000").mldr)


def test_of_an_earlier_day_only_rates_written_by_then_are_read(database):
    assert _report(database, "t001").mldr == 0.05
    assert _report(database, "t001", as_of=date(2024, 2, 1)).mldr == 0.05
    assert np.isnan(_report(database, "t001", as_of=date(2024, 1, 31)).mldr)


def test_segments_tell_how_fast_the_track_falls_in_them(database):
    report = _report(database, "t000", months=12)
    # 119 days old: months of age 4 to 15, which the segments from 3, 6, 9, 12 and 15 on share.
    assert {segment: months for segment, (months, _) in report.segment_rates.items()} == {2: 2, 3: 3, 4: 3, 5: 3, 6: 1}
    # The stand-in falls by exp(-1/30) a month.
    assert report.segment_rates[4][1] == pytest.approx(1 - np.exp(-1 / 30))


def test_a_track_that_is_not_there_or_cannot_be_forecast_is_said(database):
    with pytest.raises(InputError, match="There is no track T000"):
        _report(database, "T000")
    rows = small.rows_of("bad")
    rows[3]["daily_streams"] = -5
    small.fill(database, rows)
    with pytest.raises(InputError, match="bad cannot be forecast: a negative count"):
        _report(database, "bad")


def test_files_are_named_by_the_track_and_stay_in_their_folder(database, tmp_path):
    small.fill(database, small.rows_of("../../etc/x:1"))
    report = _report(database, "../../etc/x:1")
    table, chart = write_csv(report, tmp_path), write_fan_chart(report, tmp_path)
    assert {path.parent for path in (table, chart)} == {tmp_path}
    rows = list(csv.DictReader(table.open()))
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    assert {row["cm_track_id"] for row in rows} == {"../../etc/x:1"}
    assert float(rows[0]["streams"]) == pytest.approx(report.months[0].streams, abs=0.01)
    assert chart.read_bytes() == write_fan_chart(report, tmp_path).read_bytes()
    assert file_stem("a/b") != file_stem("a_b") != file_stem("a.b")


def test_months_are_steps_of_thirty_days_or_those_of_the_calendar():
    steps = months_after(date(2024, 2, 10), 2, "30 days")
    assert steps == [(date(2024, 2, 11), date(2024, 3, 11)), (date(2024, 3, 12), date(2024, 4, 10))]
    february = [(date(2024, 2, 1), date(2024, 2, 29)), (date(2024, 3, 1), date(2024, 3, 31))]
    assert months_after(date(2024, 1, 31), 2, "calendar") == february
    assert months_after(date(2024, 1, 30), 2, "calendar") == february
    assert months_after(date(2023, 12, 5), 1, "calendar") == [(date(2024, 1, 1), date(2024, 1, 31))]
