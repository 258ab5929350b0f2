"""The sheet `runs`: the last flow run that worked on each target, and how it ended."""

import os
from typing import Any

from features.registry import find_target
from tasks.flow_runs import FlowRun, NoPrefectError, last_flow_runs, last_run_of
from tasks.sheets.material import Material
from tasks.sheets.models.registered import TARGET_COLUMN, made, registered
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns
from tasks.versions import RegisteredTarget
from tasks.web_addresses import PREFECT_API, flow_run_page

_INSTEAD = "What is known of runs is what the registry remembers: the run that registered the newest version."


def make(material: Material, part: Part) -> Made:
    """A row for each target."""
    del part
    found = [registered(material, name) for name in material.shelf.targets]
    runs, notes = tuple[FlowRun, ...](), tuple[str, ...]()
    try:
        runs = last_flow_runs(os.environ.get(PREFECT_API, ""))
    except NoPrefectError as error:
        notes = (f"{error} {_INSTEAD}",)
    return made([_row(material, one, last_run_of(find_target(one.target), runs)) for one in found], *notes)


def _row(material: Material, found: RegisteredTarget, run: FlowRun | None) -> dict[str, Any]:
    newest = found.versions[-1] if found.versions else None
    row = {"target": found.target, "registered_at": None if newest is None else newest.created_at}
    if run is None:
        return {**row, "flow_run_id": None if newest is None else newest.tags.get("flow_run_id")}
    return {
        **row,
        "flow_run_id": run.id,
        "state": run.state,
        # A fault may name files; where they are on this machine is not told.
        "message": run.message.replace(f"{material.project.root}/", ""),
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds,
        "url": flow_run_page(run.id, os.environ) or None,
    }


SHEETS = (
    Sheet(
        "runs",
        "The last flow run that worked on each target",
        columns(
            TARGET_COLUMN,
            ("state", Kind.TEXT, "The state of the run, which may have had other targets too; empty if not known"),
            ("message", Kind.TEXT, "What the run said of its state"),
            ("started", Kind.MOMENT, "When it began"),
            ("ended", Kind.MOMENT, "When it ended; empty of one that is under way"),
            ("seconds", Kind.NUMBER, "How long it took, or has taken so far", "seconds"),
            ("flow_run_id", Kind.TEXT, "The run's id in Prefect"),
            ("url", Kind.TEXT, "The run's page in Prefect, where its address is known"),
            ("registered_at", Kind.MOMENT, "When a version of the target was registered last"),
        ),
        make,
        kept=False,
    ),
)
