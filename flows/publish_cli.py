"""The `publish` command."""

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
    from tasks.publishing.publishing import Publication, PublishedSheet

out = Console(highlight=False)
err = error_console()


def publish(
    to: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The database (default: the one that REFRAIN_TABLES names)."),
    ] = None,
    sheet: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Publish these alone, and take away all others. May be given several times."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
    ] = False,
) -> None:
    """Write what the models say, and how well they said it, into tables of a database: PostgreSQL, SQLite, Snowflake.

    A table refrain_<sheet> each, and refrain_sheets, which says what their columns mean. The tables hold the last
    publication until the next one is whole. An address given with --to may hold a password that others on this machine
    see: rather set REFRAIN_TABLES.
    """
    here = Path.cwd()
    project = find_project(here)
    prepare_environment(project.root)
    from flows.publish import publish_sheets  # noqa: PLC0415 - heavy, as in flows/cli.py
    from tasks.publishing.destination import destination_of  # noqa: PLC0415

    destination = destination_of(to, here)
    os.chdir(project.root)
    with err.status("looking at the models") as status:
        published = publish_sheets(
            project,
            destination,
            sheet or (),
            lambda name: status.update(f"making {name}"),
            lambda: status.update(f"writing to {destination}"),
        )
    if as_json:
        sys.stdout.write(json.dumps(_as_json(published), indent=2) + "\n")
        return
    width = max(len(one.sheet) for one in published.sheets)
    for one in published.sheets:
        out.print(f"{one.sheet:<{width}}  {_said(one)}", markup=False, soft_wrap=True)
    out.print(f"Published to {destination}.", markup=False, soft_wrap=True)


def _said(one: "PublishedSheet") -> str:
    return f"empty: {one.missing}" if one.missing else f"{one.rows:>9,} row{'' if one.rows == 1 else 's'}"


def _as_json(published: "Publication") -> dict[str, Any]:
    return {
        "publication": published.publication,
        "published_at": published.published_at.isoformat(),
        "sheets": [{"sheet": one.sheet, "rows": one.rows, "missing": one.missing} for one in published.sheets],
    }
