"""`refrain predict` from file to file: rows a second, peak, and the share of the time that is the model's own.

`python -m benchmarks.predict_rows [--target NAME ...] [--rows N] [--csv-rows N] [--kept FOLDER]`. The rows are those of
this project's snapshots, drawn again and again with a fixed seed, each number changed a little so that no two are
alike; the model is this project's champion, so that `refrain run` must have been here. Each run is a process of its
own; its time is that of the work without imports and without loading the model, its peak that of the whole process.
Limits for 10,000,000 rows from Parquet: 1.5 GB, and at least half of the time inside the model. Reading and writing go
on in other threads meanwhile: beside the share of the time stands that of the processor's time, all that one core has.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from pyarrow.parquet import ParquetWriter

from benchmarks.breakout_snapshot import peak_mb
from benchmarks.projects import ROOT, report
from features.registry import find_target
from features.target import AS_OF, Target
from refrain.project import find_project

SEED = 20261121
PIECE = 100_000
SPREAD = 0.05
"""Standard deviation of what a number is multiplied by."""


def write_rows(target: Target, rows: int, path: Path) -> None:
    """A file with so many rows to score, as a snapshot has them."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    names = list(dict.fromkeys((*target.entity, AS_OF, *target.features)))
    known = pq.read_table(find_project(ROOT).snapshot(target.name), columns=names).replace_schema_metadata(None)
    random = np.random.default_rng(SEED)
    csv = path.suffix == ".csv"
    first = _piece(target, known, random, 1)
    with pyarrow.csv.CSVWriter(path, first.schema) if csv else ParquetWriter(path, first.schema) as out:
        for start in range(0, rows, PIECE):
            out.write_table(_piece(target, known, random, min(PIECE, rows - start)))


def _piece(target: Target, known: Any, random: np.random.Generator, rows: int) -> Any:
    drawn = known.take(pa.array(random.integers(0, len(known), rows)))
    columns = dict(zip(drawn.schema.names, drawn.columns, strict=True))
    for name in target.numeric:
        # Whole numbers stay such: a weekday of 3.02 is none.
        if pa.types.is_floating(columns[name].type):
            factors = pa.array(np.exp(random.normal(0, SPREAD, rows)))
            columns[name] = pa.compute.multiply(columns[name].cast(pa.float64()), factors)
    return pa.table(columns)


def child(name: str, source: str, destination: str) -> None:
    # Only in the child, and before its clock starts.
    from tasks.champions.loaded import LoadedModel  # noqa: PLC0415
    from tasks.score import score  # noqa: PLC0415
    from tasks.tracking import open_store  # noqa: PLC0415

    asked = LoadedModel.answers
    inside, worked, began, used = 0.0, 0.0, 0.0, 0.0

    def timed(model: LoadedModel, rows: Any) -> Any:
        nonlocal inside, worked, began, used
        begun, by_then = time.perf_counter(), time.thread_time()
        began, used = began or begun, used or time.process_time()
        answers = asked(model, rows)
        inside += time.perf_counter() - begun
        worked += time.thread_time() - by_then
        return answers

    LoadedModel.answers = timed  # type: ignore[method-assign,assignment]
    loaded = time.perf_counter()
    found = score(find_target(name), Path(source), Path(destination), open_store(find_project(ROOT)))
    ended = time.perf_counter()
    # From the first question on: what comes before is loading the model, and the first batch.
    figures = {"rows": found.rows, "seconds": ended - began, "before": began - loaded, "inside": inside}
    figures |= {"worked": worked, "processor": time.process_time() - used}
    print(json.dumps({**figures, "family": found.family, "peak_mb": peak_mb()}))


def measure(target: Target, source: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.predict_rows", "--child", target.name, str(source)]
    command.append(str(source.with_name(f"scored{source.suffix}")))
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    speed, share = found["rows"] / found["seconds"], found["inside"] / found["seconds"]
    alone = found["worked"] / found["processor"]
    print(
        f"{target.name:<20} {found['family']:<9} {source.suffix:<9} {found['rows']:>11,} rows {found['seconds']:8.1f} s"
        f" {speed:>10,.0f} rows/s  {share:4.0%} inside the model, {alone:4.0%} of the processor's"
        f"  {found['before']:4.1f} s before  {found['peak_mb']:7,.0f} MB"
    )
    return {
        "rows_a_second": round(speed),
        "inside": round(share, 3),
        "alone": round(alone, 3),
        "peak_mb": round(found["peak_mb"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", nargs="+", default=["breakout.core", "streams.one_week", "hits.hit"])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--csv-rows", type=int, default=1_000_000)
    parser.add_argument("--kept", type=Path, help="A folder for the files, which then stay and are used again.")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="refrain-") as temporary:
        folder = options.kept or Path(temporary)
        for target in map(find_target, options.target):
            for suffix, rows in ((".parquet", options.rows), (".csv", options.csv_rows)):
                source = folder / f"{target.name}-{rows}{suffix}"
                if rows and not source.exists():
                    write_rows(target, rows, source)
                if rows:
                    figures[f"{target.name}{suffix}"] = measure(target, source)
    report("predict_rows", rows=options.rows, csv_rows=options.csv_rows, **figures)


if __name__ == "__main__":
    main()
