"""docs/sixth-prediction.md does what it says: its blocks are written into a copy of the project, and run there."""

import csv
import json
import shutil
import sys

import pytest
from pages import DOCS, ROOT, blocks

pytestmark = pytest.mark.slow
PAGE = DOCS / "sixth-prediction.md"
TARGET = "dropping.artist"
_TESTS = ("conftest.py", "raw_rows.py", "raw_audience.py", "features")
_ASK = """
import json, sys
from pathlib import Path

import refrain
from refrain.environment import prepare_environment
from refrain.project import Project

prepare_environment(Path.cwd())

from starlette.testclient import TestClient

from serving.api import api
from serving.assembling import assembled
from serving.web.keys import ApiKeys

parts, _ = assembled(Project(Path.cwd()), ApiKeys(), [])
with TestClient(api(parts), base_url="http://localhost") as client:
    answers = {path: client.get(path).json() for path in sys.argv[1:]}
Path("answers.json").write_text(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def written(make_project):
    """A copy of the project with what the page says in it."""
    project = make_project()
    for block in blocks(PAGE):
        if block.caption == "params.yaml":
            with (project.root / "params.yaml").open("a") as params:
                params.write(block.text)
        elif block.caption:
            place = project.root / block.caption
            assert not (ROOT / block.caption).exists(), f"{block.caption} is there already: the page would overwrite it"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text)
    for name in _TESTS:
        source, copy = ROOT / "tests" / name, project.root / "tests" / name
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return project


@pytest.fixture(scope="module")
def ran(written):
    """The same project after `refrain run dropping`, and the result that it printed."""
    (result,) = written.refrain("run", "dropping", "--json").json
    return written, result


def test_the_page_has_the_three_blocks_that_it_speaks_of():
    captions = [block.caption for block in blocks(PAGE) if block.caption]
    assert captions == ["features/dropping.py", "params.yaml", "tests/features/test_dropping.py"]


def test_its_features_pass_the_test_shown_and_the_test_of_leakage(written):
    """What scrambles the future finds the target by itself."""
    done = written.command(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "dropping", "-rA"),
        *("tests/features/test_dropping.py", "tests/features/test_no_leak.py"),
    )
    assert "test_scrambling_the_future_changes_no_feature" in done.out
    assert "test_the_rows_are_those_of_the_slow_twin" in done.out


def test_its_code_is_as_the_project_wants_it(written):
    files = ("features/dropping.py", "tests/features/test_dropping.py")
    settings = ("--config", str(ROOT / "pyproject.toml"), "--no-cache")
    written.command("ruff", "check", *settings, *files)
    written.command("ruff", "format", "--check", *settings, *files)


def test_it_is_trained_against_baselines_and_registered(ran):
    project, result = ran
    assert result["target"] == TARGET
    assert result["status"] == "trained"
    assert result["baseline"]["name"] in ("base rate", "days since last play")
    assert result["difference"]["low"] <= result["difference"]["value"] <= result["difference"]["high"]
    beaten = result["difference"]["low"] > 0
    assert result["champion"]["is_baseline"] is not beaten
    assert result["mlflow_run_id"]
    assert (project.root / "data" / "snapshots" / f"{TARGET}.parquet").is_file()
    (listed,) = project.refrain("models", TARGET, "--json").json
    assert {"base rate", "days since last play", "logistic", "xgboost"} == {
        version["name"] for version in listed["versions"]
    }


def test_nothing_is_left_to_do_after_it(ran):
    project, _ = ran
    stages = (f"snapshot-{TARGET.replace('.', '-')}", f"train-{TARGET.replace('.', '-')}")
    assert "up to date" in project.dvc("status", *stages).out
    (again,) = project.refrain("run", "dropping", "--json").json
    assert again["status"] == "unchanged"


def test_predict_answers_the_rows_shown(ran):
    project, result = ran
    (shown,) = [block for block in blocks(PAGE) if block.text.startswith("listener,artist,")]
    (project.root / "in.csv").write_text(shown.text)
    project.refrain("predict", TARGET, "in.csv", "-o", "out.csv")
    with (project.root / "out.csv").open() as stream:
        found = list(csv.DictReader(stream))
    assert [row["artist"] for row in found] == ["The Daisies", "Old Flame"]
    kept, dropped = (float(row["probability"]) for row in found)
    assert 0 < kept < dropped < 1
    assert {row["version"] for row in found} == {str(result["champion"]["version"])}


def test_the_api_serves_and_lists_it(ran):
    project, result = ran
    asked = ("/models", f"/models/{TARGET}", "/ready", "/sheets/targets")
    project.command(sys.executable, "-W", "ignore", "-c", _ASK, *asked)
    answers = json.loads((project.root / "answers.json").read_text())
    assert TARGET in [target["target"] for target in answers["/models"]["targets"]]
    assert answers[f"/models/{TARGET}"]["served"]["version"] == result["champion"]["version"]
    assert answers["/ready"]["targets"][TARGET]["ready"] is True
    (row,) = [row for row in answers["/sheets/targets"]["rows"] if row["target"] == TARGET]
    assert row["version"] == result["champion"]["version"]
