"""Stores of each kind, new and empty, as fixtures: import them in a conftest."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.postgres_server import NoServerError, postgres_server
from tasks.collected.opening import store_at
from tasks.collected.schema import prepare
from tasks.collected.store import EventStore
from tasks.database.address import address_of

_numbers = count()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """Address of a PostgreSQL server's first database."""
    try:
        with postgres_server() as address:
            yield address
    except NoServerError as reason:
        pytest.skip(str(reason))


def new_database(server: str) -> str:
    """Address of a new, empty database of a PostgreSQL server."""
    name = f"events_{next(_numbers)}"
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a new, empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'events.db'}"
    return new_database(request.getfixturevalue("postgres_address"))


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite's with the tables, to be copied: making them takes longer than most tests."""
    path = tmp_path_factory.mktemp("prepared") / "events.db"
    _prepare(f"sqlite:///{path}")
    return path


def _prepare(address: str) -> None:
    opened = store_at(address_of(address))
    prepare(opened)
    opened.close()


@pytest.fixture
def store(request: pytest.FixtureRequest, store_address: str) -> Iterator[EventStore]:
    """A store of either kind with its tables, nothing in them."""
    address = address_of(store_address)
    if not address.is_postgresql:
        shutil.copy(request.getfixturevalue("prepared_file"), str(address.url.database))
    opened = store_at(address)
    prepare(opened)
    yield opened
    opened.close()
