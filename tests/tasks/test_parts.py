"""A dataset taken in parts gives what it gives whole."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from raw_rows import RANDOM_ROWS, frame

from features.registry import all_targets
from refrain.settings import TargetSettings, TrainingSettings
from tasks import parts
from tasks.parts import in_parts
from tasks.snapshot import snapshot

SETTINGS = TargetSettings(snapshot={"core_share": 0.9}, training=TrainingSettings(candidates={}))


def scrobbles(listeners: int = 9) -> pl.DataFrame:
    begin = datetime(2022, 1, 1)
    plays = [
        (
            begin + timedelta(hours=7 * step + listener),
            f"artist {step // 300 * 20 + step % 20}",
            f"song {step % 11}",
            f"l{listener}",
        )
        for listener in range(listeners)
        for step in range(1200 + 50 * listener)
    ]
    return pl.DataFrame(plays, schema=["played_at", "artist", "track", "listener"], orient="row")


@pytest.fixture
def plays(tmp_path: Path) -> Path:
    scrobbles().with_columns(pl.col("played_at").cast(pl.Datetime("us"))).write_parquet(tmp_path / "plays.parquet")
    return tmp_path / "plays.parquet"


def test_a_snapshot_in_parts_has_the_same_bytes(plays, tmp_path, monkeypatch):
    target = all_targets()["breakout.core"]
    whole = snapshot(target, SETTINGS, {"scrobbles": plays}, tmp_path / "whole.parquet")
    monkeypatch.setattr(parts, "_PART_ROWS", 1500)
    monkeypatch.setattr("tasks.snapshot.in_parts", lambda *given: in_parts(*given, whole=2000))
    parted = snapshot(target, SETTINGS, {"scrobbles": plays}, tmp_path / "parted.parquet")
    assert whole.rows > 0
    assert parted.md5 == whole.md5


def test_a_snapshot_of_two_datasets_in_parts_has_the_same_bytes(tmp_path, monkeypatch):
    """The rows of a part depend on when the whole record ends, which is told to every part."""
    target = all_targets()["audience.churn"]
    paths = {name: tmp_path / f"{name}.parquet" for name in target.datasets}
    for name, path in paths.items():
        frame(name, RANDOM_ROWS[name](3)).write_parquet(path)
    whole = snapshot(target, TargetSettings(training=SETTINGS.training), paths, tmp_path / "whole.parquet")
    monkeypatch.setattr(parts, "_PART_ROWS", 100)
    monkeypatch.setattr("tasks.snapshot.in_parts", lambda *given: in_parts(*given, whole=200))
    parted = snapshot(target, TargetSettings(training=SETTINGS.training), paths, tmp_path / "parted.parquet")
    assert whole.rows > 50
    assert parted.md5 == whole.md5


def test_every_row_is_in_one_part_and_a_listener_in_one(plays, tmp_path):
    frame = pl.scan_parquet(plays)
    with in_parts({"scrobbles": frame}, "listener", tmp_path, whole=2000) as found:
        frames = [part["scrobbles"].collect() for part in found]
        assert len(frames) > 1
    together = pl.concat(frames).sort("listener", "played_at")
    assert together.equals(frame.collect().sort("listener", "played_at"))
    listeners = [name for part in frames for name in part["listener"].unique()]
    assert len(listeners) == len(set(listeners)) == 9
    assert not list(tmp_path.glob(".parts-*"))


def test_a_small_dataset_without_the_column_is_whole_in_every_part(plays, tmp_path):
    tracks = pl.LazyFrame({"track": ["song 1", "song 2"]})
    with in_parts({"scrobbles": pl.scan_parquet(plays), "tracks": tracks}, "listener", tmp_path, whole=2000) as found:
        parts_found = list(found)
        assert len(parts_found) > 1
        assert all(part["tracks"].collect().height == 2 for part in parts_found)


def test_where_a_large_dataset_lacks_the_column_all_is_taken_whole(plays, tmp_path):
    frames = {"scrobbles": pl.scan_parquet(plays), "tracks": pl.LazyFrame({"track": ["song"] * 2001})}
    with in_parts(frames, "listener", tmp_path, whole=2000) as found:
        assert list(found) == [frames]


@pytest.mark.parametrize("apart", [None, "nobody"])
def test_what_cannot_be_parted_is_taken_whole(plays, tmp_path, apart):
    frames = {"scrobbles": pl.scan_parquet(plays)}
    with in_parts(frames, apart, tmp_path, whole=10) as found:
        assert list(found) == [frames]
