"""A target whose label is an amount, from its snapshot through training, gate and registry to scored rows."""

import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from features.registry import find_target
from models.intervals import ANSWER
from models.storage import load_estimator
from refrain.project import Project
from tasks.aliases import serve_version
from tasks.gate import Outcome
from tasks.lineage import Lineage
from tasks.records import EvaluationRecord
from tasks.register import register
from tasks.score import score
from tasks.tracking import open_store
from tasks.train import run_stage
from tasks.versions import champion, list_versions

TARGET = find_target("streams.one_week")
DAYS = [name for name in TARGET.features if name.startswith("day_")]
PARAMS = """
storage: {mlruns: mlruns}
sources: {simulated: {}}
datasets:
  daily_streams: {source: simulated, received_on: '2025-01-01'}
targets:
  streams:
    one_week:
      training:
        seed: 1
        replicates: 200
        importance_rows: 100
        importance_repeats: 1
        split: {train: 0.6, tune: 0.2, folds: 1, tune_steps: 2}
        candidates:
          ridge: {alpha: [1.0, 1000000.0]}
          xgboost: {max_depth: [2], learning_rate: [0.3], n_estimators: [40]}
      gate: {max_coverage_error: 0.1}
"""


def snapshot_rows(rows=3000, seed=0):
    """Tracks that grow or shrink by what the last days say: the week ahead is not the last one again."""
    generator = np.random.default_rng(seed)
    level = generator.lognormal(9, 1.5, rows)
    slope = generator.normal(0, 0.03, rows)
    back = np.arange(7)
    days = level[:, None] * np.exp(-slope[:, None] * back + 0.02 * generator.standard_normal((rows, 7)))
    ahead = level[:, None] * np.exp(slope[:, None] * np.arange(1, 8))
    weeks = pd.date_range("2022-01-06", periods=100, freq="7D")
    as_of = weeks[np.sort(generator.integers(0, len(weeks), rows))]
    frame = pd.DataFrame(dict.fromkeys(TARGET.features, np.nan), index=range(rows))
    frame[DAYS] = np.round(days)
    label = np.round(ahead.sum(axis=1) * np.exp(0.03 * generator.standard_normal(rows)))
    return frame.assign(
        days_since_release=generator.integers(0, 500, rows).astype(float),
        track_id=[f"track {number}" for number in generator.integers(0, 200, rows)],
        as_of=[day.date() for day in as_of],
        label_known_at=[day.date() for day in as_of + pd.Timedelta(days=7)],
        label=label,
    ).drop_duplicates(["track_id", "as_of"])


def make_project(folder: Path, frame: pd.DataFrame) -> tuple[Project, EvaluationRecord]:
    folder.mkdir(parents=True)
    (folder / "params.yaml").write_text(PARAMS)
    project = Project(folder)
    project.snapshot(TARGET.name).parent.mkdir(parents=True)
    frame.to_parquet(project.snapshot(TARGET.name), index=False)
    return project, run_stage(TARGET.name, project)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("amounts") / "project", snapshot_rows())


@pytest.fixture(scope="module")
def registered(trained, tmp_path_factory):
    project = Project(Path(shutil.copytree(trained[0].root, tmp_path_factory.mktemp("registered") / "project")))
    record, store = trained[1], open_store(project)
    lineage = Lineage(snapshot=record.snapshot_md5, params="p", code="c", datasets={"daily_streams": "5" * 32})
    return project, store, register(TARGET, record, lineage, project, store, "flow 1")


def test_finds_what_the_baselines_miss_and_covers_what_it_promises(trained):
    _, record = trained
    ridge = record.candidate("ridge")
    assert record.headline == "wape"
    assert ridge.difference["wape"].high < 0
    assert ridge.settings["alpha"] == 1.0, "settings are chosen by the lower error"
    assert ridge.metrics["coverage_80"].value == pytest.approx(0.8, abs=0.06)
    assert ridge.metrics["coverage_95"].value == pytest.approx(0.95, abs=0.04)
    assert {"known", "new releases", "catalogue"} <= ridge.slices.keys()
    bars = [candidate for candidate in record.candidates if candidate.is_baseline]
    assert record.best_baseline == min(bars, key=lambda bar: bar.metrics["wape"].value).name


def test_predictions_are_those_of_the_stored_models(trained):
    project, record = trained
    predictions = pd.read_parquet(project.predictions(TARGET.name))
    test = predictions[predictions["window"] == "test"]
    rows = test.merge(pd.read_parquet(project.snapshot(TARGET.name)), on=["track_id", "as_of"], how="left")
    for candidate in record.candidates:
        said = load_estimator(project.models_folder(TARGET.name) / candidate.model).predict(rows)
        names = [candidate.name, *(f"{candidate.name} {column}" for column in ANSWER[1:])]
        assert np.array_equal(said, test[names].to_numpy())


def test_labels_of_the_test_window_never_reach_a_model(trained, tmp_path):
    project, record = trained
    frame = snapshot_rows()
    in_test = frame["as_of"] >= record.test.first_as_of
    frame.loc[in_test, "label"] *= 7
    other, turned = make_project(tmp_path / "scrambled", frame)
    for candidate in record.candidates:
        ours, theirs = (each.models_folder(TARGET.name) / candidate.model for each in (project, other))
        assert ours.read_bytes() == theirs.read_bytes()
    assert turned.candidate("ridge").tune == record.candidate("ridge").tune
    assert turned.candidate("ridge").metrics != record.candidate("ridge").metrics


def test_the_gate_serves_what_is_surely_better_and_keeps_its_promise(registered):
    _, store, registration = registered
    assert registration.decision.outcome == Outcome.CHAMPION
    served = champion(store, TARGET.name)
    assert served.tags["headline"] == "wape"
    conditions = registration.decision.candidate(served.name).conditions
    assert any("coverage error" in condition.reason for condition in conditions)


def test_intervals_that_cover_too_little_are_not_served(trained, tmp_path):
    project = Project(Path(shutil.copytree(trained[0].root, tmp_path / "strict")))
    (project.root / "params.yaml").write_text(PARAMS.replace("max_coverage_error: 0.1", "max_coverage_error: 0.0001"))
    project, store = Project(project.root), open_store(project)
    lineage = Lineage(snapshot=trained[1].snapshot_md5, params="q", code="c", datasets={"daily_streams": "5" * 32})
    registration = register(TARGET, trained[1], lineage, project, store, "flow 1")
    assert registration.decision.outcome == Outcome.BASELINE_KEPT
    assert "above the limit of 0.0001" in registration.verdict
    assert champion(store, TARGET.name).is_baseline


def test_scored_rows_have_the_amount_its_bounds_and_the_model(registered, tmp_path):
    project, store, _ = registered
    rows = pd.read_parquet(project.snapshot(TARGET.name)).tail(50)[["track_id", "as_of", *DAYS]]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    report = score(TARGET, tmp_path / "rows.csv", tmp_path / "out.csv", store)
    out = pd.read_csv(tmp_path / "out.csv")
    assert report.rows == len(out) == 50
    assert list(out.columns) == [
        *("track_id", "as_of", *ANSWER, "model", "version", "family", "is_baseline"),
    ]
    assert (out["low_95"] <= out["prediction"]).all()
    assert (out["prediction"] <= out["high_95"]).all()
    assert out["prediction"].sum() == pytest.approx(rows[DAYS].to_numpy().sum(), rel=0.3)


def test_mlflow_serves_the_version_as_amounts_with_bounds(registered, monkeypatch: pytest.MonkeyPatch):
    project, store, _ = registered
    served = champion(store, TARGET.name)
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    model = mlflow.pyfunc.load_model(served.location)
    rows = pd.read_parquet(project.snapshot(TARGET.name)).tail(20)[list(TARGET.features)].astype(float)
    stored = load_estimator(project.models_folder(TARGET.name) / f"{served.name}.skops")
    np.testing.assert_array_equal(model.predict(rows), stored.predict(rows))


def test_an_older_version_is_served_again_only_if_it_says_what_it_said(registered, tmp_path):
    project = Project(Path(shutil.copytree(registered[0].root, tmp_path / "copied")))
    store = open_store(project)
    other = next(
        one for one in list_versions(store, TARGET.name) if one.version != champion(store, TARGET.name).version
    )
    assert serve_version(store, TARGET.name, other.version).version == other.version
