"""A user as POST /register-user takes one, and a cancellation as POST /cancel-user does."""

from datetime import datetime
from typing import Annotated, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic's own; typing's will do from Python 3.12 on

from serving.collector.clock import Moment
from serving.collector.emails import hashed, is_address
from serving.collector.fields import HINTS, NO_CONTROLS, STRICT, Age, Id, Text, address_within, refusal, seconds_of
from serving.web.parsing import Parser
from tasks.collected.outcome import Refusal
from tasks.collected.records import Cancellation, User


@with_config(STRICT)
class UserBody(TypedDict):
    """Whatever describes a user, as it is on registering."""

    user_id: Id
    email: NotRequired[Annotated[str | None, Field(description="Never stored: at most a keyed hash of it.")]]
    age: Age | None
    country: Text
    registration_date: datetime
    preferred_genre: Text | None
    subscription_type: Text


@with_config(STRICT)
class CancellationBody(TypedDict):
    """That a user leaves, and why, in a few words."""

    user_id: Id
    cancelled_at: datetime
    reason: NotRequired[Annotated[str, Field(min_length=1, max_length=200, pattern=NO_CONTROLS)] | None]


USERS: Parser[UserBody] = Parser(UserBody, HINTS)
CANCELLATIONS: Parser[CancellationBody] = Parser(CancellationBody, HINTS)


def user_of(body: UserBody, moment: Moment, key: bytes | None) -> User | Refusal:
    """A user as stored: of the address at most a hash, where there is a key."""
    registered_at = seconds_of(body["registration_date"])
    email = body.get("email")
    fault = moment.doubt("registration_date", registered_at) or address_within(
        user_id=body["user_id"],
        country=body["country"],
        preferred_genre=body["preferred_genre"],
        subscription_type=body["subscription_type"],
    )
    if fault is None and email is not None and not is_address(email):
        fault = refusal("email", "is no e-mail address")
    if fault is not None:
        return fault
    return User(
        user_id=body["user_id"],
        registered_at=registered_at,
        age=body["age"],
        country=body["country"],
        preferred_genre=body["preferred_genre"],
        subscription=body["subscription_type"],
        email_hash=hashed(email, key) if email is not None and key is not None else None,
        received_at=moment.received_at,
    )


def cancellation_of(body: CancellationBody, moment: Moment) -> Cancellation | Refusal:
    """A cancellation as stored."""
    cancelled_at, reason = seconds_of(body["cancelled_at"]), body.get("reason")
    fault = moment.doubt("cancelled_at", cancelled_at) or address_within(user_id=body["user_id"], reason=reason)
    return fault or Cancellation(body["user_id"], cancelled_at, reason, moment.received_at)
