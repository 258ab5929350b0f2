"""Bringing the store's tables up to date."""

from pathlib import Path

from tasks.collected.store import EventStore, EventStoreError
from tasks.database.migrating import Migrations

VERSIONS = ("0001",)
"""The migrations in their order (tasks/collected/migrations/versions/)."""
VERSION_TABLE = "collected_version"
"""Not the forecast database's: the two may be one database."""
_MIGRATIONS = Migrations(Path(__file__).with_name("migrations"), VERSIONS, VERSION_TABLE, EventStoreError)


def prepare(store: EventStore) -> bool:
    """Run the migrations that a store has not seen; whether there were any.

    Raises EventStoreError if it does not answer or may not be changed, or if its tables are newer than this program.
    """
    return _MIGRATIONS.run(f"The collector's tables in {store}", store.snapshot, store.writing)
