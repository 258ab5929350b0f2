"""The pages over the whole API with small champions, without a browser."""

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from published_world import publish_world, tables, tables_file  # noqa: F401
from small_api import client, small_data, small_parts, small_registry  # noqa: F401
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from dashboard.source.api import ApiSource
from dashboard.source.source import Source
from serving.api import api

_PATIENCE_SECONDS = 60


@pytest.fixture
def new_client(small_parts: Callable[..., Any]) -> Iterator[TestClient]:  # noqa: F811
    """A client of an API of its own, for what a test changes."""
    with TestClient(api(small_parts()), raise_server_exceptions=False) as found:
        yield found


@pytest.fixture(scope="session")
def source(client: TestClient) -> Source:  # noqa: F811
    """The API, asked as the pages ask it."""
    return ApiSource(client)


def _script(module, source):  # run from its text alone, without what is imported here
    module.page(source)


@pytest.fixture
def drawn() -> Callable[[ModuleType, Source], AppTest]:
    """Draws a page over a source."""

    def draw(module: ModuleType, source: Source) -> AppTest:
        app = AppTest.from_function(_script, kwargs={"module": module, "source": source})
        return app.run(timeout=_PATIENCE_SECONDS)

    return draw


@pytest.fixture(autouse=True)
def _own_main_module() -> Iterator[None]:
    """Streamlit takes the place of the module that was started, which processes of other tests look for."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
