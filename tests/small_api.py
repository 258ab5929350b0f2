"""The whole API over small champions."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from audience_of import NOW, fill, models_of, new_store
from registered import register_small
from small_models import small_project, small_shelf
from starlette.testclient import TestClient

from refrain.project import Project
from refrain.settings import CollectorSettings, ServingSettings
from serving.api import Parts, api
from serving.audience.asking import AskedAudience
from serving.audience.figures import FiguresHere
from serving.collector.collector import Collector
from serving.sheets.making import SheetsHere
from serving.web.request_log import LineLog
from tasks.champions.shelf import Shelf
from tasks.collected.store import EventStore
from tasks.sheets.asking import Sheets
from tasks.sheets.material import Material


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the raw data and the snapshots of a small world, to be looked at only."""
    return small_project(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_registry(small_data: Project) -> Shelf:
    """A shelf with small champions, families and baselines of all eight targets, to be looked at only."""
    return small_shelf(small_data)


@pytest.fixture(scope="module")
def filled(small_data: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    """A store with the audience of the small world."""
    opened = new_store(tmp_path_factory.mktemp("filled"))
    fill(opened, small_data)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def registered_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose registry holds a champion of breakout.core, to be looked at only."""
    return register_small(tmp_path_factory.mktemp("registered"))


@pytest.fixture(scope="session")
def small_parts(
    small_data: Project, small_registry: Shelf, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Parts]:
    """Makes the parts of an API over small champions, each with an empty store of its own; what is named is changed."""

    def make(**changes: Any) -> Parts:
        opened = new_store(tmp_path_factory.mktemp("api"))
        audience = AskedAudience(small_data, opened, models_of(small_registry), lambda: NOW)
        parts: dict[str, Any] = {
            "shelf": small_registry,
            "collector": Collector(opened, CollectorSettings()),
            "figures": FiguresHere(opened, "UTC", lambda: audience),
            "sheets": SheetsHere(Sheets(Material(small_data, small_registry, opened))),
            "settings": ServingSettings(),
            "lines": LineLog(os.open(os.devnull, os.O_WRONLY)),
        }
        return Parts(**parts | changes)

    return make


@pytest.fixture(scope="session")
def client(small_parts: Callable[..., Parts]) -> Iterator[TestClient]:
    """A client of the whole API."""
    with TestClient(api(small_parts()), raise_server_exceptions=False) as found:
        yield found
