"""`refrain forecast`, as a person meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import small_catalogue as small
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

import flows.cli
from flows import forecast_cli
from refrain.errors import InputError, ModelError, TooFewRowsError, UsageError
from tasks.database.database import DatabaseError
from tasks.forecasting.forecaster import Forecaster

_ROOT = Path(flows.cli.__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project in the working folder, with settings of catalogue.decay and no database yet."""
    params = YAML(typ="safe").load((_ROOT / "params.yaml").read_text())
    params["targets"]["catalogue"] = {"decay": {"training": {"candidates": {}}}}
    with (tmp_path / "params.yaml").open("w") as stream:
        YAML(typ="safe").dump(params, stream)
    (tmp_path / "dvc.yaml").write_text("")
    for name in ("PREFECT_HOME", "PREFECT_LOGGING_LEVEL"):
        monkeypatch.setenv(name, "")  # what the command sets of these is gone after the test
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(forecast_cli.out, "width", 200)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def served(project, monkeypatch):
    """The project with the stand-in registered as its champion, and six tracks in its database."""
    monkeypatch.setattr(Forecaster, "from_champion", classmethod(lambda *_: small.forecaster()))
    (project / "data").mkdir()
    small.fill(_database(project), small.tracks(6))
    return project


def _database(project):
    return small.opened(f"sqlite:///{project / 'data' / 'refrain.db'}")


def _refrain(*words: str) -> Result:
    return CliRunner().invoke(flows.cli.app, ["forecast", *words])


def _forecast(*words: str) -> str:
    """What it prints, of a run that succeeds."""
    result = _refrain(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_closing_line_has_all_figures(served):
    bad = small.rows_of("bad")
    bad[0]["daily_streams"] = -1
    small.fill(_database(served), bad)
    lines = _forecast("--months", "12").splitlines()
    assert lines[-1].startswith("6 tracks forecast for 12 months after 2024-02-29 by stand-in v7 in ")
    assert lines[-1].endswith("tracks/s); 1 skipped (1 for a negative count); success rate 85.7 %.")
    assert len(small.stored(_database(served))) == 72


def test_a_baseline_that_is_served_is_called_one(served, monkeypatch):
    baseline = small.forecaster()
    baseline.name = "classic decay"
    monkeypatch.setattr(Forecaster, "from_champion", classmethod(lambda *_: baseline))
    assert "by the baseline classic decay v7" in _forecast()
    assert "by the baseline classic decay v7" in _forecast("--track", "t001", "--months", "1")


def test_a_second_run_does_only_what_is_left(served):
    _forecast()
    assert _forecast().splitlines() == [
        "6 tracks had a forecast and were left alone; --refresh replaces what is there.",
        "Nothing to do: every track has a forecast.",
    ]
    assert "6 tracks forecast for 24 months" in _forecast("--refresh", "--workers", "1", "--batch", "2")


def test_json_has_the_figures_alone(served):
    report = json.loads(_forecast("--json", "--months", "3"))
    assert (report["forecast"], report["skipped"], report["success_rate"]) == (6, {}, 1.0)
    assert (report["as_of"], report["months"], report["model"], report["version"]) == ("2024-02-29", 3, "stand-in", 7)


def test_most_tracks_without_a_count_on_as_of_are_noted(served):
    small.fill(_database(served), small.rows_of("late", last=small.TODAY))
    first, *_ = _forecast().splitlines()
    assert first == (
        "Note: only 1 of 7 tracks have a count on 2024-03-02, from which the forecast starts. "
        "--as-of gives another day."
    )
    assert "after 2024-02-29" in _forecast("--refresh", "--as-of", "2024-02-29")


def test_one_tracks_page_and_files(served):
    page = _forecast("--track", "t003", "--months", "2")
    assert "Track t003 on 2024-02-29, by stand-in v7" in page
    assert "none in the database: forecast without it" in page
    assert "released" in page and "2023-11-02" in page
    assert "2024-03-01  2024-03-30" in page and "█" in page and "░" in page
    assert "change a month" in page and "-3.3 %" in page
    assert "Written: data/forecasts/t003.csv and data/forecasts/t003.png" in page
    assert (served / "data" / "forecasts" / "t003.csv").read_text().count("\n") == 3
    assert (served / "data" / "forecasts" / "t003.png").read_bytes().startswith(b"\x89PNG")
    assert small.stored(_database(served)) == []


def test_one_tracks_json_has_null_for_what_is_unknown(served):
    track = json.loads(_forecast("--track", "t003", "--json", "--months", "2"))
    assert track["mldr"] is None
    assert [month["number"] for month in track["months"]] == [1, 2]


def test_a_track_that_is_not_there_is_said(served):
    assert isinstance(_refrain("--track", "nobody").exception, InputError)


def test_without_a_champion_it_says_what_to_run(project):
    with pytest.raises(ModelError, match=r"^catalogue\.decay has no champion yet\. Run `refrain run catalogue`"):
        raise _refrain().exception


def test_without_rows_it_says_how_to_load_them_and_without_datasets_what_to_import(project, monkeypatch):
    monkeypatch.setattr(Forecaster, "from_champion", classmethod(lambda *_: small.forecaster()))
    assert isinstance(_refrain().exception, TooFewRowsError)
    with pytest.raises(InputError, match=r"no daily streams to load.*refrain import"):
        raise _refrain("--load").exception


@pytest.mark.parametrize(("address", "fault"), [("postgresql://u:pw@127.0.0.1:1/d", DatabaseError), ("x", UsageError)])
def test_a_database_that_cannot_be_used_is_said(served, monkeypatch, address, fault):
    monkeypatch.setenv("DATABASE_URL", address)
    assert isinstance(_refrain().exception, fault)


def test_the_command_says_it_in_a_sentence_and_never_shows_the_password(project):
    """In a process of its own, with --debug, which shows where a fault came from."""
    (project / "data" / "raw").mkdir(parents=True)
    environment = {**os.environ, "DATABASE_URL": "postgresql://bob:hunter22@127.0.0.1:1/music"}
    command = [sys.executable, "-m", "flows.cli", "forecast", "--load", "--debug"]
    environment["PYTHONPATH"] = str(_ROOT)
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Error: The PostgreSQL database music on 127.0.0.1:1 does not answer: " in done.stderr
    assert "hunter22" not in done.stderr + done.stdout


def test_what_is_forecast_is_valued_where_a_rate_is_given(served):
    lines = _forecast("--rate", "0.004", "--discount", "0.1").splitlines()
    assert lines[0].startswith("The streams of the 6 tracks forecast now are worth ")
    assert "80 %: " in lines[0] and "95 %: " in lines[0]
    assert (served / "data" / "forecasts" / "value_by_artist.csv").is_file()
    assert "worth" in _forecast("--track", "t001", "--rate", "0.004")
    assert isinstance(_refrain("--rate", "much").exception, UsageError)
