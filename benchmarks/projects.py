"""A project of its own for a benchmark: what git tracks here, in another folder, and the command line driven in it."""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """A finished command: seconds of wall time, and what it printed."""

    seconds: float
    out: str


@dataclass(frozen=True)
class BenchmarkProject:
    """A clone of this project in `root`, with no data and no registry."""

    root: Path

    def refrain(self, *words: str) -> Run:
        """Run `refrain` there; a failure ends the benchmark and shows what it said."""
        return timed([sys.executable, "-m", "flows.cli", *words], self.root)

    def results(self, *words: str) -> Any:
        """What `refrain run --json` says."""
        return json.loads(self.refrain("run", "--json", *words).out)


def clone_project(folder: Path) -> BenchmarkProject:
    """What is committed here, cloned into `folder`."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return BenchmarkProject(folder)


def timed(command: list[str], folder: Path) -> Run:
    """Run a command to its end, with no server or store but the project's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=kept, stdout=subprocess.PIPE, text=True, check=True)
    return Run(time.perf_counter() - began, done.stdout)


def peak_mb() -> float:
    """Largest resident size of any child process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def report(name: str, **figures: Any) -> None:
    """Print the benchmark's last line: one JSON object."""
    print(json.dumps({"name": name, **figures, "peak_mb": round(peak_mb(), 1)}))
