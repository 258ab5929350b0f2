"""TidyTuesday's Spotify tracks: repeated over playlists, dates of a year alone, every popularity read on one day."""

import gzip

import polars as pl
import pytest

from refrain.datasets import TRACKS
from refrain.errors import UsageError
from sources.canonical import scan_dataset
from sources.tidytuesday import artist_id

COLUMNS = (
    "track_id,track_name,track_artist,track_popularity,track_album_release_date,playlist_name,playlist_genre,"
    "danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,duration_ms"
)
TRACK = {
    "track_id": "t1",
    "track_name": "Alma",
    "track_artist": "Sofia Reyes",
    "track_popularity": "66",
    "track_album_release_date": "2019-06-14",
    "playlist_name": "Pop Remix",
    "playlist_genre": "pop",
    "danceability": "0.748",
    "energy": "0.916",
    "key": "6",
    "loudness": "-2.634",
    "mode": "1",
    "speechiness": "0.0583",
    "acousticness": "0.102",
    "instrumentalness": "2.33e-5",
    "liveness": "0.0653",
    "valence": "0.518",
    "tempo": "122.036",
    "duration_ms": "194754",
}


def table(*changes):
    rows = [",".join((TRACK | change)[name] for name in COLUMNS.split(",")) for change in changes]
    return "\n".join([COLUMNS, *rows]) + "\n"


def load(bench, content, **options):
    return bench.load("tidytuesday", "tracks", content, **options)


@pytest.fixture(scope="module")
def real(shared_data):
    return shared_data / "tracks" / "tidytuesday_spotify_songs.csv.gz"


def test_the_real_file_becomes_one_row_per_track(bench, real):
    imported = load(bench, real)
    raw = pl.read_csv(gzip.decompress(real.read_bytes()), infer_schema=False)
    assert (raw.height, raw["track_id"].n_unique()) == (32_833, 28_356)
    # Four tracks (five rows) have no name, and one was released eight days after the readings.
    assert imported.report.rejected == {
        "track_artist is empty": 5,
        "released after 2020-01-21, the day popularity was read": 1,
    }
    assert imported.report.kept == 28_356 - 4 - 1
    assert imported.report.merged == 32_833 - 6 - imported.report.kept
    assert imported.report.notes == ()
    assert {row["track_id"] for row in imported.rows} == set(
        raw.filter((pl.col("track_name") != "NA") & (pl.col("track_album_release_date") <= "2020-01-21"))["track_id"]
    )
    assert [row["track_id"] for row in imported.rows] == sorted(row["track_id"] for row in imported.rows)
    precisions = [row["release_precision"] for row in imported.rows]
    dates = raw.unique("track_id").filter(pl.col("track_name") != "NA")["track_album_release_date"]
    assert precisions.count("year") == (dates.str.len_chars() == 4).sum()
    assert precisions.count("month") == (dates.str.len_chars() == 7).sum()


def test_the_real_file_keeps_every_number(bench, real):
    load(bench, real)
    written = scan_dataset(TRACKS, bench.destination.dataset).collect()
    raw = pl.read_csv(gzip.decompress(real.read_bytes()), infer_schema=False).unique("track_id", keep="first")
    both = written.join(raw, on="track_id", how="left", suffix="_raw")
    for name in ("danceability", "instrumentalness", "tempo", "duration_ms", "key"):
        assert (both[name] == both[f"{name}_raw"].cast(both[name].dtype)).all()
    assert (both["title"] == both["track_name"].str.strip_chars()).all()
    assert (both["popularity"] == both["track_popularity"].cast(pl.Float64)).all()


def test_how_many_playlists_a_track_is_on_leaves_no_trace(bench):
    once = load(bench, table({}))
    often = load(bench, table({}, {"playlist_name": "Dance"}, {"playlist_name": "Party"}))
    assert often.text == once.text
    assert often.report.merged == 2


def test_the_genre_does_not_depend_on_the_order_or_number_of_playlists(bench):
    pop, rock, edm = ({"playlist_genre": genre} for genre in ("pop", "rock", "edm"))
    texts = {load(bench, table(*rows)).text for rows in ([pop, rock, edm], [edm, rock, pop], [rock, edm, edm, pop])}
    assert len(texts) == 1


def test_the_genre_of_a_track_with_several_favours_none(bench):
    """The first in the alphabet would always be edm, and edm would betray that a track is on several playlists."""
    rows = [{"track_id": f"t{number}", "playlist_genre": genre} for number in range(300) for genre in ("edm", "rock")]
    genres = [row["genre"] for row in load(bench, table(*rows)).rows]
    assert 100 < genres.count("edm") < 200


def test_a_genre_that_is_missing_on_one_playlist_is_taken_from_another(bench):
    imported = load(bench, table({"playlist_genre": "NA"}, {"playlist_genre": "rap"}))
    assert imported.rows[0]["genre"] == "rap"


@pytest.mark.parametrize(
    ("written", "date", "precision"),
    [("2012", "2012-01-01", "year"), ("2012-05", "2012-05-01", "month"), ("2012-05-17", "2012-05-17", "day")],
)
def test_a_date_says_how_much_of_it_is_known(bench, written, date, precision):
    row = load(bench, table({"track_album_release_date": written})).rows[0]
    assert (row["release_date"], row["release_precision"]) == (date, precision)


@pytest.mark.parametrize("written", ["2012-13", "2012-02-30", "17.05.2012", "20120", "0000"])
def test_a_date_that_is_none_is_rejected(bench, written):
    imported = load(bench, table({}, {"track_id": "t2", "track_album_release_date": written}))
    assert imported.report.rejected == {"track_album_release_date is not a date (YYYY-MM-DD)": 1}
    assert imported.rejects[0][0] == "3"


def test_a_row_that_contradicts_its_track_is_rejected(bench):
    imported = load(bench, table({}, {"track_popularity": "12"}, {"playlist_genre": "latin"}, {"tempo": "120"}))
    assert imported.report.rejected == {"contradicts the first row of the same track": 2}
    assert [reject[0] for reject in imported.rejects] == ["3", "5"]
    assert (imported.report.merged, imported.rows[0]["popularity"]) == (1, "66.0")


def test_a_track_released_after_the_reading_is_rejected(bench):
    late = {"track_id": "t2", "track_album_release_date": "2020-01-22"}
    last = {"track_id": "t3", "track_album_release_date": "2020-01-21"}
    imported = load(bench, table({}, late, last))
    assert imported.report.rejected == {"released after 2020-01-21, the day popularity was read": 1}
    assert load(bench, table({}, late, last), read_on="2020-02-01").report.rejected == {}


@pytest.mark.parametrize("column", ["track_name", "track_artist", "track_id", "danceability", "tempo"])
@pytest.mark.parametrize("missing", ["NA", "", " "])
def test_a_row_without_a_needed_cell_is_rejected(bench, column, missing):
    imported = load(bench, table({}, {"track_id": "t2"} | {column: missing}))
    assert imported.report.rejected == {f"{column} is empty": 1}


def test_a_cell_that_may_be_missing_is_empty(bench):
    row = load(bench, table({"track_popularity": "NA", "loudness": "NA", "playlist_genre": "NA"})).rows[0]
    assert (row["popularity"], row["loudness"], row["genre"]) == ("", "", "")


def test_rejects_stand_in_the_order_of_their_lines(bench):
    rows = ({}, {"track_popularity": "1"}, {"track_id": "t2", "tempo": "fast"}, {"track_popularity": "2"})
    assert [reject[0] for reject in load(bench, table(*rows)).rejects] == ["3", "4", "5"]


def test_artists_are_told_apart_by_name_but_for_case_and_spacing(bench):
    rows = [{"track_id": f"t{place}", "track_artist": name} for place, name in enumerate(("AC/DC", "ac/dc", "Abba"))]
    ids = [row["artist_id"] for row in load(bench, table(*rows)).rows]
    assert ids[0] == ids[1] != ids[2]
    assert artist_id("Ｔｏｏｌ  ") == artist_id("tool")
    assert artist_id("Tool") == "name-7c9bbe5ec9b3fb77"  # stable for ever: models learn from it


def test_a_missing_column_is_named(bench):
    message = bench.error("tidytuesday", "tracks", table({}).replace("track_artist", "artist"))
    assert "line 1: the header lacks the column track_artist" in message


def test_every_row_refused_is_an_error(bench):
    message = bench.error("tidytuesday", "tracks", table({"track_id": "NA"}))
    assert "every one of the 1 rows was rejected: track_id is empty (1)" in message


def test_a_mapping_of_columns_is_refused(bench):
    with pytest.raises(UsageError, match="Use the source csv"):
        bench.load("tidytuesday", "tracks", table({}), {"title": "name"})
