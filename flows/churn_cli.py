"""The `churn` command."""

import json
import math
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.project import find_project

if TYPE_CHECKING:
    from flows.churn import ChurnReport
    from tasks.champions.loaded import ServedModel
    from tasks.churn_figures import ChurnFigures

out = Console(highlight=False)
err = error_console()
_SHOWN = 10


def churn(
    at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="One of the snapshot's days (default: the newest)."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Probability from which a user is likely to leave (default: twice the base rate's odds)."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write every user to this CSV, with reason and drivers.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
    ] = False,
) -> None:
    """Show how many users are likely to leave and why, and who: what the champions say of the newest snapshot."""
    here = Path.cwd()
    project = find_project(here)
    prepare_environment(project.root)
    os.chdir(project.root)
    from flows.churn import churn_report, write_users  # noqa: PLC0415 - heavy, as in flows/cli.py

    with err.status("asking the champions"):
        report = churn_report(project, at.date() if at else None, threshold, None if output else _SHOWN)
        if output:
            write_users(report.users, here / output)
    if as_json:
        sys.stdout.write(json.dumps(_as_json(report), indent=2, allow_nan=False) + "\n")
        return
    for line in _lines(report):
        out.print(line, markup=False, soft_wrap=True)
    out.print(_users_table(report))
    if output:
        out.print(f"Written: {output} ({len(report.users):,} users).", markup=False, soft_wrap=True)


def _as_json(report: "ChurnReport") -> dict[str, Any]:
    users = report.users.head(_SHOWN).astype(object)
    first = users.where(users.notna(), None).assign(as_of=users["as_of"].astype(str)).to_dict("records")
    return {
        **report.figures.model_dump(mode="json"),
        "without_reasons": report.without_reasons,
        "scale_of_effects": report.scale,
        "first_users": first,
    }


def _lines(report: "ChurnReport") -> list[str]:
    figures = report.figures
    lines = [
        f"{figures.users:,} users at the end of {figures.as_of}, as {_said_by(figures.churn_model)} says.",
        _expected_line(figures),
        f"Likely to leave (probability of {figures.threshold:.2f} or more{_usual(figures)}):"
        f" {figures.likely:,} users, {figures.share_likely:.1%}.",
    ]
    if figures.reasons:
        assert figures.reason_model is not None
        ordered = sorted(figures.reasons.items(), key=lambda item: -item[1])
        shares = ", ".join(f"{name} {share:.0%}" for name, share in ordered)
        lines.append(f"Their reasons, as {_said_by(figures.reason_model)} says: {shares}.")
    if report.without_reasons:
        lines.append(f"No reasons: {report.without_reasons}")
    learned_until = figures.churn_model.learned_until
    if learned_until is not None and figures.as_of <= learned_until:
        lines.append(f"The model learned from days up to {learned_until}: this day is no test of it.")
    if figures.churn_model.is_baseline:
        lines.append("This is the baseline: no model has beaten it yet, so read it as what anybody could say.")
    return lines


def _expected_line(figures: "ChurnFigures") -> str:
    expected = figures.expected
    share = f"{expected.number / figures.users:.1%}" if figures.users else "none"
    line = f"Expected to leave: {expected.number:,.0f} ({share})"
    if expected.low_80 is None:
        return f"{line}; this model knows no interval."
    return (
        f"{line}; {expected.low_80:,} to {expected.high_80:,} with 80 %,"
        f" {expected.low_95:,} to {expected.high_95:,} with 95 %."
    )


def _usual(figures: "ChurnFigures") -> str:
    return "" if figures.base_rate is None else f"; {figures.base_rate:.1%} left before"


def _said_by(served: "ServedModel") -> str:
    kind = "the baseline " if served.is_baseline else ""
    return f"{kind}{served.name} v{served.version}"


def _users_table(report: "ChurnReport") -> Table:
    table = Table("user", "probability", "reason", f"driven by ({report.scale})")
    table.title, table.title_justify = "The likeliest to leave", "left"
    for row in report.users.head(_SHOWN).to_dict("records"):
        reason = row.get("reason")
        named = reason if isinstance(reason, str) else ""
        table.add_row(escape(str(row["user_id"])), f"{row['probability']:.2f}", named, _drivers(row))
    return table


def _drivers(row: dict[Any, Any]) -> str:
    """As "silence +1.20, sessions_7 -0.33"."""
    pairs = ((row.get(f"driver_{place}"), row.get(f"effect_{place}")) for place in (1, 2, 3))
    return ", ".join(f"{name} {effect:+.2f}" for name, effect in pairs if effect is not None and not math.isnan(effect))
