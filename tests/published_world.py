"""The small world's sheets, published: import the fixtures where pages are drawn over tables."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from audience_of import new_store

from dashboard.source.databases import SqlDatabase
from dashboard.source.source import Source
from dashboard.source.tables import TableSource
from refrain.project import Project
from tasks.champions.shelf import Shelf
from tasks.publishing.destination import destination_of
from tasks.publishing.making import make_sheets
from tasks.publishing.writing import write
from tasks.sheets.material import Material
from tasks.sheets.registry import all_sheets


@pytest.fixture(scope="session")
def publish_world(
    small_data: Project, small_registry: Shelf, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Source]:
    """Publishes every sheet of a small world, with nobody in its store of events, and reads what is published."""
    folder = tmp_path_factory.mktemp("sheets")
    events = new_store(folder)
    material = Material(small_data, small_registry, events)
    made = make_sheets(material, all_sheets().values(), folder, lambda _: None)
    events.close()

    def publish(address: str) -> Source:
        write(destination_of(address, folder), made, datetime.now(UTC))
        return TableSource(SqlDatabase(address))

    return publish


@pytest.fixture(scope="session")
def tables_file(publish_world: Callable[[str], Source], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite's with all that is published."""
    path = tmp_path_factory.mktemp("tables") / "tables.db"
    publish_world(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def tables(tables_file: Path) -> Source:
    """A source over that file."""
    return TableSource(SqlDatabase(f"sqlite:///{tables_file}"))
