"""An address is understood whatever its driver, and never shown with its secrets."""

import sys
import traceback
from pathlib import Path

import pytest
from sqlalchemy import literal, select
from sqlalchemy.engine import make_url

from refrain.errors import UsageError
from refrain.project import Project
from tasks.database.address import address_of, database_address
from tasks.database.database import DatabaseError
from tasks.database.opening import database_at
from tasks.database.schema import prepare

_SECRET = "hun ter/2@"
_WRITTEN = "hun%20ter%2F2%40"


def test_without_an_address_it_is_a_file_of_the_project(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert str(database_address(Project(tmp_path))) == f"the SQLite database {tmp_path / 'data' / 'refrain.db'}"
    monkeypatch.setenv("DATABASE_URL", " ")
    assert not database_address(Project(tmp_path)).is_postgresql


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_any_name_of_postgresql_is_understood(monkeypatch, scheme):
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://bob:{_WRITTEN}@db.example:5433/music?sslmode=require")
    address = database_address(Project(Path()))
    assert address.url.drivername == "postgresql+psycopg"
    assert address.url.password == _SECRET
    assert address.libpq == f"postgresql://bob:{_WRITTEN}@db.example:5433/music?sslmode=require"
    assert str(address) == "the PostgreSQL database music on db.example:5433"


@pytest.mark.parametrize(
    "given",
    [
        f"mysql://bob:{_WRITTEN}@db/music",
        f"{_WRITTEN}",
        f"postgresql://bob:{_WRITTEN}@db:port/music",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_what_is_no_address_is_said_without_repeating_it(given):
    with pytest.raises(UsageError, match="DATABASE_URL") as caught:
        address_of(given)
    assert _WRITTEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "shape", ["postgresql://{}@127.0.0.1:1/music", "postgres://{}@no-such-host.invalid/music?bogus={}"]
)
def test_a_database_that_does_not_answer_is_said_in_a_sentence_without_secrets(shape):
    database = database_at(address_of(shape.format(f"bob:{_WRITTEN}", _WRITTEN)))
    for ask in (lambda: prepare(database), lambda: database.columns(select(literal(1)))):
        with pytest.raises(
            DatabaseError, match=r"^The PostgreSQL database music on .* does not answer: .*Check"
        ) as caught:
            ask()
        shown = "".join(traceback.format_exception(caught.value))
        for secret in (_SECRET, _WRITTEN, "hun ter"):
            assert secret not in shown
        assert secret not in repr(database.address)


def test_a_wrong_password_is_a_sentence_without_it(server):
    wrong = make_url(server).set(password=_SECRET).render_as_string(hide_password=False)
    with pytest.raises(DatabaseError, match="password authentication failed") as caught:
        prepare(database_at(address_of(wrong)))
    assert _SECRET not in "".join(traceback.format_exception(caught.value))


def test_what_a_driver_says_loses_every_form_of_the_password():
    given = f"postgresql://bob:{_WRITTEN}@db/music?sslpassword=keyword9"
    address = address_of(given)
    said = f'cannot parse "{given}" or {address.libpq}: {_SECRET} {_WRITTEN} keyword9'
    assert address.without_secrets(said) == 'cannot parse "***" or ***: *** *** ***'


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(DatabaseError, match="unable to open database file"):
        prepare(database_at(address_of(f"sqlite:///{tmp_path}/nowhere/x.db")))


@pytest.mark.parametrize("driver", ["psycopg", "adbc_driver_postgresql"])
def test_a_driver_that_is_not_installed_is_said_with_what_to_install(monkeypatch, driver):
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(UsageError, match=rf"PostgreSQL needs {driver}, .*uv sync --extra postgres"):
        database_at(address_of("postgresql://bob@db/music"))
