"""The process beside that makes the audience's figures: it is told which store and project."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refrain.project import Project
from serving.audience.figures import FiguresHere
from serving.beside.answering import Ask, run_beside
from tasks.collected.opening import store_at
from tasks.collected.store import EventStore
from tasks.database.address import address_of

if TYPE_CHECKING:
    from serving.audience.asking import AskedAudience


def asking(told: Mapping[str, Any]) -> Ask:
    """What answers as serving.audience.figures.FiguresHere does."""
    store = store_at(address_of(told["address"]))
    root = told["project"]
    here = FiguresHere(store, told["timezone"], None if root is None else lambda: _audience(store, Path(root)))
    return lambda question, given: here.ask(question, **given)


@cache
def _audience(store: EventStore, root: Path) -> "AskedAudience":
    # Heavy: a collector that is only asked for activity does without.
    from serving.audience.asking import AskedAudience, registered  # noqa: PLC0415

    project = Project(root)
    return AskedAudience(project, store, registered(project))


if __name__ == "__main__":
    run_beside(asking)
