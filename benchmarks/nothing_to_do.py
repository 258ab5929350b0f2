"""`refrain run` where nothing is stale, beside a bare process that imports prefect, mlflow and dvc.

`python -m benchmarks.nothing_to_do [--runs N]`. Limit: 2.0 x. Medians of runs taken in turn.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.projects import clone_project, report, timed

BARE = [sys.executable, "-c", "import prefect, mlflow, dvc"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        project = clone_project(Path(folder) / "project")
        project.refrain("run")
        ours, bare = [], []
        for _ in range(runs):
            ours.append(project.refrain("run").seconds)
            bare.append(timed(BARE, project.root).seconds)
    ratio = statistics.median(ours) / statistics.median(bare)
    print(
        f"refrain run with nothing to do {statistics.median(ours):.2f} s, bare imports {statistics.median(bare):.2f} s"
    )
    report("nothing_to_do", ratio=round(ratio, 3))


if __name__ == "__main__":
    main()
