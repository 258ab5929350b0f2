"""Files of counts, whatever their kind and order, give the same histories."""

import numpy as np
import polars as pl
import pytest
from small_catalogues import LAST, daily, known_tracks, weekly_chart, written

from features.catalogue import CatalogueSettings
from refrain.errors import InputError
from tasks.forecasting.careful_reading import made_plain
from tasks.forecasting.readers import read_histories
from tasks.forecasting.row_batches import NotPlainError
from tasks.forecasting.track_facts import TrackFacts

NOTHING_KNOWN = TrackFacts(None, None, LAST, CatalogueSettings())


def histories_of(paths, chunk_rows=1000):
    """Every track's days, counts, days covered and cutoffs, in the order of the file."""
    found = []
    for chunk in read_histories(paths, NOTHING_KNOWN, chunk_rows):
        assert (chunk.lengths > 0).all()
        for number, track_id in enumerate(chunk.track_ids):
            rows = slice(chunk.starts[number], chunk.starts[number + 1])
            values = (chunk.days, chunk.counts, chunk.covered, chunk.cutoffs)
            found.append((track_id, *(None if each is None else each[rows].tolist() for each in values)))
    return found


def by_hand(counts):
    """The same by Polars, track by track."""
    found = []
    for (track_id,), rows in counts.group_by("track_id", maintain_order=True):
        days = rows["date"].cast(pl.Int32).to_list()
        others = [rows[name].to_list() if name in rows.columns else None for name in ("days", "cutoff")]
        found.append((track_id, days, rows["streams"].to_list(), *others))
    return found


@pytest.mark.parametrize("chunk_rows", [1, 700, 10**9])
@pytest.mark.parametrize("counts", [daily(1, gaps=0.01), weekly_chart(2)], ids=["daily", "weekly"])
def test_a_parquet_file_is_read_in_chunks_of_whole_tracks(counts, chunk_rows, tmp_path):
    folder = written(tmp_path, daily_streams=counts)
    assert histories_of([folder / "daily_streams.parquet"], chunk_rows) == by_hand(counts)


@pytest.mark.parametrize("counts", [daily(3), weekly_chart(4)], ids=["daily", "weekly"])
def test_a_csv_file_gives_the_same(counts, tmp_path):
    counts.write_csv(tmp_path / "counts.csv")
    assert histories_of([tmp_path / "counts.csv"]) == by_hand(counts)


def test_types_of_other_writers_give_the_same(tmp_path):
    counts = daily(5)
    other = counts.with_columns(
        pl.col("track_id").cast(pl.Categorical),
        pl.col("date").cast(pl.Datetime("ms")),
        pl.col("streams").cast(pl.Int32),
    )
    other.write_parquet(tmp_path / "counts.parquet", row_group_size=500)
    assert histories_of([tmp_path / "counts.parquet"]) == by_hand(counts)


def test_the_newest_may_come_first(tmp_path):
    counts = daily(6)
    turned = counts.sort("track_id", "date", descending=[False, True])
    folder = written(tmp_path, daily_streams=turned)
    assert histories_of([folder / "daily_streams.parquet"]) == by_hand(counts)


@pytest.mark.parametrize("part_rows", [800, 10**9], ids=["in parts", "at once"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rows_in_any_order_are_sorted_first(suffix, part_rows, tmp_path):
    counts = daily(7)
    mixed = counts.sample(fraction=1.0, shuffle=True, seed=1)
    path = tmp_path / f"counts{suffix}"
    mixed.write_csv(path) if suffix == ".csv" else mixed.write_parquet(path)
    with pytest.raises(NotPlainError):
        histories_of([path])
    with made_plain(path, part_rows) as paths:
        assert (len(paths) > 1) == (part_rows == 800)
        assert histories_of(paths) == by_hand(counts)
    assert not any(each.exists() for each in paths)


def test_a_track_whose_rows_lie_in_two_chunks_is_noticed(tmp_path):
    counts = daily(10)
    apart = pl.concat([counts[100:], counts[:100]])
    folder = written(tmp_path, daily_streams=apart)
    with pytest.raises(NotPlainError):
        histories_of([folder / "daily_streams.parquet"], 700)


def test_cells_that_are_no_numbers_are_faults_of_their_tracks_alone(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(
        "track_id,date,streams\na,2024-01-01,5\na,2024-01-02,many\nb,2024-01-01,7\nb,soon,8\nc,2024-01-01,9\nc,2024-01-02,\n"
        "d,2024-01-01,3\n,2024-01-01,4\n"
    )
    with pytest.raises(NotPlainError):
        histories_of([path])
    with made_plain(path) as paths:
        counts = {track_id: rows for track_id, _, rows, _, _ in histories_of(paths)}
    assert {track_id for track_id, rows in counts.items() if np.isnan(rows).any()} == {"a", "b", "c"}
    assert counts["d"] == [3]
    assert counts[""] == [4]


def test_what_is_known_of_tracks_comes_with_them(tmp_path):
    counts = daily(8)
    folder = written(tmp_path, daily_streams=counts, tracks=known_tracks(counts, 9))
    facts = TrackFacts(folder / "tracks.parquet", None, LAST, CatalogueSettings())
    chunks = list(read_histories([folder / "daily_streams.parquet"], facts))
    assert chunks[-1].lengths.max() == 0
    assert all(track_id.startswith("N") for track_id in chunks[-1].track_ids)
    assert (chunks[-1].release_days > LAST - 90).all()
    # The same release and the same artist in a CSV file.
    known_tracks(counts, 9).write_csv(folder / "tracks.csv")
    again = TrackFacts(folder / "tracks.csv", None, LAST, CatalogueSettings())
    for one, other in zip(facts.of(chunks[0].track_ids), again.of(chunks[0].track_ids), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_without_a_column_is_refused_by_its_name(suffix, tmp_path):
    path = tmp_path / f"counts{suffix}"
    counts = daily(1).rename({"streams": "plays"})
    counts.write_csv(path) if suffix == ".csv" else counts.write_parquet(path)
    with pytest.raises(InputError, match=r"counts\.\w+ has no column 'streams'"):
        histories_of([path])


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_bytes(b"track_id,date,streams\nCora\xe7\xe3o,2024-01-01,soon\n")
    with pytest.raises(NotPlainError):
        histories_of([path])
    with pytest.raises(InputError, match=r"counts\.csv cannot be read"), made_plain(path):
        pass
    (tmp_path / "counts.parquet").write_bytes(b"PAR1 and so on")
    with pytest.raises(InputError, match=r"counts\.parquet cannot be read"):
        histories_of([tmp_path / "counts.parquet"])


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        histories_of([tmp_path / "nothing.parquet"])
    with pytest.raises(InputError, match="cannot be read"):
        TrackFacts(tmp_path / "nothing.csv", None, LAST, CatalogueSettings())
