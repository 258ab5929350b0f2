"""GET /sheets and /sheets/{sheet}."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import orjson

from refrain.errors import RefrainError
from serving.sheets.making import SheetMaker
from serving.sheets.parameters import NotUnderstoodError, parameters, read_query, refusal_of
from serving.sheets.writing import described
from serving.web.endpoint import Call, Endpoint, Reply
from serving.web.problems import ProblemError, refused, unavailable
from tasks.collected.outcome import Refusal
from tasks.sheets.asking import Asked
from tasks.sheets.faults import AskedWrongError
from tasks.sheets.registry import all_sheets

_TAG = "sheets"
_log = logging.getLogger("refrain.serving")


def sheet_endpoints(maker: SheetMaker, seconds_to_answer: float) -> list[Endpoint]:
    """What answers with tables. `maker` is asked by one thread, for one sheet at a time."""
    sheets = all_sheets()
    list_of_all = Reply(orjson.dumps({"sheets": [described(sheet) for sheet in sheets.values()]}))
    thread = ThreadPoolExecutor(1, thread_name_prefix="sheets")

    async def listed(call: Call) -> Reply:
        if call.query:
            raise refused([Refusal("query", "holds a parameter that is not known", "This path has none.")])
        return list_of_all

    async def rows(call: Call) -> Reply:
        sheet = sheets.get(call.path["sheet"])
        if sheet is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no such sheet. There are {', '.join(sheets)}.")
        try:
            asked = read_query(sheet, call.query)
        except NotUnderstoodError as error:
            raise refused([error.refusal]) from None
        return Reply((await _made(sheet.name, asked)).encode())

    async def _made(name: str, asked: Asked) -> str:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds_to_answer):
                return await loop.run_in_executor(thread, maker.ask, name, asked)
        except TimeoutError:
            raise unavailable("The sheet is not there in time. It is being made.", 5) from None
        except AskedWrongError as error:
            raise refused([refusal_of(error)]) from None
        except RefrainError as error:
            _log.warning("The sheet %s cannot be made: %s.", name, type(error).__name__)
            raise unavailable(str(error), 5) from None

    return [
        Endpoint(
            "GET",
            "/sheets",
            "The tables that there are, with what each column means",
            listed,
            _TAG,
            answers=_LIST,
            problems={422: "A parameter is not understood."},
        ),
        Endpoint(
            "GET",
            "/sheets/{sheet}",
            "Rows of a table of what the models say and how well they said it",
            rows,
            _TAG,
            parameters=parameters(tuple(sheets)),
            answers=_ROWS,
            problems={
                404: "There is no such sheet.",
                422: "A parameter is not understood.",
                503: "It cannot be made now, or not in time.",
            },
        ),
    ]


_TEXTS = {"type": "array", "items": {"type": "string"}}
_OF_COLUMNS = {name: {"type": "string"} for name in ("name", "kind", "meaning", "unit")}
_DESCRIBED: dict[str, Any] = {
    "sheet": {"type": "string"},
    "title": {"type": "string", "description": "What a row is."},
    "columns": {"type": "array", "items": {"type": "object", "properties": _OF_COLUMNS}},
    "searched": {**_TEXTS, "description": "Columns that `search` looks through."},
    "required": {**_TEXTS, "description": "Columns that have to be given."},
}
_OF_A_LIST = {"type": "array", "items": {"type": "object", "required": list(_DESCRIBED), "properties": _DESCRIBED}}
_LIST: dict[str, Any] = {"type": "object", "required": ["sheets"], "properties": {"sheets": _OF_A_LIST}}
_WITH_ROWS: dict[str, Any] = {
    **_DESCRIBED,
    "notes": {**_TEXTS, "description": "Sentences that belong beside the figures."},
    "models": {"type": "array", "items": {"type": "object"}, "description": "The models that said it."},
    "missing": {"type": "string", "description": "Where there is nothing to show yet: why, and what to run."},
    "total": {"type": "integer", "description": "Rows without limit and offset."},
    "rows": {"type": "array", "items": {"type": "object"}},
}
_ROWS: dict[str, Any] = {"type": "object", "required": list(_WITH_ROWS), "properties": _WITH_ROWS}
