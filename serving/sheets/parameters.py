"""What may be asked of a sheet in a query: columns by name, and which rows in which order."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.collected.outcome import Refusal
from tasks.sheets.asking import MOST_ROWS, USUAL_ROWS, Asked, checked
from tasks.sheets.faults import AskedWrongError
from tasks.sheets.sheet import Sheet

_SEARCH, _ORDER, _LIMIT, _OFFSET = "search", "order", "limit", "offset"
_OWN = (_SEARCH, _ORDER, _LIMIT, _OFFSET)
_MOST_SKIPPED = 2**31
_TEXT = {"type": "string"}


class NotUnderstoodError(Exception):
    """A query that is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def read_query(sheet: Sheet, query: Mapping[str, str]) -> Asked:
    """The query as it is meant. Raises NotUnderstoodError."""
    limit = _whole(query, _LIMIT, USUAL_ROWS, least=0, most=MOST_ROWS)
    offset = _whole(query, _OFFSET, 0, least=0, most=_MOST_SKIPPED)
    where = {name: text for name, text in query.items() if name not in _OWN}
    asked = Asked(where, query.get(_SEARCH, ""), query.get(_ORDER, ""), limit, offset)
    try:
        checked(sheet, asked)
    except AskedWrongError as error:
        raise NotUnderstoodError(refusal_of(error)) from None
    unsaid = [name for name in sheet.parted_by if name not in where]
    if unsaid:
        raise NotUnderstoodError(Refusal(unsaid[0], "has to be given", "This sheet is made one part at a time."))
    return asked


def refusal_of(error: AskedWrongError) -> Refusal:
    """What is said of the parameter that is named at the beginning. The name of an unknown one is not repeated."""
    name, _, reason = error.message.partition(": ")
    known = name if name.isidentifier() and "no such column" not in reason else "query"
    return Refusal(known if name != _ORDER else _ORDER, reason.rstrip("."), error.hint)


def parameters(sheets: Sequence[str]) -> list[dict[str, Any]]:
    """As OpenAPI writes them."""
    return [
        {
            "name": "sheet",
            "in": "path",
            "required": True,
            "description": "A sheet's name.",
            "schema": {"type": "string", "enum": list(sheets)},
        },
        _described(
            _SEARCH, "Words that the sheet's searched columns contain, whatever their case.", {"type": "string"}
        ),
        _described(
            _ORDER, "A column, with a minus in front for the largest first; empty cells come last.", {"type": "string"}
        ),
        _described(
            _LIMIT,
            "Rows to answer with at most.",
            {"type": "integer", "minimum": 0, "maximum": MOST_ROWS, "default": USUAL_ROWS},
        ),
        _described(
            _OFFSET,
            "Rows to leave out first.",
            {"type": "integer", "minimum": 0, "maximum": _MOST_SKIPPED, "default": 0},
        ),
        {
            "name": "where",
            "in": "query",
            "description": "A column by its own name, with the value that it is to have: `?track_id=t1`. Several all "
            "hold. Dates are ISO, flags true or false.",
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    ]


def _described(name: str, text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": dict(schema)}


def _whole(query: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise NotUnderstoodError(
            Refusal(name, "is no whole number in its range", f"From {least} to {most}, as it is written: {usual}.")
        )
    return int(text)
