"""Bringing a database's tables up to date, also where they were there before Refrain."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from tasks.database.database import Database, DatabaseError

VERSIONS = ("0001", "0002")
"""The migrations in their order (tasks/database/migrations/versions/)."""
VERSION_TABLE = "refrain_schema_version"
"""Not Alembic's usual name: the user's own migrations may have that one."""
_MIGRATIONS = Path(__file__).with_name("migrations")


def prepare(database: Database) -> bool:
    """Run the migrations that a database has not seen; whether there were any.

    Raises DatabaseError if it does not answer, may not be changed, or has tables of these names with other columns.
    """
    with database.reading() as connection:
        if _version(database, connection) == VERSIONS[-1]:
            return False
    with database.writing() as connection:
        # Somebody else may have done it while we waited.
        if _version(database, connection) == VERSIONS[-1]:
            return False
        _upgrade(connection)
    return True


def _version(database: Database, connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our name
    if version is not None and version not in VERSIONS:
        raise DatabaseError(
            f"The tables in {database} are of version {version}, newer than this Refrain knows.",
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
