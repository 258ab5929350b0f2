"""From the records of a request to what a target's models say of them, and to the bytes that say so."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from models.compiled.rows import Rows
from refrain.errors import InputError, ModelError
from serving.predictions.coalescing import Coalescing, Share
from serving.predictions.faults import unfit
from serving.predictions.panel import Panel, Said
from serving.predictions.records import Records
from serving.web.endpoint import Call, Reply
from serving.web.problems import unavailable
from tasks.champions.shelf import Shelf
from tasks.collected.outcome import Refusal
from tasks.prediction_log.log import PredictionLog

_SECONDS_TO_TRY_AGAIN = 5
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
            asked = self._asked[families, drivers] = Coalescing(lambda: self._asking(families, drivers))
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

    def reply(self, call: Call, records: Records, shares: Sequence[Share[Said]], wording: Wording) -> Reply:
        """The answer to a request, as `wording` has it, noted in the log where there is one."""
        first = 0
        for share in shares:
            if self._log is not None:
                last = first + share.last - share.first
                self._note(self._log, call.request_id, share, records.passed[first:last])
                first = last
        predicted = tuple(share.said.predicted(share.first, share.last) for share in shares)
        return Reply(_written(records, shares, wording), predicted=predicted)

    def _note(
        self, log: PredictionLog, request_id: str, share: Share[Said], passed: Sequence[Mapping[str, Any]]
    ) -> None:
        said, rows = share.said, slice(share.first, share.last)
        log.offer(request_id, said.panel.champion.served, said.rows.part(rows), said.answers[rows], passed)


def _written(records: Records, shares: Sequence[Share[Said]], wording: Wording) -> bytes:
    said, options = shares[0].said, records.options
    head = wording.head(said, options)
    if records.single:
        place = shares[0].first
        return orjson.dumps(head | _row(said, place, records.passed[0], options, wording) | {"model": said.panel.model})
    passed = iter(records.passed)
    rows = [
        _row(share.said, place, next(passed), options, wording)
        for share in shares
        for place in range(share.first, share.last)
    ]
    return orjson.dumps({"model": said.panel.model, **head, "predictions": rows})


def _row(
    said: Said, place: int, passed: Mapping[str, Any], options: Mapping[str, Any], wording: Wording
) -> dict[str, Any]:
    found = wording.row(said, place, passed, options)
    found["imputed"] = said.imputed[place]
    found["warnings"] = said.warnings[place]
    return found
