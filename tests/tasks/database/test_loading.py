"""Datasets become training rows and decay rates, once."""

from datetime import date, timedelta

import pytest
import small_catalogue as small
from sqlalchemy import text

from features.catalogue import CatalogueSettings
from refrain.errors import InputError
from tasks.database.loading import load_datasets


@pytest.fixture
def files(tmp_path):
    """Sixty days of three tracks, one of nobody known; ten months of the artist's listeners, falling by 5 %."""
    streams = ["track_id,date,streams"]
    for track in ("T1", "T2", "T3"):
        streams += [f"{track},{date(2024, 1, 1) + timedelta(days=day)},{100 + day % 7}" for day in range(60)]
    listeners = ["artist_id,date,monthly_listeners"]
    for month in range(10):
        first = date(2023, 6, 1) if month == 0 else date(2023 + (5 + month) // 12, (5 + month) % 12 + 1, 1)
        listeners += [f"A1,{first + timedelta(days=day)},{round(100_000 * 0.95**month)}" for day in range(28)]
    tracks = "track_id,artist_id,release_date\nT1,A1,2024-01-01\nT2,A1,2023-12-31\n"
    texts = {"daily_streams": "\n".join(streams), "tracks": tracks, "artist_listeners": "\n".join(listeners)}
    for name, content in texts.items():
        (tmp_path / f"{name}.csv").write_text(content + "\n")
    return {name: tmp_path / f"{name}.csv" for name in texts}


def _training(database, columns):
    with database.reading() as connection:
        return connection.execute(
            text(f"SELECT {columns} FROM backtest_track_daily_training_data ORDER BY cm_track_id, date")
        ).all()


def test_a_new_database_can_be_filled_and_forecast(address, files):
    database = small.opened(address)
    loaded = load_datasets(database, files, CatalogueSettings())
    assert (loaded.rows, loaded.there, loaded.tracks, loaded.rates) == (180, 0, 3, 1)
    rows = _training(database, "cm_track_id, cm_artist_id, days_from_release, daily_streams")
    assert (rows[0], rows[60], rows[120]) == (("T1", "A1", 0, 100), ("T2", "A1", 1, 100), ("T3", None, None, 100))
    with database.reading() as connection:
        ((artist, rate),) = connection.execute(text("SELECT cm_artist_id, mldr FROM backtest_artist_mldr")).all()
    # Monthly listeners that fall by 5 %: exp(-b) = 0.95.
    assert (artist, rate) == ("A1", pytest.approx(0.0513, abs=1e-4))
    report = small.run(database, months=1, as_of=small.LAST)
    assert (report.as_of, report.forecast) == (small.LAST, 3)


def test_loading_again_adds_only_what_is_new(address, files):
    database = small.opened(address)
    load_datasets(database, files, CatalogueSettings())
    with files["daily_streams"].open("a") as stream:
        stream.write("T1,2024-03-01,55\n")
    loaded = load_datasets(database, files, CatalogueSettings())
    assert (loaded.rows, loaded.there, loaded.rates) == (1, 180, 0)
    assert len(_training(database, "id")) == 181


def test_a_weeks_count_is_shared_out_over_its_days(address, tmp_path):
    database = small.opened(address)
    path = tmp_path / "daily_streams.csv"
    path.write_text("track_id,date,streams,days\nT1,2024-01-07,23,7\n")
    load_datasets(database, {"daily_streams": path}, CatalogueSettings())
    rows = _training(database, "date, daily_streams")
    assert [str(row[0]) for row in rows] == [f"2024-01-0{day}" for day in range(1, 8)]
    assert sorted(row[1] for row in rows) == [3, 3, 3, 3, 3, 4, 4]


def test_without_daily_streams_it_is_said_what_to_do(address, tmp_path):
    with pytest.raises(InputError, match=r"no daily streams to load.*refrain import"):
        load_datasets(small.opened(address), {"daily_streams": tmp_path / "daily_streams.csv"}, CatalogueSettings())
