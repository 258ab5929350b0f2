"""`refrain activity` over a folder with two datasets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PARAMS = """
sources: {csv: {}}
datasets: {}
targets:
  audience:
    hourly: {snapshot: {timezone: Europe/Berlin}, training: {candidates: {}}}
"""
EVENTS = """user_id,login_time,content_watched,total_watch_time
u1,2024-03-31T00:30:00Z,s1|s2,60
u2,2024-03-31T01:30:00Z,s1,10
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "events.csv").write_text(EVENTS)
    (raw / "shows.csv").write_text("show_id,title\ns1,[red]Heat[/]\n")
    return tmp_path


def refrain(project: Path, *words: str, expect: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "serving.cli", "activity", *words]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    return done


def test_the_figures_are_those_at_the_last_end_in_the_zone_of_the_params(project):
    found = json.loads(refrain(project, "--json").stdout)
    assert (found["at"], found["timezone"]) == ("2024-03-31T01:40:00Z", "Europe/Berlin")
    # The clocks go from 2 to 3: the second session began at 3:30.
    assert [hour["hour"] for hour in found["by_hour"] if hour["sessions"]] == [1, 3]
    assert found["minutes_per_user_and_day"] == 5.0
    assert found["top_shows"][0]["title"] == "[red]Heat[/]"


def test_another_moment_and_zone_may_be_named_and_titles_are_shown_as_they_are(project):
    said = refrain(project, "--at", "2024-03-31T01:35:00Z", "--timezone", "UTC").stdout
    assert "1 sessions of 1 users" in said
    assert "[red]Heat[/]" in said


def test_what_is_wrong_is_said(project):
    params = project / "params.yaml"
    params.write_text(PARAMS.replace("Europe/Berlin", "Berlin"))
    assert "no time zone 'Berlin'" in refrain(project, expect=1).stderr
    params.write_text(PARAMS)
    assert "no moment" in refrain(project, "--at", "soon", expect=2).stderr
    (project / "data" / "raw" / "events.csv").write_text("user_id,login_time\nu1,yesterday\n")
    assert "is not the canonical file" in refrain(project, expect=1).stderr
    (project / "data" / "raw" / "events.csv").unlink()
    assert "refrain export events" in refrain(project, expect=1).stderr
