"""The `forecast` command."""

import dataclasses
import json
import math
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.project import Project, find_project

if TYPE_CHECKING:
    from tasks.database.forecasting import Options

out = Console(highlight=False)
err = error_console()


def forecast(
    track: Annotated[
        str | None, typer.Option(metavar="ID", help="Show one track (cm_track_id), and write its CSV and chart.")
    ] = None,
    months: Annotated[int, typer.Option(min=1, max=400, help="Months ahead.")] = 24,
    refresh: Annotated[bool, typer.Option("--refresh", help="Replace the forecasts that are there.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Batches at work at the same time.")] = 2,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Tracks written in one transaction, at most.")] = 1000,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Forecast from this day (default: the last with counts)."),
    ] = None,
    load: Annotated[bool, typer.Option("--load", help="First fill the database from the project's datasets.")] = False,
    rate: Annotated[
        str | None,
        typer.Option(metavar="NUMBER|CSV", help="Value what is forecast: royalty per stream, or country,rate,share."),
    ] = None,
    discount: Annotated[
        float, typer.Option(min=-0.99, help="Yearly discount rate of that value, 0.08 for 8 %.")
    ] = 0.08,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
    ] = False,
) -> None:
    """Forecast the tracks of a database that have no forecast yet: DATABASE_URL, or data/refrain.db where it is unset.

    It reads backtest_track_daily_training_data and backtest_artist_mldr, and writes backtest_track_streams_forecast,
    a batch of tracks in one transaction. Whenever it is stopped, it goes on from there when it is run again.
    """
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    from tasks.database.forecasting import Options  # noqa: PLC0415 - heavy, as in flows/cli.py
    from tasks.database.valuing import Terms, royalty_rate  # noqa: PLC0415

    options = Options(
        months=months,
        refresh=refresh,
        workers=workers,
        batch=batch,
        as_of=as_of.date() if as_of else None,
        terms=None if rate is None else Terms(rate=royalty_rate(rate), discount=discount),
    )
    os.chdir(project.root)
    if load:
        _load(project)
    if track is None:
        _catalogue(project, options, as_json)
    else:
        _track(project, track, options, as_json)


def _load(project: Project) -> None:
    from flows.forecast import load  # noqa: PLC0415
    from flows.forecast_display import loaded_sentence  # noqa: PLC0415

    with err.status("loading the project's datasets"):
        loaded = load(project)
    err.print(loaded_sentence(loaded))


def _catalogue(project: Project, options: "Options", as_json: bool) -> None:
    from flows.forecast import forecast as forecast_all  # noqa: PLC0415
    from flows.forecast_display import closing_lines, forecast_progress  # noqa: PLC0415

    started = time.monotonic()
    with forecast_progress(err) as progress:
        report = forecast_all(project, options, datetime.now(UTC).date(), progress.began, progress.advanced)
    seconds = time.monotonic() - started
    if as_json:
        _print_json({**report.model_dump(), "success_rate": report.success_rate, "seconds": round(seconds, 3)})
        return
    for line in closing_lines(report, seconds):
        out.print(line, markup=False, soft_wrap=True)


def _track(project: Project, track: str, options: "Options", as_json: bool) -> None:
    from flows.forecast import forecast_track  # noqa: PLC0415
    from flows.forecast_display import track_page  # noqa: PLC0415

    with err.status("forecasting"):
        report, table, chart = forecast_track(project, track, options, datetime.now(UTC).date())
    if as_json:
        _print_json({**dataclasses.asdict(report), "csv": str(table), "chart": str(chart)})
        return
    out.print(track_page(report))
    out.print(f"\nWritten: {project.relative(table)} and {project.relative(chart)}", markup=False, soft_wrap=True)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(_plain(value), indent=2, default=str, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """`value` of plain lists, dicts and numbers; what is unknown is null."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
