"""Published tables as the pages' source: what `refrain publish` wrote, and no models."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dashboard.source.databases import Database, NotPublishedError, plain
from dashboard.source.source import MOST_ROWS, Column, OutOfReachError, RefusedError, Rows, typed
from dashboard.source.statements import Published, Statement, Wanted, number_of, rows_of, select

_NOTHING = "Nothing has been published there yet. Run `refrain publish`."
_NONE_OF_IT = "There is nothing of that in what was published."
_ATTEMPTS = 5
_SECONDS_OF_A_PAGE = 2.0
"""Questions that follow each other within this belong to one page."""
_SHEETS, _PARTS = "sheets", "parts"
_OF_A_SHEET = (
    "publication",
    "published_at",
    "sheet",
    "title",
    "columns",
    "searched",
    "required",
    "ordered_by",
    "notes",
    "models",
    "missing",
)
_BESIDE = ("notes", "models", "missing")


class TableSource:
    """Asks the tables of a database. What somebody enters is predicted by the API alone."""

    predicts = False

    def __init__(self, database: Database) -> None:
        self._database = database
        self.name = f"published tables in {database.name}"
        self._thread = threading.local()
        self.is_there()  # so that the name says from when they are

    def sheet(  # noqa: D102 - as in the protocol
        self,
        name: str,
        where: Mapping[str, str] | None = None,
        *,
        search: str = "",
        order: str = "",
        limit: int = MOST_ROWS,
    ) -> Rows:
        wanted = Wanted(dict(where or {}), search, order, limit)
        try:
            return self._sheet(name, wanted)
        except NotPublishedError:
            return Rows(typed([], []), 0, missing=_NOTHING)

    def ask(self, path: str, body: Any = None, **query: str) -> Any:  # noqa: D102 - as in the protocol
        raise RefusedError("Published tables answer no questions. Where the API runs, it does: `refrain serve`.")

    def is_there(self) -> bool:  # noqa: D102 - as in the protocol
        try:
            self._note(self._newest())
        except NotPublishedError:
            return True
        except (OutOfReachError, RefusedError):
            return False
        return True

    def _sheet(self, name: str, wanted: Wanted) -> Rows:
        for _ in range(_ATTEMPTS):
            published, beside = self._published(name)
            wanted.check(published)
            total = int(self._rows(number_of(published, wanted))[0][0])
            found = self._rows(rows_of(published, wanted))
            if published.required:
                beside = self._beside_part(published, wanted) or _of_the_whole(beside, total)
            if self._is_still(published, found, total, wanted):
                self._keep_to(published)
                return _shown(published, found, total, beside)
        raise OutOfReachError("The tables are being published again and again.")

    def _published(self, name: str) -> tuple[Published, Sequence[Any]]:
        """The newest publication's sheet, with its notes, models and what is missing. Raises RefusedError."""
        found = self._rows(select(_SHEETS, _OF_A_SHEET, sheet=name))
        if not found:
            raise RefusedError(f"The sheet {name} is not published.", self._others())
        newest = max(found, key=lambda row: (str(row[1]), row[0]))
        publication, published_at, sheet, title, columns, searched, required, ordered_by, *beside = newest
        described = tuple(Column(**one) for one in json.loads(columns))
        lists = tuple(json.loads(searched)), tuple(json.loads(required))
        return Published(publication, published_at, sheet, title, described, *lists, ordered_by), beside

    def _others(self) -> list[str]:
        names = sorted(str(row[0]) for row in self._rows(select(_SHEETS, ["sheet"])))
        if not names:
            raise NotPublishedError
        return [f"There are {', '.join(names)}."]

    def _beside_part(self, published: Published, wanted: Wanted) -> Sequence[Any] | None:
        """Notes, models and what is missing of the part that is asked for; none of a sheet that was made at once."""
        part = {name: wanted.where[name] for name in sorted(published.required)}
        key = json.dumps(part, ensure_ascii=False)
        found = self._rows(select(_PARTS, _BESIDE, publication=published.publication, sheet=published.sheet, part=key))
        return found[0] if found else None

    def _is_still(self, published: Published, found: Sequence[Any], total: int, wanted: Wanted) -> bool:
        """Whether no other publication came between the statements."""
        if any(row[0] != published.publication for row in found):
            return False
        if len(found) == min(total, wanted.limit) and found:
            return True
        return len(found) == min(total, wanted.limit) and self._newest()[0] == published.publication

    def _newest(self) -> tuple[str, Any]:
        found = self._rows(select(_SHEETS, ["publication", "published_at"]))
        if not found:
            raise NotPublishedError
        newest = max(found, key=lambda row: (str(row[1]), row[0]))
        return newest[0], newest[1]

    def _keep_to(self, published: Published) -> None:
        """Raises OutOfReachError where a page began with another publication: it is drawn anew, and shows one alone."""
        before, moment = getattr(self._thread, "last", ("", 0.0))
        self._thread.last = (published.publication, time.monotonic())
        self._note((published.publication, published.published_at))
        if before and before != published.publication and time.monotonic() - moment < _SECONDS_OF_A_PAGE:
            raise OutOfReachError("The tables have been published anew this very moment.")

    def _note(self, newest: tuple[str, Any]) -> None:
        moment = _moment(newest[1])
        self.name = f"tables in {self._database.name}, published on {moment.day} {moment:%B %Y, %H:%M} UTC"

    def _rows(self, statement: Statement) -> Sequence[tuple[Any, ...]]:
        return self._database.rows(statement)


def _of_the_whole(beside: Sequence[Any], total: int) -> Sequence[Any]:
    notes, models, missing = beside
    return notes, models, missing or ("" if total else _NONE_OF_IT)


def _shown(published: Published, found: Sequence[Any], total: int, beside: Sequence[Any]) -> Rows:
    notes, models, missing = beside
    names = [column.name for column in published.columns]
    rows = [dict(zip(names, map(plain, row[1:]), strict=True)) for row in found]
    return Rows(
        typed(rows, published.columns),
        total,
        published.title,
        {column.name: column for column in published.columns},
        tuple(json.loads(notes)),
        tuple(json.loads(models)),
        missing,
    )


def _moment(value: Any) -> datetime:
    """In UTC, whether the database gives a moment or its text."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.astimezone(UTC) if found.tzinfo else found
