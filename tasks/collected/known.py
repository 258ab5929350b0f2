"""Which users and shows are registered, without asking the database again for those it has named once."""

from collections.abc import Iterable

from sqlalchemy import Column, Connection, exists, select

from tasks.collected.tables import SHOWS, USERS

_ASKED_AT_ONCE = 500
_MOST_REMEMBERED = 2_000_000


class Known:
    """Ids that are surely registered. Rows are never removed, so what was seen once, committed, holds for ever."""

    def __init__(self) -> None:
        self._users: set[str] = set()
        self._shows: set[str] = set()

    def unknown_users(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that no registered user has."""
        return _unknown(connection, USERS.c.user_id, set(ids), self._users)

    def unknown_shows(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that no registered show has; none of them where no show is registered at all."""
        missing = _unknown(connection, SHOWS.c.show_id, set(ids), self._shows)
        if missing and not self._shows and not connection.execute(select(exists().select_from(SHOWS))).scalar():
            return set()
        return missing

    def forget(self) -> None:
        """After a transaction that was undone: what was seen in it may never have been."""
        self._users.clear()
        self._shows.clear()


def _unknown(connection: Connection, column: Column[str], ids: set[str], known: set[str]) -> set[str]:
    missing = ids - known
    if not missing:
        return missing
    if len(known) > _MOST_REMEMBERED:
        known.clear()
    ordered = sorted(missing)
    for start in range(0, len(ordered), _ASKED_AT_ONCE):
        some = ordered[start : start + _ASKED_AT_ONCE]
        known.update(connection.execute(select(column).where(column.in_(some))).scalars())
    return missing - known
