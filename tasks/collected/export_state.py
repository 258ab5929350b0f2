"""What the last export has seen of the store and written: the next one goes on from there."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Column, Connection, Table, func, select

from refrain.files import read_json, value_digest, write_json
from refrain.settings import Frozen
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

FORMAT = 1
"""Of the parts and of the state itself: after another number everything is written anew."""
TABLES = (USERS, CANCELLATIONS, SHOWS, EVENTS)
_IDENTITY: Mapping[str, Column[str]] = {
    USERS.name: USERS.c.user_id,
    CANCELLATIONS.name: CANCELLATIONS.c.user_id,
    SHOWS.name: SHOWS.c.show_id,
    EVENTS.name: EVENTS.c.user_id,
}


class Part(Frozen):
    """A file that was written."""

    md5: str
    rows: int


class State(Frozen):
    """What an export has seen and written. A file of its own, and no part of any dataset."""

    format: int = FORMAT
    seen: Mapping[str, int] = {}
    """Table -> the highest `seq` in it. No row at or below it has come since (tasks/collected/tables.py)."""
    witnesses: Mapping[str, str] = {}
    """Table -> digest of the row with that number, by which another store is told from this one."""
    newest: int = 0
    """The newest moment that the rows speak of, or were received at (seconds since 1970)."""
    last_login: int | None = None
    held: int = 0
    parts: Mapping[str, Part] = {}
    """Place in the export's folder ("events/2026-11.csv") -> the file."""

    def after(self, table: Table) -> int:
        """The highest `seq` of a table that was seen."""
        return self.seen.get(table.name, 0)


def read_state(path: Path) -> State:
    """The state of the last export; an empty one where there was none, or its file is not understood."""
    try:
        found = State.model_validate(read_json(path))
    except (OSError, ValueError, ValidationError):
        return State()
    return found if found.format == FORMAT else State()


def write_state(path: Path, state: State) -> None:
    """Keep the state for the next export."""
    write_json(path, state.model_dump(mode="json"))


def of_this_store(connection: Connection, state: State) -> bool:
    """Whether the rows that the state speaks of are those of this store: it is neither another nor an older one."""
    return all(witness(connection, table, state.after(table)) == state.witnesses.get(table.name) for table in TABLES)


def last_seq(connection: Connection, table: Table) -> int:
    """The highest `seq` of a table; 0 where it is empty."""
    return int(connection.execute(select(func.coalesce(func.max(table.c.seq), 0))).scalar_one())


def witness(connection: Connection, table: Table, seq: int) -> str | None:
    """A digest of the row with a number; None where there is no such row."""
    statement = select(_IDENTITY[table.name], table.c.received_at).where(table.c.seq == seq)
    found = connection.execute(statement).one_or_none()
    return None if found is None else value_digest([str(cell) for cell in found])
