"""`refrain publish`: every sheet into tables of a database, for pages without an API and for whoever reads SQL."""

import os
from collections.abc import Callable, Sequence

from flows.exclusive import exclusive
from refrain.project import Project
from tasks.collected.opening import open_event_store
from tasks.collected.store import EventStore
from tasks.database.address import ENVIRONMENT
from tasks.publishing.destination import Destination
from tasks.publishing.making import Tell
from tasks.publishing.publishing import Publication, publish
from tasks.sheets.material import Material, shelf_for_sheets
from tasks.sheets.registry import all_sheets, find_sheet
from tasks.sheets.sheet import Sheet
from tasks.tracking import open_store


def publish_sheets(
    project: Project,
    destination: Destination,
    names: Sequence[str] = (),
    tell: Tell = lambda _: None,
    writes: Callable[[], None] = lambda: None,
) -> Publication:
    """Publish the sheets called `names` (all where none is named), as the registry and the data are now.

    Raises PublishError: what was published before is there as it was. Raises RefrainError where a run is changing the
    data, AskedWrongError for a name that no sheet has. `tell` and `writes`: as tasks.publishing.publishing has them.
    """
    sheets = _chosen(names)
    with exclusive(project):  # sheets of before and after a run would contradict each other
        material = Material(project, shelf_for_sheets(open_store(project)), _events(project))
        return publish(material, sheets, destination, tell, writes)


def _chosen(names: Sequence[str]) -> list[Sheet]:
    return [find_sheet(name) for name in sorted(set(names))] if names else list(all_sheets().values())


def _events(project: Project) -> EventStore | None:
    """What the collector stores; None where it has never stored anything."""
    if os.environ.get(ENVIRONMENT, "").strip() or (project.root / "data" / "events.db").is_file():
        return open_event_store(project)
    return None
