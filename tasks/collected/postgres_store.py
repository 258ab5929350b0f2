"""The store in a database of a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

from refrain.errors import UsageError
from tasks.collected.store import EventStore
from tasks.database.address import Address

_LOCK = 7_236_924_602
"""Number of the advisory lock that writing transactions hold. Not the forecast's: a long forecast must not stop the
collector."""
_PATIENCE = {
    "connect_timeout": 5,
    # A server that has gone without a word is noticed after so many milliseconds.
    "tcp_user_timeout": 10_000,
}


class PostgresStore(EventStore):
    """A store on a server."""

    placeholder = "%s"
    seconds_to_wait = 10.0
    """For the turn to write, and for any one statement."""

    def __init__(self, address: Address) -> None:
        """Raises UsageError where the driver, which is an optional dependency, is not installed."""
        super().__init__(address)
        if find_spec("psycopg") is None:
            raise UsageError(
                "PostgreSQL needs psycopg, not installed here.",
                hint="Run `uv sync --extra postgres` in the project's folder.",
            )

    def _engine(self) -> Engine:
        given = {name: value for name, value in _PATIENCE.items() if name not in self.address.url.query}
        engine = create_engine(self.address.url, connect_args=given, hide_parameters=True, pool_pre_ping=True)
        event.listen(engine, "connect", _make_durable)
        return engine

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        options = {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            milliseconds = int(1000 * self.seconds_to_wait)
            connection.execute(text(f"SET LOCAL statement_timeout = {milliseconds}"))
            # Held until the commit can be seen: whoever numbers rows next numbers them higher.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection


def _make_durable(connection: Any, _record: object) -> None:
    """A server may be set to confirm commits that are not on the disk yet."""
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
