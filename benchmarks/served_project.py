"""A copy of this project's registry and settings, to serve models from: nothing is written to the original."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.projects import ROOT
from refrain.errors import UsageError
from refrain.project import Project, find_project
from tasks.tracking import open_store

_SETTINGS = ("params.yaml", "dvc.yaml")


def copy_registry(folder: Path) -> Project:
    """A project in `folder` with this one's settings and registered models, and without its data.

    Raises UsageError where nothing has been registered here yet.
    """
    source = find_project(ROOT).root / "mlruns"
    if not (source / "mlflow.db").is_file():
        raise UsageError("This project has no registry yet.", hint="Run `refrain run`.")
    folder.mkdir(parents=True)
    for name in _SETTINGS:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(source / "artifacts", folder / "mlruns" / "artifacts", copy_function=_link_or_copy)
    _copy_database(source / "mlflow.db", folder / "mlruns" / "mlflow.db")
    project = find_project(folder)
    open_store(project)  # finds its artifacts again
    return project


def _copy_database(source: Path, target: Path) -> None:
    """Whole, also where somebody writes to it now."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
    return target
