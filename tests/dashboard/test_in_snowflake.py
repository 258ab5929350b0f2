"""What is uploaded to Snowflake: enough for the pages, and nothing that is not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboard" / "in_snowflake"


@pytest.fixture
def assembled(tmp_path):
    folder = tmp_path / "app"
    subprocess.run(["sh", str(FOLDER / "assemble.sh"), str(folder)], check=True)
    return folder


def test_the_application_runs_from_the_assembled_folder(assembled, tables_file):
    script = Path(__file__).with_name("within_snowflake.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tables_file)],
        cwd=assembled,
        env={name: value for name, value in os.environ.items() if name != "REFRAIN_TABLES"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_all_that_is_named_for_the_upload_is_there(assembled):
    lines = (assembled / "snowflake.yml").read_text().splitlines()
    named = [line.strip().removeprefix("- ") for line in lines if line.strip().startswith("- ")]
    assert "dashboard" in named
    assert all((assembled / name).exists() for name in named)
    assert not list(assembled.rglob("*.pyc"))


def test_streamlit_is_the_version_that_the_project_has():
    required = (FOLDER / "requirements.txt").read_text().strip().partition("==")[2]
    assert f"streamlit=={required}" in (ROOT / "pyproject.toml").read_text()
