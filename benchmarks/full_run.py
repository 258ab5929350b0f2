"""A full `refrain run` at the default scale: how much of its wall time is model fitting and snapshot computing.

`python -m benchmarks.full_run [--runs N]`. At least half should be. The two targets are fitted side by side, so what
is counted is the time during which at least one fit or snapshot was under way (their union, not their sum).
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.projects import clone_project, report, timed

_CODE = "from benchmarks.full_run import run_inside; run_inside()"
Interval = tuple[float, float]


def union(intervals: list[Interval]) -> float:
    """Length of what the intervals cover together."""
    covered, end = 0.0, float("-inf")
    for begin, stop in sorted(intervals):
        covered += max(0.0, stop - max(begin, end))
        end = max(end, stop)
    return covered


def run_inside() -> None:
    """In a process of its own, in the project's folder: `refrain run` with a clock on every fit and snapshot."""
    sys.path.insert(0, str(Path.cwd()))
    from flows import cli  # noqa: PLC0415
    from tasks import fitting, snapshot, train  # noqa: PLC0415

    kept: dict[str, list[Interval]] = {"fit": [], "snapshot": []}

    def clocked(kind: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def wrapper(*args: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*args, **named)
            finally:
                kept[kind].append((began, time.perf_counter()))

        return wrapper

    for name in ("fit_candidate", "fit_baseline"):
        setattr(train, name, clocked("fit", getattr(fitting, name)))
    snapshot.run_stage = clocked("snapshot", snapshot.run_stage)
    sys.argv = ["refrain", "run"]
    with suppress(SystemExit):  # how a command line ends
        cli.main()
    print(json.dumps({"fit": union(kept["fit"]), "both": union(kept["fit"] + kept["snapshot"])}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    shares, seconds = [], []
    for _ in range(parser.parse_args().runs):
        with tempfile.TemporaryDirectory() as folder:
            project = clone_project(Path(folder) / "project")
            run = timed([sys.executable, "-c", _CODE], project.root)
            inside = json.loads(run.out.splitlines()[-1])
        shares.append(inside["both"] / run.seconds)
        seconds.append(run.seconds)
        print(
            f"{run.seconds:.1f} s in all: {inside['fit']:.1f} s fitting, "
            f"{inside['both'] - inside['fit']:.1f} s more in snapshots, the rest {run.seconds - inside['both']:.1f} s"
        )
    report("full_run", ratio=round(statistics.median(shares), 3), seconds=round(statistics.median(seconds), 1))


if __name__ == "__main__":
    main()
