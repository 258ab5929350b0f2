"""Storing registrations, cancellations and shows, within a transaction that nobody writes beside."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Row, Table, insert, select

from tasks.collected.outcome import Outcome, Refusal
from tasks.collected.records import Cancellation, Show, User
from tasks.collected.storing_events import unknown_user
from tasks.collected.tables import CANCELLATIONS, SHOWS, USERS


@dataclass(frozen=True)
class ShowBatch:
    """The shows of one request: all of them are stored, or none."""

    shows: Sequence[Show]
    numbered: bool = True
    """Whether the request is a list, whose refusals say which of its entries they mean."""


def store_user(connection: Connection, user: User) -> Outcome:
    """Register a user, who is registered once."""
    before = _row(connection, USERS, USERS.c.user_id, user.user_id)
    if before is not None:
        said = _content(before)[:5] == user[1:6]
        reason = "is registered already, as it is said here" if said else "is registered already, as somebody else"
        return Outcome(refused=[Refusal("user_id", reason, "A user is registered once.")])
    cancelled = _row(connection, CANCELLATIONS, CANCELLATIONS.c.user_id, user.user_id)
    if cancelled is not None and cancelled.cancelled_at < user.registered_at:
        return Outcome(refused=[Refusal("registration_date", "is later than the day on which this user cancelled")])
    connection.execute(insert(USERS).values(user._asdict()))
    return Outcome(accepted=1)


def store_cancellation(connection: Connection, cancellation: Cancellation, *, hold: bool) -> Outcome:
    """Note that a user leaves. `hold` is as for events."""
    user = _row(connection, USERS, USERS.c.user_id, cancellation.user_id)
    if user is None and not hold:
        return Outcome(refused=[unknown_user()])
    before = _row(connection, CANCELLATIONS, CANCELLATIONS.c.user_id, cancellation.user_id)
    if before is not None:
        if _content(before)[:2] == cancellation[1:3]:
            return Outcome(duplicates=1)
        return Outcome(refused=[Refusal("user_id", "has cancelled already, at another time or for another reason")])
    if user is not None and cancellation.cancelled_at < user.registered_at:
        return Outcome(refused=[Refusal("cancelled_at", "is earlier than the day on which this user registered")])
    connection.execute(insert(CANCELLATIONS).values(cancellation._asdict()))
    return Outcome(accepted=1, held=int(user is None))


def store_shows(connection: Connection, batch: ShowBatch) -> Outcome:
    """Register shows. One that is registered in the same words already is a duplicate, in other words it is refused."""
    outcome, new = Outcome(), dict[str, Show]()
    for number, show in enumerate(batch.shows, start=1):
        stored = _row(connection, SHOWS, SHOWS.c.show_id, show.show_id)
        earlier = new.get(show.show_id) if stored is None else Show(*stored[1:])
        if earlier is None:
            new[show.show_id] = show
        elif earlier[:-1] == show[:-1]:
            outcome.duplicates += 1
        else:
            line = number if batch.numbered else None
            outcome.refused.append(Refusal("show_id", "is registered already, as another show", line=line))
    if outcome.refused:
        return Outcome(refused=outcome.refused)
    if new:
        connection.execute(insert(SHOWS), [show._asdict() for show in new.values()])
    outcome.accepted = len(new)
    return outcome


def _row(connection: Connection, table: Table, key: Column[str], value: str) -> Row[tuple[object, ...]] | None:
    return connection.execute(select(table).where(key == value)).first()


def _content(row: Row[tuple[object, ...]]) -> tuple[object, ...]:
    """A stored row from the column after its id on."""
    return tuple(row)[2:]
