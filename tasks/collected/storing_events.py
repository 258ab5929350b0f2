"""Storing sessions, each once, within a transaction that nobody writes beside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tasks.collected.known import Known
from tasks.collected.outcome import Outcome, Refusal
from tasks.collected.records import Event
from tasks.collected.store import EventStore, EventStoreError
from tasks.collected.tables import EVENTS

_ASKED_AT_ONCE = 500
_COLUMNS = [EVENTS.c[name] for name in Event._fields]


@dataclass(frozen=True)
class EventBatch:
    """The sessions of one request."""

    events: Sequence[Event]
    lines: Sequence[int] | None = None
    """The number of each of them in the request, from 1; none where it is the only one."""
    partial: bool = False
    """Store the good ones even where others are refused; otherwise all of them or none."""

    def line(self, place: int) -> int | None:
        """Which record of the request the event at a place is."""
        return None if self.lines is None else self.lines[place]


class MetAgainError(Exception):
    """Some of the events are stored already: the transaction must be undone, and begun again with care."""


def store_events(
    connection: Connection, store: EventStore, known: Known, batches: Sequence[EventBatch], *, hold: bool, careful: bool
) -> list[Outcome]:
    """Store the sessions of several requests; what became of each request's.

    `hold`: events of users who are not registered are stored, to count once they are; otherwise they are refused.
    `careful`: look first which of them are stored already. Nearly always none is, so that this is tried without first;
    raises MetAgainError where it was needed. (A savepoint to go back to would cost as much as the events themselves.)
    """
    every = [event for batch in batches for event in batch.events]
    unheard = known.unknown_users(connection, {event.user_id for event in every})
    unlisted = known.unknown_shows(connection, _shows(every))
    if not careful and not unlisted and (hold or not unheard):
        if store.append_new(connection, EVENTS, Event._fields, every) != len(every):
            raise MetAgainError
        return [_all_accepted(batch, unheard) for batch in batches]
    chooser = _Chooser(_Stored(connection, every), unheard, unlisted, hold)
    outcomes = [chooser.choose(batch) for batch in batches]
    if store.append_new(connection, EVENTS, Event._fields, chooser.chosen) != len(chooser.chosen):
        raise EventStoreError(f"{store} took fewer events than it was given.", hint="Send them again.")
    return outcomes


def _shows(events: Iterable[Event]) -> set[str]:
    shows: set[str] = set()
    for cell in {event.content_watched for event in events}:
        shows.update(cell.split("|"))
    shows.discard("")  # an empty list
    return shows


def _all_accepted(batch: EventBatch, unheard: set[str]) -> Outcome:
    held = sum(event.user_id in unheard for event in batch.events) if unheard else 0
    return Outcome(accepted=len(batch.events), held=held)


class _Stored:
    """The stored events that one of some events may be once more: by event_id, and by session."""

    def __init__(self, connection: Connection, events: Sequence[Event]) -> None:
        self.by_id: dict[str, Event] = {}
        self.by_session: dict[tuple[int, int], Event] = {}
        for start in range(0, len(events), _ASKED_AT_ONCE):
            some = events[start : start + _ASKED_AT_ONCE]
            ids = [event.event_id for event in some if event.event_id is not None]
            times, digests = {event.login_time for event in some}, {event.session_digest for event in some}
            for condition in (
                EVENTS.c.event_id.in_(ids),
                EVENTS.c.login_time.in_(sorted(times)) & EVENTS.c.session_digest.in_(sorted(digests)),
            ):
                for row in connection.execute(select(*_COLUMNS).where(condition)):
                    self.add(Event(*row))

    def add(self, event: Event) -> None:
        if event.event_id is not None:
            self.by_id[event.event_id] = event
        self.by_session[event.login_time, event.session_digest] = event

    def remove(self, event: Event) -> None:
        if event.event_id is not None:
            del self.by_id[event.event_id]
        del self.by_session[event.login_time, event.session_digest]


class _Chooser:
    """Decides of one event after the other, in the order in which they came."""

    def __init__(self, stored: _Stored, unheard: set[str], unlisted: set[str], hold: bool) -> None:
        self.chosen: list[Event] = []
        self._stored, self._unheard, self._unlisted, self._hold = stored, unheard, unlisted, hold

    def choose(self, batch: EventBatch) -> Outcome:
        outcome, new = Outcome(), []
        for place, event in enumerate(batch.events):
            if event.event_id is not None and self._is_repeated(event):
                outcome.duplicates += 1
                continue
            refusal = self._refusal(event, batch.line(place))
            if refusal is not None:
                outcome.refused.append(refusal)
                continue
            self._stored.add(event)
            new.append(event)
        if outcome.refused and not batch.partial:
            for event in new:
                self._stored.remove(event)
            return Outcome(refused=outcome.refused)
        self.chosen += new
        outcome.accepted = len(new)
        outcome.held = sum(event.user_id in self._unheard for event in new)
        return outcome

    def _is_repeated(self, event: Event) -> bool:
        before = self._stored.by_id.get(event.event_id or "")
        return before is not None and before.content == event.content

    def _refusal(self, event: Event, line: int | None) -> Refusal | None:
        if event.event_id in self._stored.by_id:
            return Refusal(
                "event_id", "was used before for another event", "Give each event an event_id of its own.", line
            )
        if (event.login_time, event.session_digest) in self._stored.by_session:
            return Refusal(
                "login_time",
                "this session is stored already: the same user, moment and content",
                "Nothing is to be done. With an event_id, sending an event once more is answered as the first time.",
                line,
            )
        if not self._hold and event.user_id in self._unheard:
            return unknown_user(line)
        if self._unlisted and not self._unlisted.isdisjoint(event.content_watched.split("|")):
            return Refusal(
                "content_watched", "names a show that is not registered", "Register it with POST /register-show.", line
            )
        return None


def unknown_user(line: int | None = None) -> Refusal:
    """That nobody is registered by that user_id."""
    return Refusal("user_id", "is not registered", "Register the user with POST /register-user first.", line)
