"""What the audience's figures are asked with: parameters of a query, each checked, and named where at fault."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from refrain.errors import UsageError
from refrain.moments import read_moment
from serving.predictions.faults import unfit, unknown
from tasks.collected.outcome import Refusal

MOST_USERS, USUAL_USERS = 1_000, 10
MOST_DRIVERS, USUAL_DRIVERS = 100, 5
_DAY = "2026-01-01"
AT_HINT = (
    "Write a day, as 2026-11-15 (the newest figures as of that day or an earlier one), or a moment, as "
    "2026-11-21T18:00:00Z (those of the days that were over by then); the + of an offset is %2B in an address."
)


def as_parameters(**limits: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Parameters of a query, as OpenAPI has them: name -> schema with its description."""
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema["description"],
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in limits.items()
    ]


AT = {"type": "string", "maxLength": 40, "description": f"As of when: the newest there is if left out. {AT_HINT}"}
THRESHOLD = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "description": "Probability from which a user is likely to leave; twice the base rate's odds if left out.",
}
USERS = {
    "type": "integer",
    "minimum": 0,
    "maximum": MOST_USERS,
    "default": USUAL_USERS,
    "description": "How many of the users likeliest to leave are listed.",
}
DRIVERS = {
    "type": "integer",
    "minimum": 0,
    "maximum": MOST_DRIVERS,
    "default": USUAL_DRIVERS,
    "description": "How many features are named of each user, those first that move the score most.",
}


def require_known(query: Mapping[str, str], *names: str) -> None:
    """Raise ProblemError (422) for a parameter that nobody reads."""
    faults = [unknown(name, names, None) for name in query if name not in names]
    if faults:
        raise unfit(faults)


def at_of(text: str | None) -> str | None:
    """A day as it is, or a moment with its offset. Raises ProblemError (422)."""
    if text is None:
        return None
    try:
        if len(text) == len(_DAY) and text.isascii() and text[4] == text[7] == "-":
            read_moment(text)  # which refuses what is too long ago
            return date.fromisoformat(text).isoformat()
        return read_moment(text).isoformat()
    except (UsageError, ValueError):
        raise unfit([Refusal("at", "is no day and no moment", AT_HINT)]) from None


def share_of(query: Mapping[str, str], name: str) -> float | None:
    """A number from 0 to 1; None where not given. Raises ProblemError (422)."""
    text = query.get(name)
    if text is None:
        return None
    try:
        found = float(text) if text.isascii() and "_" not in text else -1.0
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise unfit([Refusal(name, "is no number from 0 to 1", "Write 0.5, for example.")])
    return found


def count_of(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """A whole number from 0 to `most`. Raises ProblemError (422)."""
    text = query.get(name)
    if text is None:
        return usual
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most:
        return int(text)
    raise unfit([Refusal(name, f"is no whole number from 0 to {most}", f"Leave it out for {usual}.")])
