"""What is wrong with records, as an answer says it: the record, the field, the reason and a hint, never the value."""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from http import HTTPStatus

from serving.web.problems import ProblemError
from tasks.collected.outcome import Refusal

MOST_OF_A_KIND = 100
"""Faults of one field that are looked for: an answer lists no more of all of them."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def unfit(faults: Sequence[Refusal]) -> ProblemError:
    """422: records that cannot be answered as they are, the first ones first."""
    ordered = sorted(faults, key=lambda fault: fault.line or 0)
    first = ordered[0]
    where = "" if first.line is None else f"record {first.line}: "
    more = f" And {len(ordered) - 1} more." if len(ordered) > 1 else ""
    detail = f"{where}{first.field}: {first.reason}.{more}"
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=ordered)


def unknown(name: str, known: Collection[str], line: int | None) -> Refusal:
    """A field that nobody reads, with the one that may be meant."""
    if not _NAME.fullmatch(name):  # a name that somebody made up may hold anything
        return Refusal("body", "has a field that is not known here", _listed(known), line)
    near = get_close_matches(name, known, n=1, cutoff=0.75)
    hint = f"Did you mean {near[0]}?" if near else _listed(known)
    return Refusal(name, "is a field that is not known here", hint, line)


def _listed(known: Collection[str]) -> str:
    if len(known) > 12:
        return "The documentation of this path lists the fields."
    return f"There are {', '.join(known)}." if known else "There are none."
