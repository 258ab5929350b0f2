"""The kinds of fields that requests have."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from refrain.sessions import LONGEST_MINUTES, MOST_PAUSES, OLDEST, YOUNGEST
from serving.collector.emails import holds_address
from tasks.collected.outcome import Refusal

STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)
"""Of every request: no field that nobody reads, no number that is none."""

NO_CONTROLS = r"^[^\x00-\x1f\x7f]+$"
NEITHER_CONTROLS_NOR_SEPARATOR = r"^[^\x00-\x1f\x7f|]+$"

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_CONTROLS)]
Entry = Annotated[str, Field(min_length=1, max_length=200, pattern=NEITHER_CONTROLS_NOR_SEPARATOR)]
"""Of a list that is kept in one cell."""
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=NO_CONTROLS)]
ListCell = Annotated[list[Entry], Field(max_length=1000)] | Annotated[str, Field(max_length=10_000)]
Minutes = Annotated[float, Field(strict=True, ge=0, le=LONGEST_MINUTES)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST_PAUSES)]
Age = Annotated[int, Field(strict=True, ge=YOUNGEST, le=OLDEST)]
Rating = Annotated[float, Field(strict=True, ge=0, le=10)]
Duration = Annotated[float, Field(strict=True, gt=0, le=100_000)]

HINTS = {
    "body": "Send JSON in UTF-8.",
    "user_id": "Text of 1 to 200 characters, no e-mail address.",
    "event_id": "Text of 1 to 200 characters, another one for each event; the same when an event is sent again.",
    "login_time": "ISO 8601, as 2026-05-01T20:15:00Z; without an offset it is taken as UTC.",
    "logout_time": "ISO 8601, not before login_time; it may be left out.",
    "registration_date": "ISO 8601, as 2026-05-01 or 2026-05-01T20:15:00Z.",
    "cancelled_at": "ISO 8601, as 2026-05-01T20:15:00Z.",
    "content_watched": 'A list of show ids, as ["s1", "s2"], or one text with | between them; no | within an id.',
    "genres_watched": 'A list of genres, as ["drama"], or one text with | between them; null where unknown.',
    "total_watch_time": f"Minutes, a number from 0 to {LONGEST_MINUTES:g}.",
    "num_pauses": f"A whole number from 0 to {MOST_PAUSES}; null where unknown.",
    "buffer_events": f"A whole number from 0 to {MOST_PAUSES}; null where unknown.",
    "was_recommended": "true or false; null where unknown.",
    "email": "An e-mail address, or null.",
    "age": f"A whole number from {YOUNGEST} to {OLDEST}; null where unknown.",
    "rating": "A number from 0 to 10.",
    "duration_min": "Minutes, a number above 0.",
    "released_at": "A day, as 2026-05-01.",
    "show_id": "Text of 1 to 200 characters without |.",
}
"""What each field is, for whoever sent something else."""


def refusal(field: str, reason: str, line: int | None = None) -> Refusal:
    """That a field is at fault, with the hint on what it should be."""
    return Refusal(field, reason, HINTS.get(field, ""), line)


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 1970 (UTC); a time without an offset is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Not int(): what lies before 1970 would be rounded up.
    return int(moment.timestamp() // 1)


def address_within(line: int | None = None, **texts: str | None) -> Refusal | None:
    """A refusal if one of the fields holds an e-mail address, which are kept out of all that is stored."""
    for field, text in texts.items():
        if holds_address(text):
            return refusal(field, "holds an e-mail address, which is kept nowhere", line)
    return None
