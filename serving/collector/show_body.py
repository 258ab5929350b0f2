"""A show as POST /register-show takes it, alone or several in a list."""

from datetime import date
from typing import NotRequired

from pydantic import with_config
from typing_extensions import TypedDict  # pydantic's own; typing's will do from Python 3.12 on

from serving.collector.clock import Moment
from serving.collector.fields import HINTS, STRICT, Duration, Entry, Rating, Text, address_within
from serving.web.parsing import Parser
from tasks.collected.outcome import Refusal
from tasks.collected.records import Show


@with_config(STRICT)
class ShowBody(TypedDict):
    """A show; what is unknown of it is null or left out."""

    show_id: Entry
    title: Text
    genre: NotRequired[Text | None]
    duration_min: NotRequired[Duration | None]
    released_at: NotRequired[date | None]
    rating: NotRequired[Rating | None]


PARSER: Parser[ShowBody] = Parser(ShowBody, HINTS)


def show_of(body: ShowBody, moment: Moment, line: int | None = None) -> Show | Refusal:
    """A show as stored."""
    genre = body.get("genre")
    fault = address_within(line, show_id=body["show_id"], title=body["title"], genre=genre)
    return fault or Show(
        show_id=body["show_id"],
        title=body["title"],
        genre=genre,
        duration_min=body.get("duration_min"),
        released_at=body.get("released_at"),
        rating=body.get("rating"),
        received_at=moment.received_at,
    )
