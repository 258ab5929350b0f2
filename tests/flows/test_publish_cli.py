"""The `publish` command and the flow of that name."""

import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.logging import disable_run_logger
from typer.testing import CliRunner

import flows.publish
from flows.exclusive import exclusive
from flows.publish_flow import publish as publish_flow
from refrain.errors import RefrainError, UsageError
from refrain.project import Project
from serving.cli import app
from tasks.sheets.faults import AskedWrongError
from tasks.sheets.tracks.audio_averages import SHEETS


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    """A project without a registry, whose only sheet is that of the audio features."""
    (tmp_path / "params.yaml").write_text((Path(__file__).parents[2] / "params.yaml").read_text())
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    shelf = SimpleNamespace(refresh=lambda: (), shown=SimpleNamespace(registry=""))
    monkeypatch.setattr(flows.publish, "open_store", lambda project: None)
    monkeypatch.setattr(flows.publish, "shelf_for_sheets", lambda store: shelf)
    monkeypatch.setattr(flows.publish, "all_sheets", lambda: {sheet.name: sheet for sheet in SHEETS})
    monkeypatch.delenv("REFRAIN_TABLES", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def run(*words):
    done = CliRunner().invoke(app, ["publish", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def published(path):
    return sqlite3.connect(path).execute("SELECT sheet, total, missing <> '' FROM refrain_sheets").fetchall()


def tracks(project, rows):
    path = project.raw("tracks")
    path.parent.mkdir(parents=True)
    lines = [f"t{place},a,T,A,2020-01-01,{place},0.5,0.5,0.5,120" for place in range(rows)]
    first = "track_id,artist_id,title,artist,release_date,popularity,danceability,energy,valence,tempo"
    path.write_text("\n".join([first, *lines]) + "\n")


def test_it_says_what_it_published_and_what_is_missing(project):
    said = run("--to", "sqlite:///tables.db")
    assert "audio_averages  empty: There is no dataset tracks yet. Run `refrain run`" in said
    assert "Published to the SQLite database" in said
    assert published(project.root / "tables.db") == [("audio_averages", 0, 1)]


def test_as_json(project, monkeypatch):
    tracks(project, 3)
    monkeypatch.setenv("REFRAIN_TABLES", "sqlite:///tables.db")
    said = json.loads(run("--json", "--sheet", "audio_averages"))
    assert [(one["sheet"], one["missing"]) for one in said["sheets"]] == [("audio_averages", "")]
    assert said["sheets"][0]["rows"] == published(project.root / "tables.db")[0][1] == 8


def test_an_unknown_sheet_is_refused(project):
    with pytest.raises(AskedWrongError, match="no such sheet"):
        run("--to", "sqlite:///tables.db", "--sheet", "nothing")
    assert not (project.root / "tables.db").exists()


def test_without_an_address_it_says_how_to_give_one(project):
    with pytest.raises(UsageError, match="REFRAIN_TABLES"):
        run()


def test_while_a_run_changes_the_data_nothing_is_published(project):
    with exclusive(project), pytest.raises(RefrainError, match="Another `refrain` command"):
        run("--to", "sqlite:///tables.db")
    assert not (project.root / "tables.db").exists()


def test_the_flow_publishes_to_where_the_environment_says(project, monkeypatch):
    monkeypatch.setenv("REFRAIN_TABLES", "sqlite:///tables.db")
    with disable_run_logger():
        publication = publish_flow.fn(folder=str(project.root))
    found = sqlite3.connect(project.root / "tables.db").execute("SELECT publication FROM refrain_sheets").fetchall()
    assert found == [(publication,)]
