"""The `activity` command: how active the audience of the project's datasets has been."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from refrain.datasets import EVENTS, SHOWS
from refrain.environment import prepare_environment
from refrain.errors import InputError, SettingsError
from refrain.moments import read_moment
from refrain.project import Project, find_project

if TYPE_CHECKING:
    from features.figures.activity import Activity

out = Console(highlight=False)


def activity(
    at: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Count up to this moment, in UTC (default: the last session).")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="The platform's time zone (default: that of audience.hourly in params.yaml).")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Shows to list.")] = 10,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
    ] = False,
) -> None:
    """Show the seven days up to a moment: watch time per user and day, top shows, sessions by hour of the day."""
    project = find_project(Path.cwd())
    prepare_environment(project.root)

    found = _figures(project, None if at is None else read_moment(at), timezone or platform_timezone(project), top)
    if as_json:
        sys.stdout.write(json.dumps(found.model_dump(mode="json"), indent=2) + "\n")
    else:
        _show(found)


def platform_timezone(project: Project) -> str:
    """The time zone that params.yaml gives the hourly audience; UTC where it gives none.

    Raises SettingsError if there is no such zone.
    """
    hourly = project.settings.targets.get("audience", {}).get("hourly")
    name = "UTC" if hourly is None else str(hourly.snapshot.get("timezone", "UTC"))
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"{project.params_file}: targets.audience.hourly.snapshot.timezone: there is no time zone {name!r}.",
            hint="Write one as Europe/Berlin, or UTC.",
        ) from None
    return name


def _figures(project: Project, at: datetime | None, timezone: str, top: int) -> "Activity":
    from features.figures.activity import activity as figures  # noqa: PLC0415 - heavy, as in flows/cli.py
    from features.figures.activity import last_known_moment  # noqa: PLC0415
    from sources.canonical import naming, scan_dataset  # noqa: PLC0415

    path, shows = project.raw(EVENTS.name), project.raw(SHOWS.name)
    if not path.is_file():
        raise InputError(
            f"There is no {path}.", hint="Run `refrain export events`, `refrain import` or `refrain run audience`."
        )
    events = scan_dataset(EVENTS, path)
    with naming(path):
        moment = at or last_known_moment(events)
        if moment is None:
            raise InputError(f"{path} has no sessions.", hint="Import or export some.")
        found = figures(events, moment, timezone=timezone, top=top)
    if not shows.is_file():
        return found
    with naming(shows):
        return found.titled(dict(scan_dataset(SHOWS, shows).select("show_id", "title").collect().iter_rows()))


def _show(found: "Activity") -> None:
    out.print(
        f"The seven days up to {found.at:%Y-%m-%d %H:%M} UTC: {found.sessions:,} sessions of {found.users:,} users."
    )
    if found.minutes_per_user_and_day is None:
        return
    out.print(
        f"Watch time: {found.minutes_per_user_and_day:.1f} minutes per user and day"
        f" ({found.minutes_per_active_day:.1f} per day on which a user was active)."
    )
    shows = Table("show", "sessions", "users", "minutes", title="Top shows", title_justify="left")
    for show in found.top_shows:
        shows.add_row(escape(show.title), f"{show.sessions:,}", f"{show.users:,}", f"{show.watch_minutes:,.0f}")
    out.print(shows)
    hours = Table(
        "hour", "sessions", "users", title=f"Sessions begun, by hour ({found.timezone})", title_justify="left"
    )
    for hour in found.by_hour:
        hours.add_row(f"{hour.hour:02d}", f"{hour.sessions:,}", f"{hour.users:,}")
    out.print(hours)
