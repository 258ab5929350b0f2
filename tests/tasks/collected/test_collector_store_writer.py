"""Jobs are written in groups, in turns with other processes; who cannot be served is told, and nothing is in part."""

import threading
from dataclasses import dataclass
from itertools import count

import pytest
from sqlalchemy import event as database_event
from sqlalchemy import func, select

from tasks.collected.group_writer import BusyError, GroupWriter
from tasks.collected.opening import store_at
from tasks.collected.outcome import Outcome
from tasks.collected.records import Event, Show, User, session_digest
from tasks.collected.store import EventStoreError
from tasks.collected.storing_events import EventBatch
from tasks.collected.storing_users import ShowBatch
from tasks.collected.tables import EVENTS
from tasks.database.address import address_of

_numbers = count()


@dataclass
class Ticket:
    job: object


class Told:
    """Remembers what becomes of tickets, and waits for it."""

    def __init__(self):
        self.found = {}
        self._changed = threading.Condition()

    def __call__(self, tickets, outcomes):
        with self._changed:
            self.found.update(zip(map(id, tickets), outcomes, strict=True))
            self._changed.notify_all()

    def of(self, ticket):
        with self._changed:
            assert self._changed.wait_for(lambda: id(ticket) in self.found, timeout=30)
        return self.found[id(ticket)]


def new_event(**changes):
    number = next(_numbers)
    given = {
        "event_id": f"e{number}",
        "user_id": "u1",
        "login_time": 1_700_000_000 + number,
        "content_watched": "s1",
        "genres_watched": None,
        "total_watch_time": 1.5,
        "num_pauses": None,
        "buffer_events": None,
        "was_recommended": None,
        "received_at": 1_800_000_000,
        **changes,
    }
    return Event(session_digest=session_digest(given["user_id"], given["content_watched"]), **given)


def ticket(*events, **options):
    return Ticket(EventBatch(events or (new_event(),), range(1, 1 + max(len(events), 1)), **options))


USER = User("u1", 1_600_000_000, None, "NO", None, "basic", None, 1_800_000_000)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def writer(store, told):
    opened = GroupWriter(store, told, hold=True, max_waiting=50)
    yield opened
    opened.close()


def stored(store):
    with store.snapshot() as connection:
        return connection.execute(select(EVENTS.c.event_id).order_by(EVENTS.c.seq)).scalars().all()


def test_what_waits_is_written_in_one_transaction(store, writer, told):
    commits = []
    database_event.listen(store.engine, "commit", commits.append)
    tickets = [ticket(new_event(event_id=f"{n}")) for n in range(9)] + [Ticket(USER)]
    for one in tickets:
        writer.submit(one)
    writer.start()
    # The user's own transaction: known to the events of it, though handed in after them.
    assert [told.of(one) for one in tickets] == [Outcome(accepted=1)] * 10
    assert len(commits) == 1
    assert stored(store) == [str(n) for n in range(9)]


def test_requests_of_one_group_spoil_nothing_for_each_other(store, writer, told):
    first, same = ticket(new_event(event_id="a", login_time=7)), ticket(new_event(event_id="a", login_time=7))
    other = ticket(new_event(event_id="a", login_time=8), new_event(event_id="b", login_time=9))
    free = ticket(new_event(event_id="b", login_time=9))
    for one in (first, same, other, free):
        writer.submit(one)
    writer.start()
    assert told.of(first) == Outcome(accepted=1, held=1)
    assert told.of(same) == Outcome(duplicates=1)
    assert [(one.line, one.field) for one in told.of(other).refused] == [(1, "event_id")]
    assert told.of(free) == Outcome(accepted=1, held=1)
    assert stored(store) == ["a", "b"]


def test_a_show_and_its_event_may_come_together(store, writer, told):
    show = Ticket(ShowBatch([Show("s1", "One", None, None, None, None, 0)]))
    good, bad = ticket(), ticket(new_event(content_watched="s1|s2"))
    for one in (bad, good, show):
        writer.submit(one)
    writer.start()
    assert told.of(good).accepted == 1
    assert [one.field for one in told.of(bad).refused] == ["content_watched"]


def test_no_more_is_taken_than_may_wait(writer, told):
    waiting = [ticket(*(new_event() for _ in range(20))) for _ in range(2)]
    for one in waiting:
        writer.submit(one)
    with pytest.raises(BusyError, match="40 records wait"):
        writer.submit(ticket(*(new_event() for _ in range(11))))
    writer.start()
    for one in waiting:
        assert told.of(one).accepted == 20
    # A batch above the limit is taken where nothing waits.
    large = ticket(*(new_event() for _ in range(60)))
    while writer.waiting:
        pass
    writer.submit(large)
    assert told.of(large).accepted == 60


def test_a_store_that_is_locked_for_long_is_said_and_then_gone_on_with(store, store_address, told):
    impatient = store_at(address_of(store_address))
    impatient.seconds_to_wait = 0.2
    writer = GroupWriter(impatient, told, hold=True, max_waiting=50)
    writer.start()
    with store.writing() as held:
        held.execute(select(func.count()).select_from(EVENTS))
        one = ticket()
        writer.submit(one)
        assert isinstance(told.of(one), EventStoreError)
    again = ticket(*one.job.events)
    writer.submit(again)
    assert told.of(again).accepted == 1
    writer.close()
    impatient.close()


def test_readers_keep_no_writer_waiting(store, writer, told):
    writer.start()
    with store.snapshot() as connection:
        assert connection.execute(select(func.count()).select_from(EVENTS)).scalar() == 0
        one = ticket()
        writer.submit(one)
        assert told.of(one).accepted == 1
        assert connection.execute(select(func.count()).select_from(EVENTS)).scalar() == 0


def test_what_a_failed_transaction_knew_is_forgotten(store, writer, told):
    """A user who was registered in a transaction that came to nothing is unknown."""
    spoiled = new_event(login_time=None)  # which the table refuses
    for one in (Ticket(USER), ticket(spoiled)):
        writer.submit(one)
    writer.start()
    assert isinstance(told.of(one), EventStoreError)
    later = ticket()
    writer.submit(later)
    assert told.of(later) == Outcome(accepted=1, held=1)


def test_closing_writes_what_was_taken(store, told):
    writer = GroupWriter(store, told, hold=True, max_waiting=1000)
    for _ in range(30):
        writer.submit(ticket())
    writer.start()
    writer.close()
    assert len(stored(store)) == 30


def test_a_batch_longer_than_a_statement_is_stored_whole(store, told):
    writer = GroupWriter(store, told, hold=True, max_waiting=10_000)
    events = [new_event(user_id=f"user {n % 700}") for n in range(1234)]
    first, again = ticket(*events), ticket(*events[::-1], new_event())
    for one in (first, again):
        writer.submit(one)
    writer.start()
    writer.close()
    assert told.of(first) == Outcome(accepted=1234, held=1234)
    assert told.of(again) == Outcome(accepted=1, held=1, duplicates=1234)
    assert stored(store)[:1234] == [event.event_id for event in events]
