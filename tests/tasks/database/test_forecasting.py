"""A catalogue in a database is forecast once, whole, whatever happens on the way."""

import multiprocessing
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import small_catalogue as small
from sqlalchemy import text

from refrain.errors import InputError, TooFewRowsError
from tasks.database.address import address_of
from tasks.database.opening import database_at
from tasks.database.schema import prepare
from tasks.database.tables import TRAINING


@pytest.fixture(scope="module")
def processes():
    """Makes processes that have imported what they need when they start."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([small.__name__])
    with pytest.MonkeyPatch.context() as patch:
        # What is imported beforehand is looked for here alone, not on the tests' own path.
        patch.setenv("PYTHONPATH", str(Path(small.__file__).parent))
        yield context


def test_every_track_gets_every_month_with_its_intervals(address):
    database = small.opened(address)
    small.fill(database, small.tracks(5), rates={"a1": 0.05})
    report = small.run(database, months=3)
    assert (report.forecast, report.skipped, report.success_rate) == (5, {}, 1.0)
    assert report.as_of == small.LAST
    rows = small.stored(database, "cm_track_id, month, cm_artist_id, time_used, model, model_version, segment_used")
    assert len(rows) == 15
    # 120 days old on as_of, its 120th day: 119 days after the release, so 3 whole months, and the month ahead.
    assert rows[0] == ("t000", 1, "a0", 4, "stand-in", 7, None)
    for value, low_80, high_80, low_95, high_95 in small.stored(
        database, "forecasted_value, low_80, high_80, low_95, high_95"
    ):
        assert low_95 < low_80 < value < high_80 < high_95


def test_the_training_row_referred_to_is_the_tracks_newest(address):
    database = small.opened(address)
    small.fill(database, small.tracks(2))
    small.run(database, months=1)
    with database.reading() as connection:
        told = connection.execute(
            text(
                "SELECT t.cm_track_id, t.date FROM backtest_track_streams_forecast f "
                "JOIN backtest_track_daily_training_data t ON t.id = f.training_data_id ORDER BY 1"
            )
        ).all()
    assert [(track, str(day)) for track, day in told] == [("t000", "2024-02-29"), ("t001", "2024-02-29")]


def test_only_tracks_without_a_forecast_are_forecast(address):
    database = small.opened(address)
    small.fill(database, small.tracks(4))
    small.run(database, months=2)
    before = small.stored(database, "id, cm_track_id")
    small.fill(database, small.rows_of("new"))
    report = small.run(database, months=2)
    assert (report.tracks, report.had_forecast, report.forecast) == (5, 4, 1)
    assert set(before) < set(small.stored(database, "id, cm_track_id"))


def test_refresh_replaces_forecasts(address):
    database = small.opened(address)
    small.fill(database, small.tracks(4))
    small.run(database, months=3)
    report = small.run(database, months=2, refresh=True)
    assert (report.forecast, report.had_forecast) == (4, 0)
    assert [row[:2] for row in small.stored(database)] == [(f"t{n:03}", month) for n in range(4) for month in (1, 2)]


@pytest.mark.parametrize("batch", [1, 4, 1000])
@pytest.mark.parametrize("workers", [1, 3])
def test_batches_and_workers_make_no_difference(tmp_path, batch, workers):
    database = small.opened(f"sqlite:///{tmp_path / 'streams.db'}")
    small.fill(database, small.tracks(12), rates={"a1": 0.05})
    small.run(database, batch=batch, workers=workers)
    whole = small.opened(f"sqlite:///{tmp_path / 'whole.db'}")
    small.fill(whole, small.tracks(12), rates={"a1": 0.05})
    small.run(whole, workers=1)
    assert small.stored(database) == small.stored(whole)


def test_both_kinds_of_database_hold_the_same_forecasts(tmp_path, new_postgres):
    held = []
    for address in (f"sqlite:///{tmp_path / 'streams.db'}", new_postgres):
        database = small.opened(address)
        small.fill(database, small.tracks(6), rates={"a1": 0.05})
        small.run(database, batch=2)
        held.append(small.stored(database))
    assert held[0] == held[1]


def test_a_run_that_is_killed_again_and_again_loses_and_doubles_nothing(address, processes):
    database = small.opened(address)
    small.fill(database, small.tracks(24))
    kills = 0
    while True:
        run = processes.Process(target=small.run_with_pauses, args=(address,))
        before = len(small.stored(database))
        run.start()
        while run.is_alive() and len(small.stored(database)) == before:
            time.sleep(0.02)
        if not run.is_alive():
            break
        run.kill()  # by SIGKILL, once it has written something more
        run.join()
        kills += 1
        counts = [sum(row[0] == f"t{n:03}" for row in small.stored(database)) for n in range(24)]
        assert set(counts) <= {0, 6}
    assert run.exitcode == 0
    assert kills >= 2
    after_kills = small.stored(database)
    small.run(database, months=6, refresh=True)
    assert len(after_kills) == 24 * 6
    assert after_kills == small.stored(database)


def test_two_runs_at_once_double_nothing(address):
    small.fill(small.opened(address), small.tracks(20))
    reports = []
    both = threading.Barrier(2)

    def run() -> None:
        database = small.opened(address)
        both.wait()
        reports.append(small.run(database, months=2, batch=2, workers=2))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row[:2] for row in small.stored(small.opened(address))] == [
        (f"t{n:03}", month) for n in range(20) for month in (1, 2)
    ]
    assert sum(report.forecast for report in reports) == 20
    assert all(report.success_rate == 1 for report in reports)


def test_bad_tracks_are_skipped_with_their_reasons_and_the_others_are_forecast(address):
    database = small.opened(address)
    negative = small.rows_of("negative")
    negative[5]["daily_streams"] = -1
    twice = small.rows_of("twice")
    twice[5]["date"] = twice[4]["date"]
    future = small.rows_of("future", last=small.TODAY + timedelta(days=3))
    small.fill(database, [*negative, *twice, *future, *small.rows_of("good"), *small.rows_of("quote's % id")])
    report = small.run(database, months=1)
    assert report.as_of == small.LAST
    assert report.forecast == 2
    assert report.skipped == {
        "a negative count": 1,
        "counts dated after they were received": 1,
        "two counts for one day, or days out of order": 1,
    }
    assert report.success_rate == pytest.approx(0.4)
    assert [row[0] for row in small.stored(database)] == ["good", "quote's % id"]


def test_a_forecast_at_an_earlier_day_reads_nothing_later(address):
    database = small.opened(address)
    known = small.tracks(4)
    small.fill(database, [row for row in known if row["date"] <= date(2024, 2, 1)])
    small.run(database, months=2)
    before = small.stored(database)
    small.fill(database, [{**row, "daily_streams": 77_777} for row in known if row["date"] > date(2024, 2, 1)])
    report = small.run(database, months=2, refresh=True, as_of=date(2024, 2, 1))
    assert (report.as_of, report.on_as_of) == (date(2024, 2, 1), 4)
    assert small.stored(database) == before


def test_an_empty_database_and_a_day_before_all_counts_are_said(address):
    database = small.opened(address)
    with pytest.raises(TooFewRowsError, match=r"no rows yet.*--load"):
        small.run(database)
    small.fill(database, small.tracks(1))
    with pytest.raises(InputError, match="no counts up to 2020-01-01"):
        small.run(database, as_of=date(2020, 1, 1))
    with pytest.raises(InputError, match="500 months"):
        small.run(database, months=500)
    assert small.stored(database) == []


def test_the_order_of_training_rows_makes_no_difference(new_postgres, tmp_path):
    rows = small.tracks(8)
    forecasts = []
    # SQLite reads through its index; PostgreSQL reads so small a table as it lies.
    for address, ordered in ((f"sqlite:///{tmp_path / 'x.db'}", rows), (new_postgres, sorted(rows, key=_scattered))):
        database = small.opened(address)
        small.fill(database, ordered)
        small.run(database, months=2)
        forecasts.append(small.stored(database))
    assert forecasts[0] == forecasts[1]


def _scattered(row):
    return (row["date"].toordinal() * 7919) % 101, row["cm_track_id"]


@pytest.fixture
def found_tables(address):
    """A database whose training table, there before Refrain, takes empty counts and has times of day."""
    database = database_at(address_of(address))
    key = "SERIAL PRIMARY KEY" if database.address.is_postgresql else "INTEGER PRIMARY KEY"
    columns = (
        f"id {key}, cm_track_id VARCHAR(40), cm_artist_id VARCHAR(40), date TIMESTAMP, "
        "daily_streams DOUBLE PRECISION, days_from_release INTEGER, created_at TIMESTAMP"
    )
    with database.writing() as connection:
        connection.execute(text(f"CREATE TABLE {TRAINING.name} ({columns})"))
    prepare(database)
    return database


def test_a_day_without_a_count_and_a_track_without_an_artist_are_no_fault(found_tables):
    database = found_tables
    rows = small.rows_of("holes", artist=None)
    rows[10]["daily_streams"] = None
    small.fill(database, rows)
    report = small.run(database, months=1)
    assert (report.forecast, report.skipped) == (1, {})
    assert small.stored(database, "cm_track_id, cm_artist_id") == [("holes", None)]
