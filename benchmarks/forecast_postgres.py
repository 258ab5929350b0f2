"""`refrain forecast` on a PostgreSQL server: 8,459 tracks of 730 days read, forecast with intervals and written back.

`python -m benchmarks.forecast_postgres [--tracks N] [--days N] [--runs N] [--family NAME] [--model FILE] [--shuffled]`.
Each run is the command in a process of its own, from its start to its end, on a server of the benchmark's own that
waits for the disk; only the model comes from a file instead of the registry. Limit: 30 s, imports included. Beside it
stands the database's own bulk read: every count of the table as columns, through one connection and with nothing done
with them. `--shuffled`: the table's rows lie in no order, as after years of daily appends.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
from ruamel.yaml import YAML
from sqlalchemy import text

from benchmarks.breakout_snapshot import peak_mb
from benchmarks.catalogue_rows import write_catalogue
from benchmarks.postgres_server import postgres_server
from benchmarks.projects import ROOT
from tasks.database.address import address_of
from tasks.database.database import Database
from tasks.database.opening import database_at
from tasks.database.schema import prepare
from tasks.database.tables import FORECAST, TRAINING

_COUNTS = f"SELECT cm_track_id, date, daily_streams FROM {TRAINING.name}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=8_459)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--family", default="classic decay", help="a candidate or baseline of catalogue.decay")
    parser.add_argument("--model", type=Path, help="a stored model, instead of one trained for the benchmark")
    parser.add_argument("--shuffled", action="store_true")
    parser.add_argument("--child", metavar="MODEL", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        child(Path(chosen.child))
        return
    with tempfile.TemporaryDirectory() as name, postgres_server(durable=True) as address:
        folder = Path(name)
        model = chosen.model or trained(chosen.family, folder / "model")
        rows = fill(database_at(address_of(address)), folder, chosen.tracks, chosen.days, chosen.shuffled)
        project = write_project(folder / "project")
        reads, runs, found = [], [], []
        for _ in range(chosen.runs):
            reads.append(bulk_read(address))
            began = time.perf_counter()
            found.append(run(project, address, model))
            runs.append(time.perf_counter() - began)
            assert found[-1]["forecast"] + sum(found[-1]["skipped"].values()) == chosen.tracks
    read, whole = statistics.median(reads), statistics.median(runs)
    inside, processor, peak = (
        statistics.median(each[name] for each in found) for name in ("seconds", "processor_seconds", "peak_mb")
    )
    print(
        f"{rows:,} rows: bulk read alone {read:.2f} s, the command {whole:.2f} s, of which imports {whole - inside:.2f}"
    )
    figures = {
        "name": "forecast_postgres",
        "seconds": round(whole, 2),
        "bulk_read_seconds": round(read, 2),
        "bulk_read_share": round(read / whole, 2),
        "bulk_read_share_without_imports": round(read / inside, 2),
        "tracks_per_second": round(chosen.tracks / whole),
        "processor_seconds": round(processor, 2),
        "peak_mb": round(peak),
    }
    print(json.dumps(figures))


def trained(family: str, folder: Path) -> Path:
    from benchmarks.catalogue_model import train  # noqa: PLC0415 - the child needs none of it

    return train(family, folder)


def fill(database: Database, folder: Path, tracks: int, days: int, shuffled: bool) -> int:
    """The training rows of so many tracks, in the order of tracks and dates or in none; how many they are."""
    prepare(database)
    write_catalogue(folder, tracks, days)
    known = pl.read_parquet(folder / "tracks.parquet")
    counts = pl.read_parquet(folder / "daily_streams.parquet").with_columns(pl.col("track_id").cast(pl.String))
    rows = counts.join(known, on="track_id", maintain_order="left").select(
        pl.col("track_id").alias("cm_track_id"),
        pl.col("artist_id").alias("cm_artist_id"),
        "date",
        pl.col("streams").alias("daily_streams"),
        (pl.col("date") - pl.col("release_date")).dt.total_days().alias("days_from_release"),
    )
    if shuffled:
        rows = rows.sample(fraction=1, shuffle=True, seed=1)
    with database.writing() as connection:
        database.append(connection, TRAINING.name, rows)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return len(rows)


def write_project(folder: Path) -> Path:
    """A project with default settings of catalogue.decay, and nothing else."""
    folder.mkdir()
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    params["targets"]["catalogue"] = {"decay": {"training": {"candidates": {}}}}
    with (folder / "params.yaml").open("w") as stream:
        YAML(typ="safe").dump(params, stream)
    (folder / "dvc.yaml").write_text("")
    return folder


def bulk_read(address: str) -> float:
    """Seconds to have every count here as columns."""
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415

    with dbapi.connect(address_of(address).libpq) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(_COUNTS)
        cursor.fetch_arrow_table()
        return time.perf_counter() - began


def run(project: Path, address: str, model: Path) -> dict[str, Any]:
    """What `refrain forecast --json` says, on a database without forecasts, and what its process took."""
    with database_at(address_of(address)).writing() as connection:
        connection.execute(text(f"TRUNCATE {FORECAST.name}"))
    command = [sys.executable, "-m", "benchmarks.forecast_postgres", "--child", str(model)]
    environment = {**os.environ, "DATABASE_URL": address, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    *said, cost = done.stdout.splitlines()
    found: dict[str, Any] = {**json.loads("\n".join(said)), **json.loads(cost)}
    return found


def child(model: Path) -> None:
    """The command, with the model of a file as its champion."""
    from flows.cli import app  # noqa: PLC0415
    from tasks.forecasting.forecaster import Forecaster  # noqa: PLC0415

    Forecaster.from_champion = classmethod(  # type: ignore[method-assign]
        lambda cls, _store, settings: cls.from_model_file(model, settings)
    )
    app(["forecast", "--json"], standalone_mode=False)
    print(json.dumps({"processor_seconds": time.process_time(), "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
