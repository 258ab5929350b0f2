"""The `export` command."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.project import find_project

if TYPE_CHECKING:
    from flows.export import Exported

out = Console(highlight=False)
err = error_console()

export_app = typer.Typer(help="Turn what the collector has stored into datasets.", no_args_is_help=True)


@export_app.callback()
def _root() -> None:
    """Turn what the collector has stored into datasets."""


@export_app.command()
def events(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
    ] = False,
) -> None:
    """Bring users, shows and events up to date with the store: DATABASE_URL, or data/events.db where it is unset.

    Only the months with new sessions are written anew. The same stored rows give the same bytes, whenever and however
    often they are exported. Sessions of users who are not registered are held back until they are.
    """
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    os.chdir(project.root)
    from flows.exclusive import exclusive  # noqa: PLC0415 - heavy, as in flows/cli.py
    from flows.export import export_events  # noqa: PLC0415

    with exclusive(project), err.status("exporting"):
        done = export_events(project)
    if as_json:
        sys.stdout.write(json.dumps(_as_json(done), indent=2, default=str) + "\n")
        return
    for line in _lines(done):
        out.print(line, markup=False, soft_wrap=True)


def _as_json(done: "Exported") -> dict[str, Any]:
    report = done.report
    return {
        "rows": dict(report.rows),
        "new": report.new,
        "late": report.late,
        "released": report.released,
        "held": report.held,
        "received_on": report.received_on,
        "written": report.written,
        "imported": done.imported,
    }


def _lines(done: "Exported") -> list[str]:
    report = done.report
    lines = [", ".join(f"{name}: {rows:,} rows" for name, rows in report.rows.items()) + "."]
    if report.new:
        lines.append(
            f"{report.new:,} sessions are new: {report.late:,} of them late, {report.released:,} of users who have"
            " registered since the last export."
        )
    if report.held:
        lines.append(f"{report.held:,} sessions are held back: their users are not registered.")
    if not done.imported:
        return [*lines, "Nothing is new since the last export: no dataset was changed."]
    return [
        *lines,
        f"{', '.join(done.imported)} keep their contracts, and DVC has their new versions.",
        "Next: `refrain run audience`.",
    ]
