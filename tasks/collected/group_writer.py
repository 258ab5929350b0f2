"""One thread that writes whatever is waiting in one transaction, and then tells everybody who waited."""

import logging
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

from refrain.errors import RefrainError
from tasks.collected.known import Known
from tasks.collected.outcome import Outcome
from tasks.collected.records import Cancellation, User
from tasks.collected.store import EventStore, EventStoreError
from tasks.collected.storing_events import EventBatch, MetAgainError, store_events
from tasks.collected.storing_users import ShowBatch, store_cancellation, store_shows, store_user

Job = EventBatch | User | Cancellation | ShowBatch
_MOST_RECORDS = 20_000
"""Records in one transaction, after which the others wait for the next."""
_QUIET_SECONDS = 5
"""Between two lines of the log about a store that does not take anything."""
_log = logging.getLogger("refrain.collector")


class Ticket(Protocol):
    """One request's job, and whoever waits for what becomes of it."""

    @property
    def job(self) -> Job:
        """What is to be written."""
        ...


T = TypeVar("T", bound=Ticket)


class BusyError(RefrainError):
    """So many records wait to be written that no more are taken."""


class GroupWriter(Generic[T]):
    """Writes jobs in groups: a transaction, and one wait for the disk, for all that came in the meantime.

    `tell` is called in the writing thread, once a group, with its tickets and, for each, its outcome or the error that
    kept all of them from being stored.
    """

    def __init__(
        self,
        store: EventStore,
        tell: Callable[[Sequence[T], Sequence[Outcome | EventStoreError]], None],
        *,
        hold: bool,
        max_waiting: int,
    ) -> None:
        """`hold`: keep events of unknown users; `max_waiting`: records that may wait to be written."""
        self._store, self._tell, self._hold, self._max_waiting = store, tell, hold, max_waiting
        self._known = Known()
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._waiting, self._counting = 0, Lock()
        self._not_stored, self._quiet_until = 0, 0.0
        self._thread = Thread(target=self._run, name="collector-writer", daemon=True)

    @property
    def waiting(self) -> int:
        """Records taken and not written yet."""
        return self._waiting

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, ticket: T) -> None:
        """Take a job. Raises BusyError where too many wait."""
        size = _records(ticket.job)
        with self._counting:
            # A job larger than the limit is taken where nothing else waits.
            if self._waiting and self._waiting + size > self._max_waiting:
                raise BusyError(
                    f"{self._waiting:,} records wait to be written.", hint="Send this again in a second, and slower."
                )
            self._waiting += size
        self._queue.put(ticket)

    def close(self) -> None:
        """Write what was taken, and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._next_group()
            if group:
                found = self._write(group)
                with self._counting:
                    self._waiting -= sum(_records(ticket.job) for ticket in group)
                self._tell(group, found)

    def _next_group(self) -> tuple[list[T], bool]:
        """All that is waiting, at least one job; and whether more may come."""
        group: list[T] = []
        records = 0
        while not group or (records < _MOST_RECORDS and not self._queue.empty()):
            ticket = self._queue.get()
            if ticket is None:
                return group, False
            group.append(ticket)
            records += _records(ticket.job)
        return group, True

    def _write(self, group: list[T]) -> Sequence[Outcome | EventStoreError]:
        jobs = [ticket.job for ticket in group]
        try:
            try:
                return self._transaction(jobs, careful=False)
            except MetAgainError:
                self._known.undone()
                return self._transaction(jobs, careful=True)
        except EventStoreError as error:
            return self._failed(group, error)
        except Exception as error:  # the thread goes on; what the error says may hold somebody's data
            return self._failed(group, EventStoreError(f"A fault of the collector's own: {type(error).__name__}."))

    def _transaction(self, jobs: list[Job], *, careful: bool) -> list[Outcome]:
        with self._store.writing() as connection:
            outcomes = self._outcomes(connection, jobs, careful)
        self._known.committed()
        return outcomes

    def _failed(self, group: list[T], error: EventStoreError) -> list[EventStoreError]:
        self._known.undone()
        self._not_stored += len(group)
        if monotonic() > self._quiet_until:
            _log.warning("nothing stored of %d requests: %s", self._not_stored, error.message)
            self._not_stored, self._quiet_until = 0, monotonic() + _QUIET_SECONDS
        return [error] * len(group)

    def _outcomes(self, connection: Connection, jobs: list[Job], careful: bool) -> list[Outcome]:
        """Users and shows first: those who are registered in the same group are known to its events."""
        outcomes: dict[int, Outcome] = {}
        batches: dict[int, EventBatch] = {}
        for place, job in enumerate(jobs):
            match job:
                case EventBatch():
                    batches[place] = job
                case User():
                    outcomes[place] = store_user(connection, job)
                case ShowBatch():
                    outcomes[place] = store_shows(connection, job)
        for place, job in enumerate(jobs):
            if isinstance(job, Cancellation):
                outcomes[place] = store_cancellation(connection, job, hold=self._hold)
        if batches:
            every = list(batches.values())
            stored = store_events(connection, self._store, self._known, every, hold=self._hold, careful=careful)
            outcomes.update(zip(batches, stored, strict=True))
        return [outcomes[place] for place in range(len(jobs))]


def _records(job: Job) -> int:
    match job:
        case EventBatch(events=events):
            return len(events)
        case ShowBatch(shows=shows):
            return len(shows)
    return 1
