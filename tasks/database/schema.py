"""Bringing a database's tables up to date, also where they were there before Refrain."""

from pathlib import Path

from tasks.database.database import Database, DatabaseError
from tasks.database.migrating import Migrations

VERSIONS = ("0001", "0002")
"""The migrations in their order (tasks/database/migrations/versions/)."""
VERSION_TABLE = "refrain_schema_version"
_MIGRATIONS = Migrations(Path(__file__).with_name("migrations"), VERSIONS, VERSION_TABLE, DatabaseError)


def prepare(database: Database) -> bool:
    """Run the migrations that a database has not seen; whether there were any.

    Raises DatabaseError if it does not answer, may not be changed, or has tables of these names with other columns.
    """
    return _MIGRATIONS.run(f"The tables in {database}", database.reading, database.writing)
