"""Opening the database that is meant."""

from pathlib import Path

from refrain.project import Project
from tasks.database.address import Address, database_address
from tasks.database.database import Database
from tasks.database.schema import prepare


def open_database(project: Project) -> Database:
    """The database of DATABASE_URL, or the project's own file, with its tables as they should be.

    Raises UsageError if the address is none, DatabaseError if the database does not answer or its tables are others.
    """
    address = database_address(project)
    if not address.is_postgresql and address.url.database == str(project.root / "data" / "refrain.db"):
        Path(address.url.database).parent.mkdir(parents=True, exist_ok=True)
    database = database_at(address)
    prepare(database)
    return database


def database_at(address: Address) -> Database:
    """The database at an address, as it is."""
    if address.is_postgresql:
        from tasks.database.postgresql import PostgresDatabase  # noqa: PLC0415 - one of the two is needed

        return PostgresDatabase(address)
    from tasks.database.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(address)
