"""The whole pipeline through the command line: run, status, repro, a changed param, a broken contract, a kill."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from agreement import answered, judged_rows, of_users, predicted
from starlette.testclient import TestClient

from features.registry import find_target
from refrain.project import Project
from serving.api import api
from serving.assembling import assembled
from serving.audience.asking import AskedAudience, registered
from serving.audience.figures import FiguresHere
from serving.web.keys import ApiKeys
from tasks.kinds.registry import kind_of

pytestmark = pytest.mark.slow
HEADLINES = {
    "audience.churn": "average_precision",
    "audience.churn_reason": "macro_f1",
    "audience.hourly": "mase",
    "breakout.core": "average_precision",
    "catalogue.decay": "wape",
    "hits.hit": "average_precision",
    "streams.one_week": "wape",
    "streams.three_week": "wape",
}
TARGETS = list(HEADLINES)
OF_STREAMS = ["catalogue.decay", "streams.one_week", "streams.three_week"]


def test_run_prints_one_whole_object_a_target(trained):
    _, results = trained
    assert [result["target"] for result in results] == TARGETS
    for result in results:
        assert result["status"] == "trained"
        assert set(result["champion"]) >= {"family", "version", "is_baseline"}
        for name in ("metric", "baseline", "difference"):
            assert result[name]["low"] <= result[name]["value"] <= result[name]["high"]
        assert result["metric"]["name"] == HEADLINES[result["target"]]
        assert min(result["rows"][window] for window in ("train", "tune", "test")) > 0
        as_of = {name: date.fromisoformat(day) for name, day in result["as_of"].items()}
        assert as_of["train_end"] < as_of["test_start"] <= as_of["test_end"]
        assert result["snapshot_digest"]
        assert result["dataset_digests"]
        assert result["mlflow_run_id"]
        assert result["flow_run_id"]
        assert result["verdict"]


def test_a_second_run_recomputes_and_registers_nothing(trained):
    project, first = trained
    before = project.fingerprint()
    again = project.refrain("run", "--json").json
    assert [result["status"] for result in again] == ["unchanged"] * len(TARGETS)
    for old, new in zip(first, again, strict=True):
        assert {**old, "status": "unchanged"} == new
    assert project.fingerprint() == before


def test_dvc_agrees_that_all_is_up_to_date(trained):
    project, _ = trained
    assert "up to date" in project.dvc("status").out
    repro = project.dvc("repro")
    assert "Running stage" not in repro.out


def test_dvc_shows_metrics_and_plots(trained):
    project, _ = trained
    shown = project.dvc("metrics", "show").out
    assert "average_precision" in shown
    assert "coverage_95" in shown
    assert "index.html" in project.dvc("plots", "show").out
    shutil.rmtree(project.root / "dvc_plots")


def test_a_run_leaves_no_persisted_result_behind(trained):
    """Prefect persists results as pickles."""
    project, _ = trained
    assert not list((project.root / ".prefect").glob("storage/*"))


def test_dvc_plots_are_pictures(trained):
    """DVC's own plots are drawn by a script from a CDN."""
    project, _ = trained
    plots = [path for path in (project.root / "data" / "plots").rglob("*") if path.is_file()]
    assert plots
    assert {path.suffix for path in plots} == {".png"}


@pytest.fixture(scope="module")
def served(trained, tmp_path_factory):
    """A copy of the trained project's data and registry, and a client of its API."""
    root = tmp_path_factory.mktemp("served")
    for name in ("data", "mlruns"):
        shutil.copytree(trained[0].root / name, root / name)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(trained[0].root / name, root / name)
    project = Project(root)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("DATABASE_URL", "MLFLOW_TRACKING_URI", "PREDICTION_LOG"):
            environment.delenv(name, raising=False)
        parts, _ = assembled(project, ApiKeys(), [])
        store, patient = parts.collector.store, parts.settings.model_copy(update={"seconds_to_answer": 600})
        # What is made of the raw data is made here: a busy machine may take longer than a server waits for it.
        figures = FiguresHere(store, "UTC", lambda: AskedAudience(project, store, registered(project)))
        with TestClient(api(replace(parts, figures=figures, settings=patient)), base_url="http://localhost") as client:
            yield project, client


@pytest.mark.parametrize("name", TARGETS)
def test_the_api_predict_and_training_say_the_same(name, served, tmp_path):
    """Of rows of the test window, to 1e-9 (of amounts: as a share of them)."""
    project, client = served
    target = find_target(name)
    rows, expected = judged_rows(target, project)
    assert len(rows) >= 20
    distance = kind_of(target).distance
    assert distance(predicted(target, project, rows, tmp_path, ".parquet"), expected) <= 1e-9
    assert distance(predicted(target, project, rows, tmp_path, ".csv"), expected) <= 1e-9
    assert distance(answered(target, project, rows, client), expected) <= 1e-9


def test_users_who_are_named_get_what_training_said_of_them(served):
    """Their features are made anew, of the raw data."""
    project, client = served
    target = find_target("audience.churn")
    rows, expected = judged_rows(target, project)
    newest = (rows["as_of"] == rows["as_of"].max()).to_numpy()
    assert newest.sum() >= 20
    assert np.max(np.abs(of_users(rows[newest], client) - expected[newest])) <= 1e-9


def test_repro_on_a_clean_copy_gives_the_same_bytes(trained, copied):
    # One target of each kind: chances, amounts, classes.
    targets = ("breakout.core", "streams.one_week", "audience.churn_reason")
    before = copied.fingerprint()
    shutil.rmtree(copied.root / "data")
    shutil.rmtree(copied.root / ".dvc" / "cache")
    copied.dvc("repro", *(f"train-{target.replace('.', '-')}" for target in targets))
    after = copied.fingerprint()
    assert [name for name in after if before[name] != after[name]] == []
    of_targets = {name for name in before if name.startswith("data/") and any(target in name for target in targets)}
    assert len(of_targets) > 30
    assert {name for name in of_targets if not name.startswith(("data/docs", "data/refused"))} <= set(after)
    # What DVC has computed, a run only looks up: the registry was there too.
    assert {result["status"] for result in copied.refrain("run", "--json", *targets).json} == {"unchanged"}


def test_deleted_outputs_come_back_from_the_cache(copied):
    shutil.rmtree(copied.root / "data" / "snapshots")
    done = copied.refrain("run", "--json")
    assert {result["status"] for result in done.json} == {"unchanged"}
    assert "from cache" in done.err
    assert "done" not in done.err.replace("from cache", "")


def test_a_changed_param_runs_only_its_stages(copied):
    copied.set_param("targets", "hits", "hit", "training", "seed", value=2)
    done = copied.refrain("run", "--json")
    by_target = {result["target"]: result for result in done.json}
    assert by_target["hits.hit"]["status"] == "trained"
    assert by_target["breakout.core"]["status"] == "unchanged"
    computed = [line.split()[:2] for line in done.err.splitlines() if line.rstrip().endswith("done")]
    assert computed == [["train", "hits.hit"], ["register", "hits.hit"]]


def test_a_broken_contract_stops_its_targets_and_only_those(copied):
    versions = copied.refrain("models", "hits", "--json").json
    copied.set_param("datasets", "tracks", "min_rows", value=50_000_000)
    copied.set_param("targets", "breakout", "core", "training", "seed", value=2)
    done = copied.refrain("run", "--json", expect=1)
    by_target = {result["target"]: result for result in done.json}
    assert by_target["hits.hit"]["status"] == "failed"
    assert "tracks" in by_target["hits.hit"]["error"]
    assert "Traceback" not in done.err
    assert by_target["breakout.core"]["status"] == "trained"
    assert copied.refrain("models", "hits", "--json").json == versions


def test_a_broken_dataset_stops_all_predictions_that_are_built_from_it(copied):
    copied.set_param("datasets", "daily_streams", "min_rows", value=50_000_000)
    done = copied.refrain("run", "--json", expect=1)
    by_status = {result["target"]: result["status"] for result in done.json}
    assert by_status == {target: "failed" if target in OF_STREAMS else "unchanged" for target in TARGETS}, done.err
    assert "daily_streams" in done.err
    assert "Traceback" not in done.err


def test_another_version_is_served_and_the_one_before_again(copied):
    def served():
        (model,) = copied.refrain("models", "hits", "--json").json
        return next(version["version"] for version in model["versions"] if "champion" in version["aliases"])

    before = served()
    other = 1 if before != 1 else 2
    said = copied.refrain("promote", "hits.hit", str(other), "--why", "it answers faster").out
    assert f"v{other} from now on" in said
    assert served() == other
    copied.refrain("rollback", "hits.hit")
    assert served() == before
    refused = copied.refrain("promote", "hits.hit", "99", expect=1)
    assert "has no version 99" in refused.err
    assert served() == before


@pytest.mark.parametrize("seconds", [6, 14])
def test_a_killed_run_leaves_nothing_half_done(copied, seconds):
    copied.set_param("targets", "hits", "hit", "training", "seed", value=3)
    words = [sys.executable, "-m", "flows.cli", "run"]
    run = subprocess.Popen(
        words, cwd=copied.root, env=copied.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    # Whatever the alias points to still answers.
    rows = copied.root / "rows.csv"
    rows.write_text("danceability,energy,valence,tempo\n0.5,0.5,0.5,120\n")
    copied.refrain("predict", "hits.hit", "rows.csv", "-o", "scored.csv")
    after = copied.refrain("run", "--json").json
    assert {result["status"] for result in after} <= {"trained", "unchanged"}
    assert "up to date" in copied.dvc("status").out
