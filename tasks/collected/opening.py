"""Opening the store that is meant: DATABASE_URL, or a file of the project's own."""

import os
from pathlib import Path

from sqlalchemy.engine import URL

from refrain.project import Project
from tasks.collected.schema import prepare
from tasks.collected.store import EventStore
from tasks.database.address import ENVIRONMENT, Address, address_of


def open_event_store(project: Project) -> EventStore:
    """The store of DATABASE_URL, or data/events.db of the project where it is unset, with its tables as they should be.

    That file is not the forecast's: a long forecast is one transaction, and would keep the collector waiting. Raises
    UsageError if the address is none, EventStoreError if the database does not answer or its tables are others.
    """
    given = os.environ.get(ENVIRONMENT, "").strip()
    if given:
        store = store_at(address_of(given))
    else:
        path = project.root / "data" / "events.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        store = store_in(path)
    prepare(store)
    return store


def store_in(path: Path) -> EventStore:
    """The store in a file of SQLite's, as it is."""
    return store_at(Address(URL.create("sqlite", database=str(path))))


def store_at(address: Address) -> EventStore:
    """The store at an address, as it is."""
    if address.is_postgresql:
        from tasks.collected.postgres_store import PostgresStore  # noqa: PLC0415 - one of the two is needed

        return PostgresStore(address)
    from tasks.collected.sqlite_store import SqliteStore  # noqa: PLC0415

    return SqliteStore(address)
