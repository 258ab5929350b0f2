"""The breakout snapshot of many scrobbles: the step's time beside a query written by hand, its peak, its growth.

`python -m benchmarks.breakout_snapshot [--rows N] [--runs N] [--large N]`. Each run is a process of its own, ours and
the one by hand in turn; times are those of the work alone, without imports. Limits: 1.3 x by hand and 1.5 GB at 10
million rows, and 1.1 x linear from there to 50 million (`--large 0` leaves that out).
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.breakout_by_hand import by_hand
from benchmarks.scrobbles import write_scrobbles

TARGET = "breakout.core"
KEYS = ["as_of", "listener", "artist"]


def ours(path: Path, out: Path) -> None:
    """The step itself, with the target's default knobs."""
    # Only here: the process that does it by hand needs none of it.
    from features.registry import all_targets  # noqa: PLC0415
    from refrain.settings import TargetSettings, TrainingSettings  # noqa: PLC0415
    from tasks.snapshot import snapshot  # noqa: PLC0415

    settings = TargetSettings(training=TrainingSettings(candidates={}))
    snapshot(all_targets()[TARGET], settings, {"scrobbles": path}, out)


def hand(path: Path, out: Path) -> None:
    """The query written by hand, sorted and written as the step does."""
    by_hand(path).collect(engine="streaming").sort(KEYS).write_parquet(out)


WAYS: dict[str, Callable[[Path, Path], None]] = {"ours": ours, "hand": hand}


def measure(way: str, path: Path, out: Path) -> dict[str, float]:
    """Seconds, processor seconds and peak megabytes of one run in its own process."""
    command = [sys.executable, "-m", "benchmarks.breakout_snapshot", "--child", way, str(path), str(out)]
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


def peak_mb() -> float:
    """This process's peak resident memory. Where Linux says so for itself, without what its parent held at the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_turn(path: Path, folder: Path, runs: int) -> dict[str, list[dict[str, float]]]:
    """`runs` runs of each way, taken in turn; refuses to compare where they do not give the same rows."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for run in range(runs):
        for way, measured in found.items():
            measured.append(measure(way, path, folder / f"{way}.parquet"))
            figures = ", ".join(f"{name} {value:.2f}" for name, value in measured[-1].items())
            print(f"  run {run + 1}, {way}: {figures}", flush=True)
    rows = [pl.read_parquet(folder / f"{way}.parquet").sort(KEYS) for way in WAYS]
    assert rows[0].equals(rows[1].select(rows[0].columns)), "both ways must give the same rows"
    print(f"  both give the same {rows[0].height} rows")
    return found


def median(measured: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in measured)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--large", type=int, default=50_000_000, help="rows for the growth, 0 to leave it out")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        way, path, out = chosen.child
        child(way, Path(path), Path(out))
        return
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(compare(Path(name), chosen.rows, chosen.large, chosen.runs)))


def compare(folder: Path, rows: int, large: int, runs: int) -> dict[str, object]:
    path = folder / "scrobbles.parquet"
    print(f"{rows} scrobbles")
    write_scrobbles(path, rows)
    found = in_turn(path, folder, runs)
    times = {way: median(measured, "seconds") for way, measured in found.items()}
    result: dict[str, object] = {
        "name": "breakout_snapshot",
        "rows": rows,
        "ratio": round(times["ours"] / times["hand"], 3),
        "processor_ratio": round(median(found["ours"], "processor") / median(found["hand"], "processor"), 3),
        "peak_mb": round(max(run["peak_mb"] for run in found["ours"])),
        "seconds": round(times["ours"], 2),
    }
    if large:
        print(f"{large} scrobbles")
        write_scrobbles(path, large)
        grown = [measure("ours", path, folder / "ours.parquet") for _ in range(max(1, runs // 2))]
        factor = large / rows
        result |= {
            "large_rows": large,
            "growth": round(median(grown, "seconds") / times["ours"] / factor, 3),
            "processor_growth": round(median(grown, "processor") / median(found["ours"], "processor") / factor, 3),
            "large_peak_mb": round(max(run["peak_mb"] for run in grown)),
        }
    return result


if __name__ == "__main__":
    main()
