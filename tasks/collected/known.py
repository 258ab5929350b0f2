"""Which users and shows are registered, without asking the database again for those it has named once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Column, Connection, exists, select

from tasks.collected.tables import SHOWS, USERS

_ASKED_AT_ONCE = 500
_MOST_REMEMBERED = 2_000_000


@dataclass
class _Ids:
    """Registered ids of one table."""

    sure: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    """Seen in a transaction that may be undone yet."""

    def lacking(self, ids: set[str]) -> set[str]:
        return ids - self.sure - self.seen


class Known:
    """Ids that are surely registered. Rows are never removed, so what was seen once, committed, holds for ever."""

    def __init__(self) -> None:
        self._users, self._shows = _Ids(), _Ids()

    def unknown_users(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that no registered user has."""
        return _unknown(connection, USERS.c.user_id, set(ids), self._users)

    def unknown_shows(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that no registered show has; none of them where no show is registered at all."""
        missing = _unknown(connection, SHOWS.c.show_id, set(ids), self._shows)
        if missing and not self._shows.sure and not connection.execute(select(exists().select_from(SHOWS))).scalar():
            return set()
        return missing

    def committed(self) -> None:
        """After a transaction that is on the disk: what was seen in it is sure."""
        for ids in (self._users, self._shows):
            if len(ids.sure) > _MOST_REMEMBERED:
                ids.sure.clear()
            ids.sure |= ids.seen
            ids.seen.clear()

    def undone(self) -> None:
        """After a transaction that was undone: what was seen in it may never have been."""
        self._users.seen.clear()
        self._shows.seen.clear()


def _unknown(connection: Connection, column: Column[str], ids: set[str], known: _Ids) -> set[str]:
    missing = sorted(known.lacking(ids))
    for start in range(0, len(missing), _ASKED_AT_ONCE):
        some = missing[start : start + _ASKED_AT_ONCE]
        known.seen.update(connection.execute(select(column).where(column.in_(some))).scalars())
    return known.lacking(set(missing))
