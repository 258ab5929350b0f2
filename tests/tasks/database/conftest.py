"""Databases of each kind, and a model that forecasts without having learned."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.postgres_server import NoServerError, postgres_server

_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a PostgreSQL server's first database."""
    try:
        with postgres_server() as address:
            yield address
    except NoServerError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def new_postgres(server: str) -> str:
    """Address of a new, empty PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a new, empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'streams.db'}"
    return str(request.getfixturevalue("new_postgres"))
