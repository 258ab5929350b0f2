"""The one-week snapshot of many daily counts: the step's time beside a query written by hand, and its peak.

`python -m benchmarks.streams_snapshot [--rows N] [--runs N]`. Each run is a process of its own, ours and the one by
hand in turn; times are those of the work alone, without imports. Limits at 15 million rows: 1.3 x by hand, 2 GB.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.breakout_snapshot import peak_mb
from benchmarks.daily_streams import write_daily_streams
from benchmarks.streams_by_hand import by_hand

TARGET = "streams.one_week"
KEYS = ["as_of", "track_id"]


def ours(path: Path, out: Path) -> None:
    """The step itself, with the target's default knobs."""
    # Only here: the process that does it by hand needs none of it.
    from features.registry import all_targets  # noqa: PLC0415
    from refrain.settings import TargetSettings, TrainingSettings  # noqa: PLC0415
    from tasks.snapshot import snapshot  # noqa: PLC0415

    settings = TargetSettings(training=TrainingSettings(candidates={}))
    snapshot(all_targets()[TARGET], settings, {"daily_streams": path}, out)


def hand(path: Path, out: Path) -> None:
    """The query written by hand, sorted and written as the step does."""
    by_hand(path).collect(engine="streaming").sort(KEYS).write_parquet(out)


WAYS: dict[str, Callable[[Path, Path], None]] = {"ours": ours, "hand": hand}


def measure(way: str, path: Path, out: Path) -> dict[str, float]:
    """Seconds, processor seconds and peak megabytes of one run in its own process."""
    command = [sys.executable, "-m", "benchmarks.streams_snapshot", "--child", way, str(path), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def child(way: str, path: Path, out: Path) -> None:
    if way == "ours":
        import tasks.snapshot  # noqa: F401, PLC0415 - imported before the clock starts
    started, used = time.perf_counter(), time.process_time()
    WAYS[way](path, out)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}))


def in_turn(path: Path, folder: Path, runs: int) -> dict[str, list[dict[str, float]]]:
    """`runs` runs of each way, taken in turn; refuses to compare where they do not give the same rows."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for run in range(runs):
        for way, measured in found.items():
            measured.append(measure(way, path, folder / f"{way}.parquet"))
            figures = ", ".join(f"{name} {value:.2f}" for name, value in measured[-1].items())
            print(f"  run {run + 1}, {way}: {figures}", flush=True)
    mine, theirs = (pl.read_parquet(folder / f"{way}.parquet").sort(KEYS) for way in WAYS)
    assert mine.select(theirs.columns).cast(dict(theirs.schema)).equals(theirs), "both ways must give the same rows"
    print(f"  both give the same {theirs.height} rows")
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=15_000_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        way, path, out = chosen.child
        child(way, Path(path), Path(out))
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "daily_streams.parquet"
        rows = write_daily_streams(path, chosen.rows)
        print(f"{rows} daily counts")
        found = in_turn(path, Path(name), chosen.runs)

    def median(way: str, figure: str) -> float:
        return statistics.median(run[figure] for run in found[way])

    result = {
        "name": "streams_snapshot",
        "rows": rows,
        "ratio": round(median("ours", "seconds") / median("hand", "seconds"), 3),
        "processor_ratio": round(median("ours", "processor") / median("hand", "processor"), 3),
        "peak_mb": round(max(run["peak_mb"] for run in found["ours"])),
        "seconds": round(median("ours", "seconds"), 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
