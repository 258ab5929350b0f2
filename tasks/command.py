"""How DVC runs a step: `python -m tasks.<step> SUBJECT` in the project's folder."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from refrain.environment import prepare_environment
from refrain.errors import RefrainError
from refrain.project import Project


def stage_command(step: Callable[[str, Project], Any]) -> int:
    """Run `step` on the dataset or target that the command line names; print a fault as a sentence. The exit code."""
    if len(sys.argv) != 2:
        sys.stderr.write("Name one dataset or target, as dvc.yaml does.\n")
        return 2
    project = Project(Path.cwd())
    prepare_environment(project.root)
    try:
        step(sys.argv[1], project)
    except RefrainError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0
