"""The churn snapshot of many sessions: the step's time beside a query written by hand, and its peak.

`python -m benchmarks.churn_snapshot [--rows N] [--runs N]`. Each run is a process of its own, ours and the one by hand
in turn; times are those of the work alone, without imports. Limits: 1.3 x by hand and 1.5 GB at 10 million sessions.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.breakout_snapshot import median, peak_mb
from benchmarks.churn_by_hand import by_hand
from benchmarks.projects import report
from sources.simulated import simulate_events_parquet

TARGET = "audience.churn"
KEYS = ["as_of", "user_id"]


def ours(events: Path, users: Path, out: Path) -> None:
    """The step itself, with the target's default knobs."""
    # Only here: the process that does it by hand needs none of it.
    from features.registry import all_targets  # noqa: PLC0415
    from refrain.settings import TargetSettings, TrainingSettings  # noqa: PLC0415
    from tasks.snapshot import snapshot  # noqa: PLC0415

    settings = TargetSettings(training=TrainingSettings(candidates={}))
    snapshot(all_targets()[TARGET], settings, {"events": events, "users": users}, out)


def hand(events: Path, users: Path, out: Path) -> None:
    """The query written by hand, sorted and written as the step does."""
    by_hand(events, users).collect(engine="streaming").sort(KEYS).write_parquet(out)


WAYS: dict[str, Callable[[Path, Path, Path], None]] = {"ours": ours, "hand": hand}


def measure(way: str, events: Path, users: Path, out: Path) -> dict[str, float]:
    """Seconds, processor seconds and peak megabytes of one run in its own process."""
    command = [sys.executable, "-m", "benchmarks.churn_snapshot", "--child", way, str(events), str(users), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def child(way: str, events: Path, users: Path, out: Path) -> None:
    if way == "ours":
        import features.registry  # noqa: PLC0415 - imported before the clock starts
        import tasks.snapshot  # noqa: F401, PLC0415

        features.registry.all_targets()
    started, used = time.perf_counter(), time.process_time()
    WAYS[way](events, users, out)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}))


def in_turn(events: Path, users: Path, folder: Path, runs: int) -> dict[str, list[dict[str, float]]]:
    """`runs` runs of each way, taken in turn; refuses to compare where they do not give the same rows."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for run in range(runs):
        for way, measured in found.items():
            measured.append(measure(way, events, users, folder / f"{way}.parquet"))
            figures = ", ".join(f"{name} {value:.2f}" for name, value in measured[-1].items())
            print(f"  run {run + 1}, {way}: {figures}", flush=True)
    one, other = (pl.scan_parquet(folder / f"{way}.parquet") for way in WAYS)
    columns = one.collect_schema().names()
    for name in columns:
        same = (
            one.select(name)
            .collect()
            .equals(other.select(name).collect().cast(dict(one.select(name).collect_schema())))
        )
        assert same, f"both ways must give the same {name}"
    print(f"  both give the same {one.select(pl.len()).collect().item()} rows")
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        way, events, users, out = chosen.child
        child(way, Path(events), Path(users), Path(out))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = simulate_events_parquet(folder / "events.parquet", chosen.rows)
        print(f"{rows} sessions")
        found = in_turn(folder / "events.parquet", folder / "users.parquet", folder, chosen.runs)
    times = {way: median(measured, "seconds") for way, measured in found.items()}
    report(
        "churn_snapshot",
        rows=rows,
        ratio=round(times["ours"] / times["hand"], 3),
        processor_ratio=round(median(found["ours"], "processor") / median(found["hand"], "processor"), 3),
        step_peak_mb=round(max(run["peak_mb"] for run in found["ours"])),
        seconds=round(times["ours"], 2),
    )


if __name__ == "__main__":
    main()
