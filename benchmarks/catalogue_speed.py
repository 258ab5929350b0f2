"""A whole catalogue from a file to a file of forecasts with intervals: tracks a second, peak, growth with the months.

`python -m benchmarks.catalogue_speed [--tracks N] [--csv-tracks N] [--far-tracks N] [--family NAME]`. Each run is a
process of its own; times are those of the work (reading the counts and writing the forecasts included), without
imports and without writing the input. Limits on two cores: 40,000 tracks/s and 2 GB for 1,000,000 tracks x 400 days
from Parquet, 10,000 tracks/s for 100,000 from CSV, and 400 months at most 3 x the cost of 24. The share of each step is
found by leaving out those after it, and beside all stands the classic rule as it is usually written, one process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.breakout_snapshot import peak_mb
from benchmarks.catalogue_rows import LAST_DAY, write_catalogue

DAYS = 400
AS_OF = date(1970, 1, 1) + pd.Timedelta(days=LAST_DAY).to_pytimedelta()
STEPS = ("decode", "measure", "forecast")


def work(step: str, folder: Path, suffix: str, months: int) -> Callable[[], Any]:
    """One run of the engine up to `step`, with everything imported and the model loaded."""
    # Only in the child, and before its clock starts.
    from tasks.forecasting.forecaster import Forecaster  # noqa: PLC0415
    from tasks.forecasting.readers import CatalogueFiles  # noqa: PLC0415
    from tasks.forecasting.row_batches import row_batches  # noqa: PLC0415
    from tasks.forecasting.whole_catalogue import forecast_catalogue, measured_catalogue  # noqa: PLC0415

    files = CatalogueFiles(folder / f"daily_streams{suffix}", folder / f"tracks{suffix}")
    forecaster = Forecaster.from_model_file(folder.parent / "model" / "model.skops")
    steps: dict[str, Callable[[], Any]] = {
        "decode": lambda: [None for _ in row_batches(files.daily_streams)],
        "measure": lambda: measured_catalogue(forecaster, files, AS_OF, None, 2),
        "forecast": lambda: forecast_catalogue(forecaster, files, folder / "out.parquet", as_of=AS_OF, months=months),
    }
    return steps[step]


def child(step: str, folder: str, suffix: str, months: str) -> None:
    run = work(step, Path(folder), suffix, int(months))
    began, used = time.perf_counter(), time.process_time()
    run()
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}))


def measure(step: str, folder: Path, suffix: str, months: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.catalogue_speed", "--child", step, str(folder), suffix, str(months)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"  {step}, {months} months: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()), flush=True
    )
    return found


def parquet(folder: Path, tracks: int) -> dict[str, Any]:
    """Rate and peak of the whole, and microseconds of processor time a track of each step."""
    write_catalogue(folder, tracks, DAYS)
    found = {step: measure(step, folder, ".parquet", 24) for step in STEPS}
    used = [found[step]["processor"] / tracks * 1e6 for step in STEPS]
    whole = found["forecast"]
    return {
        "tracks": tracks,
        "tracks_per_second": round(tracks / whole["seconds"]),
        "tracks_per_processor_second": round(tracks / whole["processor"]),
        "peak_mb": round(whole["peak_mb"]),
        "microseconds": {
            "decode": round(used[0], 1),
            "measure": round(used[1] - used[0], 1),
            "forecast_and_write": round(used[2] - used[1], 1),
        },
    }


def csv(folder: Path, tracks: int) -> dict[str, Any]:
    write_catalogue(folder, tracks, DAYS, ".csv")
    found = measure("forecast", folder, ".csv", 24)
    return {"csv_tracks_per_second": round(tracks / found["seconds"]), "csv_peak_mb": round(found["peak_mb"])}


def far(folder: Path, tracks: int) -> dict[str, Any]:
    """What 400 months cost beside 24, of the same tracks."""
    write_catalogue(folder, tracks, DAYS)
    near, long = (measure("forecast", folder, ".parquet", months) for months in (24, 400))
    return {
        "far_tracks": tracks,
        "far_ratio": round(long["seconds"] / near["seconds"], 2),
        "far_processor_ratio": round(long["processor"] / near["processor"], 2),
        "far_peak_mb": round(long["peak_mb"]),
    }


def usual(folder: Path, tracks: int) -> float:
    from benchmarks.classic_loop import tracks_a_second  # noqa: PLC0415

    write_catalogue(folder, tracks, DAYS)
    counts, known = (pd.read_parquet(folder / f"{name}.parquet") for name in ("daily_streams", "tracks"))
    for frame, name in ((counts, "date"), (known, "release_date")):
        frame[name] = pd.to_datetime(frame[name])
    return tracks_a_second(counts.astype({"track_id": str}), known, 24)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tracks", type=int, default=1_000_000)
    arguments.add_argument("--csv-tracks", type=int, default=100_000)
    arguments.add_argument("--far-tracks", type=int, default=200_000, help="tracks for 400 months: 8 kB each")
    arguments.add_argument("--loop-tracks", type=int, default=300)
    arguments.add_argument("--family", default="classic decay", help="a candidate or baseline of catalogue.decay")
    arguments.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        child(*chosen.child)
        return
    from benchmarks.catalogue_model import train  # noqa: PLC0415 - the children need none of it

    result: dict[str, Any] = {"name": "catalogue_speed", "family": chosen.family}
    with tempfile.TemporaryDirectory() as name:
        train(chosen.family, Path(name) / "model")
        for part, tracks in ((parquet, chosen.tracks), (csv, chosen.csv_tracks), (far, chosen.far_tracks)):
            if tracks:
                print(f"{tracks} tracks", flush=True)
                with tempfile.TemporaryDirectory(dir=name) as folder:
                    result |= part(Path(folder), tracks)
        with tempfile.TemporaryDirectory(dir=name) as folder:
            result["usual_tracks_per_second"] = round(usual(Path(folder), chosen.loop_tracks), 1)
    if chosen.tracks:
        result["ratio"] = round(result["tracks_per_second"] / result["usual_tracks_per_second"])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
