"""Tables are created, or taken as they are found, and a place for intervals is added."""

import threading

import pytest
import small_catalogue as small
from sqlalchemy import inspect, text

from refrain.errors import InputError
from tasks.database import tables
from tasks.database.address import address_of
from tasks.database.database import DatabaseError
from tasks.database.opening import database_at
from tasks.database.schema import VERSION_TABLE, VERSIONS, prepare

# As such tables are found in the wild: ids that are numbers, whole forecasts, exact decimals, times without a zone.
_FOUND = (
    "CREATE TABLE backtest_track_daily_training_data (id {key}, cm_track_id BIGINT, cm_artist_id BIGINT, "
    "date DATE, daily_streams NUMERIC, days_from_release INTEGER, created_at TIMESTAMP)",
    "CREATE TABLE backtest_artist_mldr (id {key}, cm_artist_id BIGINT, mldr NUMERIC, created_at TIMESTAMP, "
    "backtest_artist_daily_training_data_id BIGINT)",
    "CREATE TABLE backtest_track_streams_forecast (id {key}, month INTEGER, forecasted_value BIGINT, "
    "segment_used INTEGER, time_used INTEGER, cm_track_id BIGINT, cm_artist_id BIGINT, training_data_id BIGINT, "
    "created_at TIMESTAMP)",
)


def _execute(database, *statements):
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def found(address):
    """A database that had the tables before Refrain."""
    database = database_at(address_of(address))
    key = "BIGSERIAL PRIMARY KEY" if database.address.is_postgresql else "INTEGER PRIMARY KEY"
    _execute(database, *(statement.format(key=key) for statement in _FOUND))
    return database


def test_migrations_leave_the_tables_that_the_code_works_with(address):
    database = database_at(address_of(address))
    assert prepare(database)
    with database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            assert list(database.column_types(connection, table.name)) == [column.name for column in table.columns]
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == VERSIONS[-1]
    assert not prepare(database)


def test_tables_that_were_there_keep_their_rows_types_and_writers(found):
    _execute(
        found, "INSERT INTO backtest_track_streams_forecast (month, forecasted_value, cm_track_id) VALUES (1, 5, 9)"
    )
    prepare(found)
    # Whoever wrote into it before still can.
    _execute(
        found, "INSERT INTO backtest_track_streams_forecast (month, forecasted_value, cm_track_id) VALUES (2, 4, 9)"
    )
    assert small.stored(found, "cm_track_id, month, forecasted_value, low_80") == [(9, 1, 5, None), (9, 2, 4, None)]


def test_a_catalogue_of_numbered_tracks_is_forecast_in_the_types_that_are_there(found):
    prepare(found)
    rows = [
        {**row, "cm_track_id": 7 + number, "cm_artist_id": 3}
        for number in range(3)
        for row in small.rows_of("", level=1000 + number)
    ]
    small.fill(found, rows, rates={3: 0.05})
    report = small.run(found, months=2, batch=2)
    assert (report.forecast, report.skipped) == (3, {})
    forecasts = small.stored(found, "cm_track_id, month, forecasted_value, cm_artist_id")
    assert [row[:2] for row in forecasts] == [(track, month) for track in (7, 8, 9) for month in (1, 2)]
    assert all(isinstance(row[2], int) and row[2] > 1000 and row[3] == 3 for row in forecasts)
    assert small.run(found, months=2).had_forecast == 3
    assert small.run(found, months=1, refresh=True).forecast == 3
    assert len(small.stored(found)) == 3


def test_two_forecasts_of_a_month_that_were_there_stay(found):
    twice = "INSERT INTO backtest_track_streams_forecast (month, forecasted_value, cm_track_id) VALUES (1, 5, 9)"
    _execute(found, twice, twice)
    prepare(found)
    assert len(small.stored(found)) == 2


def test_a_database_of_our_own_refuses_a_second_forecast_of_a_month(address):
    database = small.opened(address)
    once = "INSERT INTO backtest_track_streams_forecast (month, forecasted_value, cm_track_id) VALUES (1, 5, 'a')"
    _execute(database, once)
    with pytest.raises(DatabaseError, match=r"refuses: .*(unique|UNIQUE) constraint"):
        _execute(database, once)


def test_a_table_of_the_same_name_with_other_columns_is_said_and_left(address):
    database = database_at(address_of(address))
    _execute(database, "CREATE TABLE backtest_artist_mldr (id INTEGER, cm_artist_id INTEGER)")
    with pytest.raises(InputError, match="backtest_artist_mldr without mldr, created_at"):
        prepare(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["backtest_artist_mldr"]


def test_tables_of_a_newer_version_are_left_alone(address):
    database = small.opened(address)
    _execute(database, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="version 9999, newer than this Refrain knows"):
        prepare(database)


def test_several_at_once_create_the_tables_once(address):
    done, together = [], threading.Barrier(3)

    def run():
        database = database_at(address_of(address))
        together.wait()
        done.append(prepare(database))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]
