"""hits.hit against its slow twin, its dates, and the real catalogue."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from raw_rows import frame, lazy, random_tracks
from slow_hits import slow_rows

from features.hits import COMPARED, MEANS, NUMERIC, TARGETS, HitSettings
from features.titles import song_name
from refrain.datasets import AUDIO_FEATURES, TRACKS
from sources.canonical import scan_dataset
from sources.source import Destination
from sources.tidytuesday import SOURCE as TIDYTUESDAY

(HIT,) = TARGETS
KNOBS = HitSettings(threshold=60, horizon_days=30)
Row = dict[str, Any]
AVERAGED = {*MEANS}


def snapshot(tracks: "nw.LazyFrame[Any]", knobs: HitSettings = KNOBS) -> dict[str, Row]:
    rows = HIT.rows({"tracks": tracks}, knobs).to_native().collect(engine="streaming").to_dicts()
    found = {row["track_id"]: row for row in rows}
    assert len(found) == len(rows), "a track is one row"
    return found


def songs(tracks: list[Row]) -> dict[str, str]:
    titles = pl.DataFrame({"title": sorted({track["title"] for track in tracks})})
    named = nw.from_native(titles).with_columns(song_name(nw.col("title")).alias("song")).to_native()
    return dict(named.iter_rows())


def same(found: dict[str, Row], expected: dict[str, Row]) -> None:
    for track_id, row in expected.items():
        for name, value in row.items():
            # Means are of whole millionths; everything else is exact.
            wanted = pytest.approx(value, abs=2e-6, rel=1e-9) if name in AVERAGED and value is not None else value
            assert found[track_id][name] == wanted, (track_id, name)


def track(track_id: str, released: str, **cells: Any) -> Row:
    base = {"track_id": track_id, "artist_id": "a", "title": track_id, "artist": "A", "popularity": 70.0}
    audio = {"danceability": 0.5, "energy": 0.5, "valence": 0.5, "tempo": 120.0}
    return base | audio | {"release_date": date.fromisoformat(released)} | cells


@pytest.mark.parametrize("seed", range(4))
def test_every_feature_and_label_equals_the_slow_twin(seed: int) -> None:
    tracks = random_tracks(seed)
    found = snapshot(lazy("tracks", tracks))
    assert sorted(found) == sorted(row["track_id"] for row in tracks)
    same(found, slow_rows(tracks, songs(tracks), KNOBS))


def test_a_tracks_own_cells_are_passed_on() -> None:
    tracks = random_tracks(5)
    found = snapshot(lazy("tracks", tracks))
    for row in tracks:
        for name in (*AUDIO_FEATURES, "genre", "title"):
            assert found[row["track_id"]][name] == row[name]


@pytest.mark.parametrize("absent", [("release_precision",), ("popularity",), ("genre",), AUDIO_FEATURES[4:]])
def test_an_optional_column_may_be_absent(absent: tuple[str, ...]) -> None:
    tracks = [{name: cell for name, cell in row.items() if name not in absent} for row in random_tracks(2)]
    expected = [dict.fromkeys(absent) | row for row in tracks]
    found = snapshot(lazy("tracks", tracks))
    same(found, slow_rows(expected, songs(tracks), KNOBS))
    assert list(found["t0001"]) == list(snapshot(lazy("tracks", random_tracks(2)))["t0001"])


def test_no_popularity_is_a_feature() -> None:
    tracks = random_tracks(3)
    turned = [row | {"popularity": 100 - (row["popularity"] or 0)} for row in tracks]
    before, after = snapshot(lazy("tracks", tracks)), snapshot(lazy("tracks", turned))
    assert any(before[key]["label"] != after[key]["label"] for key in before)
    for key in before:
        assert {**before[key], "label": 0} == {**after[key], "label": 0}


@pytest.mark.parametrize(("popularity", "label"), [(60.0, 1), (59.9, 0), (None, None)])
def test_the_label_is_popularity_at_or_above_the_threshold(popularity: float | None, label: int | None) -> None:
    found = snapshot(lazy("tracks", [track("t", "2020-05-01", popularity=popularity)]))
    assert found["t"]["label"] == label


@pytest.mark.parametrize(
    ("precision", "as_of", "known_at"),
    [("day", "2020-02-01", "2020-03-02"), ("month", "2020-02-01", "2020-03-30"), ("year", "2020-01-01", "2021-01-30")],
)
def test_a_vague_date_knows_least_and_is_known_last(precision: str, as_of: str, known_at: str) -> None:
    found = snapshot(lazy("tracks", [track("t", "2020-02-01", release_precision=precision)]))["t"]
    assert (str(found["as_of"]), str(found["label_known_at"])) == (as_of, known_at)


def test_a_track_dated_to_a_year_is_history_only_after_that_year() -> None:
    old = track("old", "2019-01-01", release_precision="year")
    found = snapshot(lazy("tracks", [old, track("within", "2019-12-31"), track("after", "2020-01-01")]))
    assert found["within"]["artist_earlier_tracks"] == 0
    assert (found["after"]["artist_earlier_tracks"], found["after"]["days_since_last_release"]) == (2, 1)


def test_tracks_of_the_same_day_are_no_history_of_each_other() -> None:
    found = snapshot(lazy("tracks", [track("one", "2020-05-01"), track("two", "2020-05-01")]))
    assert {(row["artist_earlier_tracks"], row["same_day_tracks"]) for row in found.values()} == {(0, 2)}


def test_a_release_365_days_ago_counts_as_of_the_last_year_and_one_of_366_days_does_not() -> None:
    found = snapshot(lazy("tracks", [track(day, day) for day in ("2019-05-01", "2019-05-02", "2020-05-01")]))
    assert found["2020-05-01"]["artist_tracks_last_365_days"] == 1


def test_the_columns_are_those_the_target_names() -> None:
    names = HIT.rows({"tracks": lazy("tracks", random_tracks(1))}, KNOBS).collect_schema().names()
    assert sorted(names) == sorted(
        ["track_id", "artist_id", "as_of", "label_known_at", *NUMERIC, "genre", "title", "label"]
    )


@pytest.fixture(scope="module")
def catalogue(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.LazyFrame:
    folder = tmp_path_factory.mktemp("tidytuesday")
    destination = Destination(folder / "tracks.csv", folder / "rejects.csv")
    file = shared_data / "tracks" / "tidytuesday_spotify_songs.csv.gz"
    TIDYTUESDAY.load("tracks", file, TIDYTUESDAY.options_type(), None, destination)
    return scan_dataset(TRACKS, destination.dataset)


def test_on_the_real_catalogue_a_sample_equals_the_slow_twin(catalogue: pl.LazyFrame) -> None:
    tracks = catalogue.collect().to_dicts()
    found = snapshot(nw.from_native(catalogue))
    assert len(found) == len(tracks) > 28_000
    sample = set(random.Random(1).sample(sorted(found), 60))
    same(found, slow_rows(tracks, songs(tracks), KNOBS, only=sample))
    late = [row["label"] for row in found.values() if row["as_of"] >= date(2019, 7, 1)]
    assert sum(late) / len(late) == pytest.approx(0.256, abs=0.003)


def test_random_tracks_hold_what_the_twin_is_to_be_tried_on() -> None:
    rows = frame("tracks", random_tracks(0))
    assert set(rows["release_precision"].unique()) == {"day", "month", "year"}
    found = pl.DataFrame(list(snapshot(nw.from_native(rows.lazy())).values()), infer_schema_length=None)
    for name in ("artist_same_song_earlier", "others_same_song_earlier", "artist_earlier_genres", "same_day_tracks"):
        assert found[name].max() > 1
    assert all(found[f"artist_mean_{name}"].null_count() < found.height for name in COMPARED)
