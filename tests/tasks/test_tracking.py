import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from trained_project import PARAMS, TARGET, snapshot_rows

from refrain.errors import UsageError
from refrain.project import Project
from tasks.register import register
from tasks.score import score
from tasks.tracking import open_store, server_arguments
from tasks.versions import list_versions

OPEN = """
import sys
from pathlib import Path
from refrain.project import Project
from tasks.tracking import open_store
client = open_store(Project(Path(sys.argv[1]))).client()
print(client.create_run("0").info.run_id)
"""


def new_project(folder: Path) -> Project:
    folder.mkdir()
    (folder / "params.yaml").write_text(PARAMS)
    return Project(folder)


@pytest.mark.slow
def test_processes_that_meet_a_new_store_at_once_all_write_to_it(tmp_path: Path):
    project = new_project(tmp_path / "project")
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", OPEN, str(project.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    said = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    with sqlite3.connect(project.root / "mlruns" / "mlflow.db") as connection:
        known = {run_id for (run_id,) in connection.execute("SELECT run_uuid FROM runs")}
    assert known == {out.strip() for out, _ in said}
    assert not list((project.root / "mlruns").glob(".*.part*")), "what the creation left behind"


def test_a_store_killed_while_it_is_created_is_created_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A half-made database lies beside, never in place."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = new_project(tmp_path / "project")
    kill_at_twentieth_step = (
        "import os, signal, sqlalchemy.engine.default as engine\n"
        "original, steps = engine.DefaultDialect.do_execute, []\n"
        "def execute(*arguments, **options):\n"
        "    steps.append(1)\n"
        "    if len(steps) == 20: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return original(*arguments, **options)\n"
        "engine.DefaultDialect.do_execute = execute\n"
    )
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", kill_at_twentieth_step + OPEN, str(project.root)],
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -9
    assert not (project.root / "mlruns" / "mlflow.db").exists()
    assert open_store(project).client().create_run("0").info.run_id


@pytest.mark.parametrize("uri", ["mlruns", "./mlruns", "file:///tmp/mlruns"])
def test_a_plain_folder_is_refused_with_a_way_out(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(UsageError, match=r"plain folder.*sqlite:///.*mlflow\.db"):
        open_store(new_project(tmp_path / "project"))


def test_the_environment_names_another_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project = new_project(tmp_path / "project")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert open_store(project).artifacts is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/elsewhere/mlflow.db")
    assert open_store(project).artifacts == str(tmp_path / "elsewhere" / "artifacts")


def test_opening_a_store_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = new_project(tmp_path / "project")
    assert list_versions(open_store(project), "hits.hit") == ()
    assert [path.name for path in project.root.iterdir()] == ["params.yaml"]


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = new_project(tmp_path / "project")
    (project.root / "mlruns").mkdir()
    (project.root / "mlruns" / "mlflow.db").write_text("not a database, but long enough to be taken for one")
    with pytest.raises(UsageError, match="is not an MLflow database"):
        open_store(project)


def test_a_moved_project_finds_its_models_and_mlflow_its_artifacts(copied, tmp_path):
    project, _, record, lineage, registered = copied
    moved = Project(Path(shutil.move(project.root, tmp_path / "moved to here")))
    store = open_store(moved)
    assert all(str(moved.root) in version.location for version in list_versions(store, TARGET.name))
    snapshot_rows(20).to_csv(tmp_path / "in.csv", index=False)
    assert score(TARGET, tmp_path / "in.csv", tmp_path / "out.csv", store).version == registered.champion.version
    client = store.client()
    names = {file.path for file in client.list_artifacts(registered.mlflow_run_id)}
    assert {"decision.json", "plots"} <= names
    again = register(TARGET, record, lineage, moved, store, "flow")
    assert not again.created
    assert again.champion == registered.champion


def test_the_servers_arguments_name_the_projects_store(project, store):
    assert server_arguments(project) == ["--backend-store-uri", store.uri, "--default-artifact-root", store.artifacts]
