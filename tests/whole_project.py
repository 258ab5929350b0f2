"""A project of its own for each test that needs one: a copy of this one's files, with little data and few settings."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
_PARTS = (
    "refrain",
    "dashboard",
    "serving",
    "flows",
    "tasks",
    "features",
    "models",
    "sources",
    "contracts",
    "params.yaml",
    "dvc.yaml",
)
_SMALL = {
    ("sources", "simulated", "scale"): 0.3,
    ("datasets", "tracks", "min_rows"): 100,
    ("datasets", "socials", "min_rows"): 100,
    ("targets", "audience", "churn", "training"): {
        "seed": 1,
        "replicates": 100,
        "importance_repeats": 1,
        "split": {"folds": 1, "tune_steps": 1},
        "candidates": {"xgboost": {"max_depth": [3], "learning_rate": [0.3]}},
    },
    ("targets", "audience", "churn_reason", "training"): {
        "seed": 1,
        "replicates": 100,
        "importance_repeats": 1,
        "split": {"folds": 1, "tune_steps": 1, "min_rows": 20},
        "candidates": {"logistic": {}},
    },
    ("targets", "audience", "hourly", "training"): {
        "seed": 1,
        "replicates": 100,
        "importance_repeats": 1,
        "split": {"folds": 1, "tune_steps": 1},
        "candidates": {"ridge": {}},
    },
    ("targets", "hits", "hit", "training"): {
        "seed": 1,
        "replicates": 100,
        "split": {"folds": 1},
        "candidates": {"logistic": {"C": [1.0]}, "xgboost": {"max_depth": [3], "learning_rate": [0.3]}},
    },
    ("targets", "breakout", "core", "training"): {
        "seed": 1,
        "replicates": 100,
        "split": {"folds": 1},
        "candidates": {"logistic": {"C": [1.0]}, "xgboost": {"max_depth": [3], "learning_rate": [0.3]}},
        "alerts": {"beta": 0.5, "max_median": 3},
    },
    ("targets", "streams", "one_week", "training"): {
        "seed": 1,
        "replicates": 100,
        "importance_repeats": 1,
        "split": {"folds": 1, "tune_steps": 1},
        "candidates": {"ridge": {"alpha": [100.0]}},
    },
    ("targets", "streams", "three_week", "training"): {
        "seed": 1,
        "replicates": 100,
        "importance_repeats": 1,
        "split": {"folds": 1, "tune_steps": 1},
        "candidates": {"ridge": {"alpha": [100.0]}},
    },
    ("targets", "catalogue", "decay", "snapshot", "origin_every_months"): 3,
    ("targets", "catalogue", "decay", "training"): {
        "seed": 1,
        "replicates": 100,
        "importance_repeats": 1,
        "split": {"folds": 1, "tune_steps": 1},
        "candidates": {"segments": {}},
    },
}


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class TestProject:
    """A folder with a project in it, driven through the command line as a person would."""

    __test__ = False
    root: Path

    def refrain(self, *words: str, **more: Any) -> Done:
        return self.command(sys.executable, "-m", "serving.cli", *words, **more)

    def dvc(self, *words: str) -> Done:
        return self.command(sys.executable, "-m", "dvc", *words)

    def command(self, *words: str, expect: int | None = 0) -> Done:
        done = subprocess.run(words, cwd=self.root, env=self.environment(), capture_output=True, text=True, check=False)
        result = Done(done.returncode, done.stdout, done.stderr)
        if expect is not None:
            assert result.code == expect, f"{words} gave {result.code}:\n{result.out}\n{result.err}"
        return result

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
        return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", "COLUMNS": "200"}

    def set_param(self, *keys: str, value: Any) -> None:
        yaml = YAML()
        path = self.root / "params.yaml"
        document = yaml.load(path.read_text())
        place = document
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
        with path.open("w") as stream:
            yaml.dump(document, stream)

    def fingerprint(self) -> dict[str, bytes]:
        """Every file of data, params and DVC's lock, by its bytes."""
        files = [path for path in (self.root / "data").rglob("*") if path.is_file()]
        files += [path for name in ("params.yaml", "dvc.yaml", "dvc.lock") if (path := self.root / name).is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], TestProject]:
    """Makes an empty project: the code, small params, git and DVC, no data."""

    def make() -> TestProject:
        root = tmp_path_factory.mktemp("project")
        for part in _PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, root / part)
        for name in (".gitignore", ".dvcignore"):
            shutil.copy(ROOT / name, root / name)
        (root / ".dvc").mkdir()
        for name in ("config", ".gitignore"):
            shutil.copy(ROOT / ".dvc" / name, root / ".dvc" / name)
        project = TestProject(root)
        for keys, value in _SMALL.items():
            project.set_param(*keys, value=value)
        for words in (
            ["init", "-q"],
            ["add", "-A"],
            ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"],
        ):
            project.command("git", *words)
        return project

    return make


@pytest.fixture(scope="session")
def trained(make_project: Callable[[], TestProject]) -> tuple[TestProject, Any]:
    """A project after one `refrain run --json`, and what that printed. Tests must leave it as they find it."""
    project = make_project()
    return project, project.refrain("run", "--json").json


@pytest.fixture
def copied(trained: tuple[TestProject, Any], tmp_path: Path) -> TestProject:
    """A copy of the trained project that a test may spoil (which also moves it)."""
    shutil.copytree(trained[0].root, tmp_path / "copy", symlinks=True)
    return TestProject(tmp_path / "copy")
