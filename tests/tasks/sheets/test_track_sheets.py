"""The sheets of the page Hits: tracks and their features, reliability, importance and metrics."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from small_models import StillShelf, small_project, small_shelf

from features.registry import all_targets
from models.compiled.rows import Rows
from refrain.project import Project
from tasks.champions.loaded import columns_of
from tasks.champions.shelf import Shelf, Shown
from tasks.records import CandidateRecord, EvaluationRecord, LearnedRecord, WindowRecord
from tasks.share_interval import share_interval
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet
from tasks.tracking import Store

HIT = all_targets()["hits.hit"]
Made = Callable[..., pl.DataFrame]


@pytest.fixture(scope="module")
def tracks_only(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project with the snapshot of hits.hit alone, to be looked at only."""
    return small_project(tmp_path_factory.mktemp("tracks"), ["hits.hit"])


@pytest.fixture(scope="module")
def hits_only(tracks_only: Project) -> Shelf:
    """A shelf with small champion, families and baseline of hits.hit."""
    return small_shelf(tracks_only, ["hits.hit"])


@pytest.fixture(scope="module")
def sheets(tracks_only: Project, hits_only: Shelf) -> Sheets:
    return Sheets(Material(tracks_only, hits_only))


def found(sheets, name, **asked):
    return sheets.find(find_sheet(name), Asked(**asked))


def test_tracks_say_what_the_champion_says_of_their_release_day(sheets):
    made = found(sheets, "tracks", limit=10_000).made
    rows = made.rows.drop_nulls("probability")
    snapshot = sheets.material.snapshot("hits.hit").collect()
    assert len(made.rows) == len(sheets.material.dataset("tracks").collect())
    assert len(rows) == len(snapshot)
    one = rows.row(7, named=True)
    row = snapshot.filter(pl.col("track_id") == one["track_id"])
    loaded = sheets.material.served("hits.hit")
    asked = Rows.of_frame(row.to_pandas(), columns_of(HIT))
    assert one["probability"] == pytest.approx(loaded.champion.answers(asked)[0], abs=1e-9)
    assert one["forest"] == pytest.approx(loaded.families["forest"].answers(asked)[0], abs=1e-9)
    assert one["base_rate"] == loaded.champion.learned.mean_label
    assert made.models[0].target == "hits.hit"
    assert "60 or more" in made.notes[0]


def test_tracks_tell_a_test_from_what_was_learned(sheets):
    rows = found(sheets, "tracks", limit=10_000).made.rows
    until = sheets.material.served("hits.hit").champion.served.learned_until
    exact = rows.filter(pl.col("release_precision") == "day")
    assert exact["in_training"].any()
    assert not exact["in_training"].all()
    assert (exact["in_training"] == (exact["release_date"] <= until)).all()


def test_tracks_are_searched_by_title_artist_and_id(sheets):
    one = found(sheets, "tracks", limit=1).made.rows.row(0, named=True)
    for words in (one["title"].upper(), f"{one['artist']} {one['title']}", one["track_id"]):
        assert one["track_id"] in found(sheets, "tracks", search=words).made.rows["track_id"]


def test_the_features_are_all_that_a_model_takes(sheets):
    track = found(sheets, "tracks", limit=1).made.rows["track_id"][0]
    rows = found(sheets, "track_features", where={"track_id": track}).made.rows
    assert rows.columns == ["track_id", "as_of", *HIT.features]
    assert len(rows) == 1


def test_without_a_champion_tracks_say_what_to_run(tracks_only):
    shelf = StillShelf(Store("sqlite:///nowhere", tracks_only.root, tracks_only.root / "nowhere.db", None))
    shelf._shown = Shown(loaded={}, since={})
    assert "refrain run" in found(Sheets(Material(tracks_only, shelf)), "tracks").made.missing


@pytest.mark.parametrize("name", ["importance", "candidate_metrics", "hit_reliability"])
def test_without_a_training_the_sheets_say_what_to_run(sheets, name):
    assert "Run `refrain run" in found(sheets, name).made.missing


WINDOW = WindowRecord(rows=4, positives=2, first_as_of="2024-01-01", last_as_of="2024-03-01")
ESTIMATE = {"value": 0.7, "low": 0.6, "high": 0.8}


def candidate(name, family, **importance):
    return CandidateRecord(
        name=name,
        family=family,
        settings={},
        tune={},
        metrics={"average_precision": ESTIMATE},
        difference={} if family == "baseline" else {"average_precision": {"value": 0.4, "low": 0.3, "high": 0.5}},
        slices={},
        importance={feature: {"value": loss, "low": 0, "high": 2 * loss} for feature, loss in importance.items()},
        calibration=(),
        model="x.skops",
    )


def record_of(snapshot):
    return EvaluationRecord(
        target="hits.hit",
        headline="average_precision",
        best_baseline="base rate",
        train=WINDOW,
        tune=WINDOW,
        test=WINDOW,
        purged=0,
        folds=(),
        candidates=(candidate("xgboost", "xgboost", genre=0.2, energy=0.1), candidate("base rate", "baseline")),
        learned=LearnedRecord(rows=8, mean_label=0.25, ranges={}),
        snapshot_md5=snapshot,
    )


def with_training(tracks_only, hits_only, root: Path, snapshot: str) -> Sheets:
    """The small project, in which hits.hit was trained on a snapshot with that digest, and its test predictions."""
    (root / "params.yaml").write_text((tracks_only.root / "params.yaml").read_text())
    project = Project(root)
    for place in (project.evaluation("hits.hit"), project.predictions("hits.hit"), project.snapshot("hits.hit")):
        place.parent.mkdir(parents=True, exist_ok=True)
    project.evaluation("hits.hit").write_text(record_of(snapshot).model_dump_json())
    tracks = pl.read_parquet(tracks_only.snapshot("hits.hit")).filter(pl.col("label").is_not_null()).head(400)
    tracks.write_parquet(project.snapshot("hits.hit"))
    said = tracks.select("track_id", "as_of", pl.lit("test").alias("window"), pl.col("label").cast(pl.Int64))
    chances = pl.Series([0.03] * 200 + [0.62] * 199 + [1.0])
    said = said.with_columns(chances.alias("xgboost"), pl.lit(0.25).alias("base rate"))
    said.write_parquet(project.predictions("hits.hit"))
    return Sheets(Material(project, hits_only))


@pytest.fixture
def trained_sheets(tracks_only, hits_only, tmp_path, monkeypatch):
    made = with_training(tracks_only, hits_only, tmp_path, "of the champion")
    monkeypatch.setattr(Material, "is_of_champion", lambda self, target: True)
    return made


def test_importance_names_the_champion_and_its_features(trained_sheets):
    made = found(trained_sheets, "importance").made
    assert made.rows.select("target", "candidate", "is_champion", "feature", "loss", "low", "high").rows() == [
        ("hits.hit", "xgboost", True, "genre", 0.2, 0.0, 0.4),
        ("hits.hit", "xgboost", True, "energy", 0.1, 0.0, 0.2),
    ]
    assert len(made.notes) == 1


def test_metrics_stand_beside_the_baseline(trained_sheets):
    rows = found(trained_sheets, "candidate_metrics").made.rows
    first, bar = rows.rows(named=True)
    assert (first["candidate"], first["is_baseline"], first["decides"]) == ("xgboost", False, True)
    assert (first["difference"], first["difference_low"]) == (0.4, 0.3)
    assert (bar["candidate"], bar["is_best_baseline"], bar["difference"]) == ("base rate", True, None)


def test_another_training_than_the_champions_is_called_one(tracks_only, hits_only, tmp_path):
    made = with_training(tracks_only, hits_only, tmp_path, "of another snapshot")
    shown = found(made, "importance").made
    assert not shown.rows["is_champion"].any()
    assert "did not come from the last training" in shown.notes[-1]
    assert "refrain run hits" in found(made, "hit_reliability").made.missing


def test_reliability_counts_what_came_of_each_band(trained_sheets):
    made = found(trained_sheets, "hit_reliability").made
    snapshot = trained_sheets.material.snapshot("hits.hit").collect()
    low, middle, top = made.rows.filter(pl.col("candidate") == "xgboost").rows(named=True)
    assert (low["from_probability"], low["to_probability"], low["tracks"]) == (0.0, 0.05, 200)
    assert (middle["tracks"], top["tracks"]) == (199, 1)
    assert low["hits"] == snapshot.head(200)["label"].sum()
    assert low["predicted"] == pytest.approx(0.03)
    for row in made.rows.rows(named=True):
        assert 0 <= row["low"] <= row["share"] <= row["high"] <= 1
        at_least = share_interval(row["hits"], row["tracks"])
        assert row["low"] <= at_least[0]
        assert row["high"] >= at_least[1]
    assert top["high"] - top["low"] > 0.5  # one track tells next to nothing


def test_the_score_interval_is_wilsons():
    assert share_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
