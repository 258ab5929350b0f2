"""What is there already, asked by migrations."""

from collections.abc import Iterable

from alembic import op
from sqlalchemy import Connection, Inspector, inspect

from refrain.errors import InputError


def inspector() -> Inspector:
    """An inspector that has not seen the migration's changes so far unless it is asked for anew."""
    found: Inspector = inspect(op.get_bind())
    return found


def connection() -> Connection:
    """The connection that the migration runs on."""
    return op.get_bind()


def has_table(name: str, columns: Iterable[str]) -> bool:
    """Whether a table is there. Raises InputError if it is, but without some of `columns`."""
    if not inspector().has_table(name):
        return False
    missing = [column for column in columns if column not in column_names(name)]
    if missing:
        raise InputError(
            f"The database has a table {name} without {', '.join(missing)}.",
            hint="Add or rename its columns, or point DATABASE_URL to another database.",
        )
    return True


def column_names(table: str) -> set[str]:
    """The columns of a table."""
    return {column["name"] for column in inspector().get_columns(table)}


def has_index_on(table: str, column: str) -> bool:
    """Whether an index or key of a table begins with `column`."""
    found = inspector()
    keys = [found.get_pk_constraint(table)["constrained_columns"]]
    keys += [unique["column_names"] for unique in found.get_unique_constraints(table)]
    indexes = [index["column_names"] for index in found.get_indexes(table)]
    return any(names[:1] == [column] for names in keys) or any(names[:1] == [column] for names in indexes)
