"""The train stage from a snapshot to its record."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic_snapshots import PARAMS, TARGET, breakout_snapshot, project_with

from models.storage import load_estimator
from refrain.errors import InputError, SettingsError, TooFewRowsError
from refrain.files import read_json
from refrain.project import Project
from tasks.records import EvaluationRecord
from tasks.train import run_stage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, EvaluationRecord]:
    project = project_with(tmp_path_factory.mktemp("trained") / "project", breakout_snapshot())
    return project, run_stage(TARGET, project)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_writes_models_predictions_metrics_plots_and_the_record(trained):
    project, record = trained
    assert EvaluationRecord.model_validate(read_json(project.evaluation(TARGET))) == record
    assert [candidate.family for candidate in record.candidates] == ["logistic", "forest", "xgboost"] + 2 * ["baseline"]
    for candidate in record.candidates:
        assert (project.models_folder(TARGET) / candidate.model).is_file()
    assert read_json(project.metrics(TARGET))["candidates"].keys() == {c.name for c in record.candidates}
    pictures = {path.name for path in project.plots_folder(TARGET).iterdir()}
    assert {"precision_recall.png", "calibration-forest.png", "importance-forest.png"} <= pictures


def test_predictions_are_those_of_the_stored_models(trained):
    project, record = trained
    predictions = pd.read_parquet(project.predictions(TARGET))
    test = predictions[predictions["window"] == "test"]
    assert len(test) == record.test.rows
    assert len(predictions) == record.tune.rows + record.test.rows
    snapshot = pd.read_parquet(project.snapshot(TARGET))
    rows = test.merge(snapshot, on=["listener", "artist", "as_of"], how="left", validate="one_to_one")
    for candidate in record.candidates:
        model = load_estimator(project.models_folder(TARGET) / candidate.model)
        assert np.array_equal(model.predict_proba(rows)[:, 1], test[candidate.name].to_numpy())


def test_candidates_find_the_truth_that_the_baselines_miss(trained):
    _, record = trained
    assert record.best_baseline == "plays this month"
    logistic = record.candidate("logistic")
    assert logistic.difference["average_precision"].low > 0
    assert max(logistic.importance, key=lambda name: logistic.importance[name].value) == "delta_1m"
    assert record.candidate("plays this month").difference["average_precision"].value == 0
    assert {"known", "unseen"} == logistic.slices.keys()


def test_early_stopping_chooses_fewer_rounds_than_allowed_and_folds_are_scored_for_each_setting(trained):
    _, record = trained
    assert 1 <= record.candidate("xgboost").settings["n_estimators"] < 60
    assert len(record.folds) == 2
    for fold in record.folds:
        assert fold.train.last_as_of < fold.test.first_as_of
        assert {"logistic C=0.1", "logistic C=1.0", "xgboost max_depth=3 n_estimators=60"} <= fold.scores.keys()


def test_two_processes_write_the_same_bytes_on_any_number_of_threads(trained, tmp_path):
    project, _ = trained
    folder = tmp_path / "again"
    project_with(folder, breakout_snapshot())
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "tasks.train", TARGET], cwd=folder, env=environment, check=True)
    assert digests(folder) == digests(project.root)


def test_labels_of_the_test_window_never_reach_a_model(trained, tmp_path):
    """Every label of the test window turned around: the models and what they say must be the same to the byte."""
    project, record = trained
    snapshot = breakout_snapshot()
    in_test = snapshot["as_of"] >= record.test.first_as_of
    snapshot.loc[in_test, "label"] = 1 - snapshot.loc[in_test, "label"]
    other = project_with(tmp_path / "scrambled", snapshot)
    turned = run_stage(TARGET, other)
    assert digests(other.models_folder(TARGET)) == digests(project.models_folder(TARGET))
    assert turned.candidate("logistic").tune == record.candidate("logistic").tune
    assert turned.candidate("logistic").alerts.threshold == record.candidate("logistic").alerts.threshold
    assert turned.candidate("logistic").metrics != record.candidate("logistic").metrics


def test_too_few_rows_name_the_window_and_leave_nothing_behind(tmp_path):
    project = project_with(tmp_path / "few", breakout_snapshot(rows=150))
    with pytest.raises(TooFewRowsError, match=r"the (tune|test) window holds \d+ labelled rows.*it needs 30 rows"):
        run_stage(TARGET, project)
    assert not project.models_folder(TARGET).exists()
    assert not project.evaluation(TARGET).exists()


@pytest.mark.parametrize(("line", "fault"), [("C: [0.1, 1.0]", "has a setting 'D'"), ("logistic:", "the family 'svm'")])
def test_unknown_families_and_settings_are_refused(tmp_path, line, fault):
    wrong = PARAMS.replace(line, {"logistic:": "svm:"}.get(line, "D: [1]"))
    with pytest.raises(SettingsError, match=fault):
        run_stage(TARGET, project_with(tmp_path / "wrong", breakout_snapshot(rows=50), wrong))


def test_a_snapshot_that_is_missing_broken_or_short_of_a_column_is_a_sentence(tmp_path):
    project = project_with(tmp_path / "broken", breakout_snapshot(rows=50).drop(columns="plays_t"))
    with pytest.raises(InputError, match="lacks the columns plays_t"):
        run_stage(TARGET, project)
    project.snapshot(TARGET).write_bytes(b"no parquet")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        run_stage(TARGET, project)
    project.snapshot(TARGET).unlink()
    with pytest.raises(InputError, match=r"refrain run breakout\.core"):
        run_stage(TARGET, project)


def test_without_a_refit_the_served_model_never_saw_the_labels_of_tune(tmp_path):
    """The rounds and the calibrator come from tune; the trees of the forest must not change with its labels."""
    params = PARAMS.replace("seed: 3", "seed: 3\n        refit: false").replace("folds: 2", "folds: 1")
    snapshot = breakout_snapshot()
    project = project_with(tmp_path / "plain", snapshot, params)
    record = run_stage(TARGET, project)
    in_tune = (snapshot["as_of"] >= record.tune.first_as_of) & (snapshot["as_of"] <= record.tune.last_as_of)
    snapshot.loc[in_tune, "label"] = 1 - snapshot.loc[in_tune, "label"]
    other = project_with(tmp_path / "turned", snapshot, params)
    run_stage(TARGET, other)
    forest, turned = (load_estimator(each.models_folder(TARGET) / "forest.skops") for each in (project, other))
    rows = breakout_snapshot(seed=6)
    assert np.array_equal(forest.estimator.predict_proba(rows), turned.estimator.predict_proba(rows))
    assert not np.array_equal(forest.predict_proba(rows), turned.predict_proba(rows))


def test_a_family_taken_out_of_params_leaves_no_model_behind(tmp_path):
    project = project_with(tmp_path / "fewer", breakout_snapshot())
    stale = project.models_folder(TARGET) / "svm.skops"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"old")
    run_stage(TARGET, project)
    assert not stale.exists()


def test_as_a_command_it_prints_a_sentence_and_exits_with_1(tmp_path):
    project = project_with(tmp_path / "few", breakout_snapshot(rows=60))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tasks.train", TARGET]
    ran = subprocess.run(command, cwd=project.root, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "too few rows" in ran.stderr
    assert "Traceback" not in ran.stderr
