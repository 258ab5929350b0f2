"""A moment as a person writes it."""

from datetime import UTC, datetime

from refrain.errors import UsageError

_LONGEST_SHOWN = 40
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def read_moment(text: str) -> datetime:
    """A date (its first moment) or a time in ISO 8601 as a moment; UTC where it says no offset.

    Raises UsageError where it is neither, or lies before 1970.
    """
    try:
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        if found >= _FIRST:
            return found
        raise ValueError(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text[:_LONGEST_SHOWN]!r} is no moment.",
            hint="Write 2026-11-21 or 2026-11-21T18:00:00Z; the + of an offset is %2B in an address.",
        ) from None
