"""Reading canonical files as typed, lazy columns."""

from datetime import date, datetime

import polars as pl
import pytest

from refrain.datasets import ARTIST_LISTENERS, DATASETS, SCROBBLES, TRACKS, ColumnType
from refrain.errors import InputError
from sources.canonical import TYPES, naming, scan_dataset

LISTENERS = "artist_id,date,monthly_listeners\n007,2024-01-05,70\nb,2024-01-06,80\n"


def written(folder, text, name="dataset.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(dataset, path):
    with pytest.raises(InputError) as caught, naming(path):
        scan_dataset(dataset, path).collect()
    return str(caught.value)


def test_columns_are_typed_and_ids_stay_text(tmp_path):
    rows = scan_dataset(ARTIST_LISTENERS, written(tmp_path, LISTENERS)).collect()
    assert rows.schema == {"artist_id": pl.String, "date": pl.Date, "monthly_listeners": pl.Int64}
    assert rows.rows() == [("007", date(2024, 1, 5), 70), ("b", date(2024, 1, 6), 80)]


def test_timestamps_are_naive_and_mean_utc(tmp_path):
    path = written(tmp_path, 'played_at,artist,track\n2024-01-05T10:00:01Z,"A, ""B""\nC",nan\n')
    rows = scan_dataset(SCROBBLES, path).collect()
    assert rows.schema["played_at"] == pl.Datetime("us", time_zone=None)
    assert rows.rows() == [(datetime(2024, 1, 5, 10, 0, 1), 'A, "B"\nC', "nan")]


def test_optional_columns_stay_absent_and_empty_cells_are_null(tmp_path):
    path = written(tmp_path, "album,track,artist,played_at\n,b,a,2024-01-05T10:00:01Z\n")
    rows = scan_dataset(SCROBBLES, path).collect()
    assert rows.columns == ["played_at", "artist", "track", "album"]
    assert rows["album"].to_list() == [None]


def test_columns_that_the_dataset_has_not_are_left_out(tmp_path):
    text = LISTENERS.replace("\n", ",x\n")
    assert "x" not in scan_dataset(ARTIST_LISTENERS, written(tmp_path, text)).collect().columns


def test_parquet_is_read_the_same(tmp_path):
    rows = scan_dataset(ARTIST_LISTENERS, written(tmp_path, LISTENERS)).collect()
    rows.write_parquet(tmp_path / "dataset.parquet")
    assert scan_dataset(ARTIST_LISTENERS, tmp_path / "dataset.parquet").collect().equals(rows)


def test_every_dataset_has_a_type_for_every_column():
    assert set(TYPES) == set(ColumnType)
    assert {column.type for dataset in DATASETS.values() for column in dataset.columns} <= set(TYPES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "dataset.csv is empty, without even a header line"),
        ("artist_id,date\na,2024-01-05\n", "has no column monthly_listeners, which artist_listeners needs"),
        ("artist_id,date,monthly_listeners,date\n", "has the column date more than once"),
        (LISTENERS + "c,2024-13-01,1\n", "2024-13-01"),
        (LISTENERS + "c,2024-01-01,1.5\n", "1.5"),
        (LISTENERS + "c,2024-01-01,1,2\n", "is not the canonical file it should be"),
        (b"artist_id,date,monthly_listeners\n\xff,2024-01-05,7\n", "dataset.csv is not"),
    ],
)
def test_what_is_not_canonical_is_named(tmp_path, text, words):
    message = refusal(ARTIST_LISTENERS, written(tmp_path, text))
    assert words in message
    assert "Import the dataset again." in message


def test_a_file_that_is_not_there_or_no_parquet_is_named(tmp_path):
    assert "There is no" in refusal(TRACKS, tmp_path / "tracks.csv")
    assert "There is no" in refusal(TRACKS, tmp_path / "tracks.parquet")
    assert "is not readable" in refusal(TRACKS, written(tmp_path, "no", "tracks.parquet"))
