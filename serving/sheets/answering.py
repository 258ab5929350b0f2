"""The process beside that makes sheets: it is told which project and which store of events."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from refrain.project import Project
from serving.beside.answering import Ask, run_beside
from serving.sheets.making import SheetsHere, asked_of
from tasks.collected.opening import store_at
from tasks.database.address import address_of
from tasks.sheets.asking import Sheets
from tasks.sheets.material import Material, shelf_for_sheets
from tasks.tracking import open_store


def asking(told: Mapping[str, Any]) -> Ask:
    """What answers as SheetsHere does, with models of its own."""
    project = Project(Path(told["project"]))
    events = store_at(address_of(told["events"]))
    here = SheetsHere(Sheets(Material(project, shelf_for_sheets(open_store(project)), events)))
    return lambda name, given: here.ask(name, asked_of(given))


if __name__ == "__main__":
    run_beside(asking)
