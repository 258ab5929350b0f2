"""From the records of a request to what a target's models say of them, and to the bytes that say so."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import orjson

from models.compiled.rows import Rows
from refrain.errors import InputError, ModelError
from serving.predictions.coalescing import MOST_ROWS, Coalescing, Share
from serving.predictions.faults import unfit
from serving.predictions.panel import Panel, Said
from serving.predictions.records import Records
from serving.web.endpoint import Call, Reply
from serving.web.problems import unavailable
from tasks.champions.shelf import Shelf
from tasks.collected.outcome import Refusal
from tasks.prediction_log.log import PredictionLog

_SECONDS_TO_TRY_AGAIN = 5
_MOST_WITH_DRIVERS = 256
"""Rows in a call that says what drives them, too, which takes four times as long."""
_log = logging.getLogger("refrain.predictions")


class Wording(Protocol):
    """What an answer says of a target's rows."""

    def head(self, said: Said, options: Mapping[str, Any]) -> dict[str, Any]:
        """What is the same for all records."""

    def row(self, said: Said, place: int, passed: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """What is said of one, without what every answer has: imputed, warnings, model."""


class Predicting:
    """Asks what a shelf holds of a target."""

    def __init__(self, shelf: Shelf, target: str, log: PredictionLog | None = None) -> None:
        self._shelf, self._target, self._log = shelf, target, log
        self._panel: Panel | None = None
        self._asked: dict[tuple[bool, bool], Coalescing[Said]] = {}

    def panel(self) -> Panel:
        """The models that answer now. Raises ProblemError (503) where there are none."""
        try:
            loaded = self._shelf.of(self._target)
        except ModelError as error:
            raise unavailable(str(error), _SECONDS_TO_TRY_AGAIN) from None
        if self._panel is None or self._panel.loaded is not loaded:
            self._panel = Panel(loaded)
        return self._panel

    async def ask(self, rows: Rows, *, families: bool = False, drivers: bool = False) -> Sequence[Share[Said]]:
        """What the models say of rows. Raises ProblemError where they say nothing."""
        asked = self._asked.get((families, drivers))
        if asked is None:
            most = _MOST_WITH_DRIVERS if drivers else MOST_ROWS
            asked = self._asked[families, drivers] = Coalescing(lambda: self._asking(families, drivers), most)
        try:
            return await asked.ask(rows)
        except InputError as error:
            # Whose text may hold what was sent. What can be wrong is checked before: this is a fault of the checks.
            raise unfit([Refusal("body", "is refused by the model", error.hint)]) from None
        except ModelError as error:
            _log.error("%s", error)
            raise unavailable("The model gives no answer to this.", _SECONDS_TO_TRY_AGAIN) from None

    def _asking(self, families: bool, drivers: bool) -> Any:
        panel = self.panel()
        return lambda rows: panel.ask(rows, families=families, drivers=drivers)

    async def reply(self, call: Call, records: Records, shares: Sequence[Share[Said]], wording: Wording) -> Reply:
        """The answer to a request, as `wording` has it, noted in the log where there is one."""
        if self._log is not None:
            said = [share.said.answers[share.first : share.last] for share in shares]
            served = shares[0].said.panel.champion.served
            self._log.offer(call.request_id, served, records.rows, np.concatenate(said), records.passed)
        predicted = tuple(share.said.predicted(share.first, share.last) for share in shares)
        return Reply(await _written(records, shares, wording), predicted=predicted)


async def _written(records: Records, shares: Sequence[Share[Said]], wording: Wording) -> bytes:
    """The bytes of an answer; of a large one some at a time, so that others are answered in between."""
    model, head = shares[0].said.panel.model, wording.head(shares[0].said, records.options)
    passed = iter(records.passed)
    if records.single:
        return orjson.dumps({**head, **_rows(shares[0], passed, records, wording)[0], "model": model})
    parts = []
    for share in shares:
        parts.append(orjson.dumps(_rows(share, passed, records, wording))[1:-1])
        if share is not shares[-1]:
            await asyncio.sleep(0)
    before = orjson.dumps({"model": model, **head})[:-1]
    return b"".join((before, b',"predictions":[', b",".join(parts), b"]}"))


def _rows(
    share: Share[Said], passed: Iterator[Mapping[str, Any]], records: Records, wording: Wording
) -> list[dict[str, Any]]:
    said, rows = share.said, []
    for place in range(share.first, share.last):
        row = wording.row(said, place, next(passed), records.options)
        row["imputed"] = said.imputed[place]
        row["warnings"] = said.warnings[place]
        rows.append(row)
    return rows
