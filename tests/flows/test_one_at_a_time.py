"""Commands that would change the same data at once: the later one says so and leaves."""

import subprocess
import sys

import pytest

from flows.data_plane import DataPlane
from flows.exclusive import exclusive
from refrain.errors import RefrainError
from refrain.project import Project

HOLD_DVC = """
import sys
from dvc.repo import Repo
with Repo(".").lock:
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_run_is_refused_while_one_is_at_work(make_project):
    project = Project(make_project().root)
    with exclusive(project), pytest.raises(RefrainError, match="Wait for it to end"), exclusive(project):
        pass
    with exclusive(project):
        pass


def test_a_dvc_command_at_work_is_said_in_a_sentence(make_project):
    """DVC takes one call at a time."""
    made = make_project()
    DataPlane(Project(made.root))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_DVC], cwd=made.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdin
    holder.stdout.readline()
    try:
        with pytest.raises(RefrainError, match="Another Refrain or DVC command"):
            DataPlane(Project(made.root))
    finally:
        holder.communicate("\n")


def test_a_run_that_finds_another_at_work_says_so(make_project):
    """The flow starts, is refused, and the refusal reaches the person."""
    made = make_project()
    with exclusive(Project(made.root)):
        assert "Wait for it to end" in made.refrain("run", "hits", expect=1).err
