"""Bringing the store's tables up to date."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from tasks.collected.store import EventStore, EventStoreError

VERSIONS = ("0001",)
"""The migrations in their order (tasks/collected/migrations/versions/)."""
VERSION_TABLE = "collected_version"
"""Not the forecast database's: the two may be one database."""
_MIGRATIONS = Path(__file__).with_name("migrations")


def prepare(store: EventStore) -> bool:
    """Run the migrations that a store has not seen; whether there were any.

    Raises EventStoreError if it does not answer or may not be changed, or if its tables are newer than this program.
    """
    with store.snapshot() as connection:
        if _version(store, connection) == VERSIONS[-1]:
            return False
    with store.writing() as connection:
        # Somebody else may have done it while we waited.
        if _version(store, connection) == VERSIONS[-1]:
            return False
        _upgrade(connection)
    return True


def _version(store: EventStore, connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our name
    if version is not None and version not in VERSIONS:
        raise EventStoreError(
            f"The collector's tables in {store} are of version {version}, newer than this Refrain knows.",
            hint="Use the newer Refrain.",
        )
    return version


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only where there is something to change
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
