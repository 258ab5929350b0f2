"""The snapshot step: one file, the same bytes for the same input, and sentences where there can be none."""

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from raw_rows import RANDOM_ROWS, canonical_csv, frame

from features.registry import all_targets
from refrain.errors import InputError, SettingsError, TooFewRowsError
from refrain.files import file_md5
from refrain.project import Project
from refrain.settings import TargetSettings
from tasks.snapshot import SnapshotReport, run_stage, snapshot

KNOBS: dict[str, dict[str, Any]] = {
    "breakout.core": {"min_plays": 2, "core_plays": 7, "core_share": 0.2, "warm_up_months": 4},
    "hits.hit": {"threshold": 60},
}
NAMES = list(KNOBS)


def settings(name: str, **snapshot_knobs: Any) -> TargetSettings:
    knobs = KNOBS[name] | snapshot_knobs
    return TargetSettings.model_validate({"snapshot": knobs, "training": {"candidates": {}}})


def dataset_files(name: str, folder: Path, shuffle: int | None = None) -> dict[str, Path]:
    paths = {}
    for dataset in all_targets()[name].datasets:
        rows = RANDOM_ROWS[dataset](3)
        if shuffle is not None:
            random.Random(shuffle).shuffle(rows)
        paths[dataset] = folder / f"{dataset}.csv"
        paths[dataset].write_text(canonical_csv(frame(dataset, rows)), encoding="utf-8")
    return paths


def write(name: str, folder: Path, paths: dict[str, Path], **knobs: Any) -> SnapshotReport:
    return snapshot(all_targets()[name], settings(name, **knobs), paths, folder / "out.parquet")


@pytest.mark.parametrize("name", NAMES)
def test_the_report_says_what_the_file_holds(name: str, tmp_path: Path) -> None:
    report = write(name, tmp_path, dataset_files(name, tmp_path))
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert (report.target, report.rows, report.md5) == (name, rows.height, file_md5(tmp_path / "out.parquet"))
    assert (report.positives, report.labelled) == (rows["label"].sum(), rows["label"].count())
    assert 0 < report.positives < report.labelled < report.rows
    assert (report.first_as_of, report.last_as_of) == (rows["as_of"].min(), rows["as_of"].max())


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_sorted_by_as_of_and_entity_and_columns_stand_as_the_target_names_them(
    name: str, tmp_path: Path
) -> None:
    target = all_targets()[name]
    write(name, tmp_path, dataset_files(name, tmp_path))
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows.equals(rows.sort("as_of", *target.entity))
    assert [column for column in rows.columns if column in target.features] == list(target.features)
    assert set(target.cluster) | set(target.entity) <= set(rows.columns)
    assert dict(rows.schema)["as_of"] == dict(rows.schema)["label_known_at"] == pl.Date


@pytest.mark.parametrize("name", NAMES)
def test_the_same_rows_give_the_same_bytes_in_any_order_and_from_csv_or_parquet(name: str, tmp_path: Path) -> None:
    digests = {write(name, tmp_path, dataset_files(name, tmp_path, shuffle)).md5 for shuffle in (None, 1, 2)}
    parquet = {}
    for dataset, path in dataset_files(name, tmp_path).items():
        parquet[dataset] = path.with_suffix(".parquet")
        frame(dataset, RANDOM_ROWS[dataset](3)).write_parquet(parquet[dataset])
    assert digests == {write(name, tmp_path, parquet).md5}


def test_a_knob_changes_the_labels(tmp_path: Path) -> None:
    paths = dataset_files("hits.hit", tmp_path)
    few, many = (write("hits.hit", tmp_path, paths, threshold=threshold).positives for threshold in (90, 10))
    assert few < many


def test_an_unknown_knob_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"targets\.hits\.hit\.snapshot.*treshold"):
        write("hits.hit", tmp_path, dataset_files("hits.hit", tmp_path), treshold=60)


def test_nothing_eligible_is_a_sentence_and_leaves_the_old_snapshot(tmp_path: Path) -> None:
    paths = dataset_files("breakout.core", tmp_path)
    before = write("breakout.core", tmp_path, paths).md5
    with pytest.raises(TooFewRowsError, match=r"scrobbles\.csv gives not a single row of breakout\.core\. Import"):
        write("breakout.core", tmp_path, paths, warm_up_months=120)
    assert file_md5(tmp_path / "out.parquet") == before


def test_a_cell_of_the_wrong_type_names_the_file_and_leaves_the_old_snapshot(tmp_path: Path) -> None:
    paths = dataset_files("hits.hit", tmp_path)
    before = write("hits.hit", tmp_path, paths).md5
    paths["tracks"].write_text(paths["tracks"].read_text().replace(",day,", ",day,very ", 1))
    with pytest.raises(InputError, match=r"tracks\.csv"):
        write("hits.hit", tmp_path, paths)
    assert file_md5(tmp_path / "out.parquet") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with validated random tracks and scrobbles."""
    found = Project(tmp_path)
    targets = "".join(
        f"  {prediction}: {{{short}: {{snapshot: {json.dumps(KNOBS[f'{prediction}.{short}'])}, "
        "training: {candidates: {}}}}\n"
        for prediction, short in (name.split(".") for name in NAMES)
    )
    found.params_file.write_text(f"sources: {{}}\ndatasets: {{}}\ntargets:\n{targets}")
    found.raw("x").parent.mkdir(parents=True)
    found.validation("x").parent.mkdir(parents=True)
    for name in NAMES:
        for dataset, path in dataset_files(name, found.raw("x").parent).items():
            found.validation(dataset).write_text(json.dumps({"md5": file_md5(path)}))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_stage_reads_the_projects_files_and_params(name: str, project: Project) -> None:
    report = run_stage(name, project)
    assert report.md5 == file_md5(project.root / "data" / "snapshots" / f"{name}.parquet")


def test_the_stage_refuses_data_that_was_not_validated(project: Project) -> None:
    project.validation("tracks").unlink()
    with pytest.raises(InputError, match=r"tracks\.csv has not been held.*python -m tasks\.validate tracks"):
        run_stage("hits.hit", project)


def test_the_stage_refuses_data_that_changed_after_validation(project: Project) -> None:
    with project.raw("tracks").open("a") as stream:
        stream.write("\n")
    with pytest.raises(InputError, match=r"tracks\.json speaks of other bytes.*python -m tasks\.validate tracks"):
        run_stage("hits.hit", project)
    assert not project.snapshot("hits.hit").exists()


def test_the_stage_says_which_dataset_is_missing(project: Project) -> None:
    project.raw("scrobbles").unlink()
    with pytest.raises(InputError, match=r"There is no .*scrobbles\.csv"):
        run_stage("breakout.core", project)
