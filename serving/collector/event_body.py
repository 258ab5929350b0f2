"""A session as POST /log-event and /log-events take it."""

import re
from collections.abc import Sequence
from datetime import datetime
from json import JSONDecodeError, loads
from typing import Annotated, Any, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic's own; typing's will do from Python 3.12 on

from refrain.sessions import SEPARATOR
from serving.collector.clock import Moment
from serving.collector.fields import (
    HINTS,
    NEITHER_CONTROLS_NOR_SEPARATOR,
    STRICT,
    Count,
    Id,
    ListCell,
    Minutes,
    address_within,
    refusal,
    seconds_of,
)
from serving.web.parsing import Numbered, Parser
from tasks.collected.outcome import Refusal
from tasks.collected.records import Event, session_digest

_LONGEST_ENTRY = 200
_SIGNS = re.compile(NEITHER_CONTROLS_NOR_SEPARATOR)
_SLACK_SECONDS = 60
"""Watched minutes and the time between login and logout are measured by different clocks, and rounded."""


@with_config(STRICT)
class EventBody(TypedDict):
    """All fields must be there; those that may be null are null where nobody measures them."""

    user_id: Id
    login_time: datetime
    content_watched: ListCell
    genres_watched: ListCell | None
    total_watch_time: Minutes
    num_pauses: Count | None
    buffer_events: Count | None
    was_recommended: bool | None
    event_id: NotRequired[Annotated[Id | None, Field(description="Makes sending an event again harmless.")]]
    logout_time: NotRequired[Annotated[datetime | None, Field(description="Only checked.")]]


PARSER: Parser[EventBody] = Parser(EventBody, HINTS)


def events_of(bodies: Sequence[Numbered[EventBody]], moment: Moment) -> tuple[list[Event], list[int], list[Refusal]]:
    """The good events, their lines, and what is wrong with the others."""
    events: list[Event] = []
    lines: list[int] = []
    faults: list[Refusal] = []
    for line, body in bodies:
        found = event_of(body, moment, line)
        if isinstance(found, Event):
            events.append(found)
            lines.append(line)
        else:
            faults.append(found)
    return events, lines, faults


def event_of(body: EventBody, moment: Moment, line: int | None = None) -> Event | Refusal:
    """A session as it is stored, or the first thing about it that cannot be."""
    user_id, event_id = body["user_id"], body.get("event_id")
    login_time, watched = seconds_of(body["login_time"]), body["total_watch_time"]
    content = _cell("content_watched", body["content_watched"], line)
    genres = _cell("genres_watched", body["genres_watched"], line)
    if isinstance(content, Refusal):
        return content
    if isinstance(genres, Refusal):
        return genres
    fault = moment.doubt("login_time", login_time, line)
    if fault is None and "@" in f"{user_id}{content}{genres}{event_id}":
        fault = address_within(line, user_id=user_id, content_watched=content, genres_watched=genres, event_id=event_id)
    if fault is None and body.get("logout_time") is not None:
        fault = _wrong_end(body, login_time, watched, line)
    if fault is not None:
        return fault
    return Event(
        event_id,
        user_id,
        login_time,
        content or "",
        genres,
        watched,
        body["num_pauses"],
        body["buffer_events"],
        body["was_recommended"],
        session_digest(user_id, content or ""),
        moment.received_at,
    )


def _cell(field: str, value: Any, line: int | None) -> str | Refusal | None:
    """A list in one cell; an empty text is an empty list, and null is unknown."""
    if type(value) is list:
        return SEPARATOR.join(value)
    if not value:
        return value  # None or ""
    entries = value.split(SEPARATOR)
    if value[0] == "[":
        # A list that was written as text on its way here.
        try:
            entries = loads(value)
        except (JSONDecodeError, RecursionError):
            return refusal(field, "begins like a list, and is none", line)
        if not all(isinstance(entry, str) for entry in entries):
            return refusal(field, "is a list of something else than texts", line)
    entries = [entry.strip() for entry in entries]
    if not all(_is_entry(entry) for entry in entries):
        return refusal(field, "has an entry that is empty, too long or holds characters that it may not hold", line)
    return SEPARATOR.join(entries)


def _is_entry(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ENTRY and _SIGNS.fullmatch(text) is not None


def _wrong_end(body: EventBody, login_time: int, watched: float, line: int | None) -> Refusal | None:
    logout_time = body.get("logout_time")
    assert logout_time is not None
    length = seconds_of(logout_time) - login_time
    if length < 0:
        return refusal("logout_time", "is before login_time", line)
    if watched * 60 > length + _SLACK_SECONDS:
        return refusal("total_watch_time", "is longer than from login_time to logout_time", line)
    return None
