"""Running a set of migrations that a database may have seen in part."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from refrain.errors import RefrainError

Connecting = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True)
class Migrations:
    """Alembic's migrations in a folder of ours."""

    folder: Path
    versions: tuple[str, ...]
    """In their order."""
    table: str
    """Where a database says which it has seen. Not Alembic's usual name: the user's own migrations may have that."""
    error: type[RefrainError]
    """What is raised where the tables are newer than this program."""

    def run(self, tables: str, reading: Connecting, writing: Connecting) -> bool:
        """Run those that a database has not seen; whether there were any. `tables`: what they are called in errors."""
        with reading() as connection:
            if self._version(tables, connection) == self.versions[-1]:
                return False
        with writing() as connection:
            # Somebody else may have done it while we waited.
            if self._version(tables, connection) == self.versions[-1]:
                return False
            self._upgrade(connection)
        return True

    def _version(self, tables: str, connection: Connection) -> str | None:
        if not inspect(connection).has_table(self.table):
            return None
        version = connection.execute(text(f"SELECT version_num FROM {self.table}")).scalar()  # noqa: S608 - our name
        if version is not None and version not in self.versions:
            raise self.error(
                f"{tables} are of version {version}, newer than this Refrain knows.", hint="Use the newer Refrain."
            )
        return version

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 - only where there is something to change
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.attributes.update(connection=connection, version_table=self.table)
        command.upgrade(config, "head")
