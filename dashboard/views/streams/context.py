"""What an answer says besides its numbers, in words: what was filled in, and what is unlike all that was learned."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

_DAY = re.compile(r"day_(\d+)")
_GROUPS = {
    "popularity": "its popularity",
    "days_since_release": "its age",
    "days_since_first_count": "how long it has been counted",
    "highest_day": "its highest day and week so far",
    "highest_week": "its highest day and week so far",
    "days_counted": "how long it has been counted",
    "weekday": "the weekday of the newest count",
    "cutoff": "",
    "catalogue": "what the whole catalogue did in these days",
    "social": "its readings on social platforms",
}
"""What a feature's name begins with -> what it is; empty where there is nothing to miss: no chart, no lowest place."""


def filled_in(imputed: Iterable[str]) -> str:
    """One sentence or two on what was not given."""
    names = list(imputed)
    days = sum(_DAY.fullmatch(name) is not None for name in names)
    known = (_group(name) for name in names)
    others = list(dict.fromkeys(what for what in known if what))
    counts = f"{days} count{' is' if days == 1 else 's are'} not known and filled in from the days beside. "
    context = (
        f"Not given, of this track: {', '.join(others)}. The model fills these in; "
        "of the catalogue's own tracks it knows them."
    )
    return (counts if days else "") + (context if others else "")


def warned(warnings: Sequence[Mapping[str, str]], newest: date) -> list[str]:
    """A sentence for each warning."""
    return [_warning(one, newest) for one in warnings]


def _group(name: str) -> str:
    found = (what for start, what in _GROUPS.items() if name.startswith(start))
    return next(found, "" if _DAY.fullmatch(name) else name.replace("_", " "))


def _warning(warning: Mapping[str, str], newest: date) -> str:
    name, message = warning["field"], warning["message"]
    if name == "weekday":
        return f"These counts end on a {newest:%A}; the model learned from weeks that end on another day of the week."
    found = _DAY.fullmatch(name)
    if found is None:
        called = name.replace("_", " ")
    else:
        called = "The newest count," if found[1] == "0" else f"The count {found[1]} days before the newest one,"
    said = message.replace(name, called, 1).strip()
    return f"{said[:1].upper()}{said[1:]}."
