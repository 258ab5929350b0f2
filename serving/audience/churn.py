"""POST /audience/churn/predict: will these users stay away, and if they do, why?"""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import orjson

from features.registry import find_target
from models.compiled.rows import Rows
from refrain.settings import ServingSettings
from serving.audience.making import Making, served_or_none
from serving.audience.parameters import MOST_DRIVERS, USUAL_DRIVERS, at_of, count_of, require_known
from serving.predictions.coalescing import MOST_ROWS, Share
from serving.predictions.faults import unfit, unknown
from serving.predictions.fields.churn import CHURN_FIELDS
from serving.predictions.fields.kinds import Number
from serving.predictions.panel import Panel, Said
from serving.predictions.predicting import Predicting
from serving.predictions.records import RecordReader, Records
from serving.web.endpoint import Call, Predicted, Reply
from tasks.champions.loaded import columns_of
from tasks.champions.shelf import Shelf
from tasks.churn_figures import CHURN, REASON, default_threshold
from tasks.collected.outcome import Refusal
from tasks.prediction_log.log import PredictionLog

USER_IDS, AT, THRESHOLD = "user_ids", "at", "threshold"
OPTIONS = {THRESHOLD: Number("the probability from which a user is likely to leave", 0, 1)}
LONGEST_ID = 200
ID_PATTERN = r"^[^\x00-\x1f\x7f]{1,200}$"
_OF_USERS = (USER_IDS, AT, THRESHOLD)
_ID = re.compile(ID_PATTERN)
_IDS_HINT = f"A list of different texts of 1 to {LONGEST_ID} characters, none a control character."


@dataclass(frozen=True)
class _Asked:
    """Who is asked about."""

    records: Records
    where: Mapping[str, Any] = field(default_factory=dict)
    """Of users named by their ids: where their data is kept, as of when, and whom there is nothing to be said of."""


class ChurnPredicting:
    """Answers bodies of records, or of the ids of users whose features are made of what is known of them."""

    def __init__(self, shelf: Shelf, making: Making, settings: ServingSettings, log: PredictionLog | None) -> None:
        self._shelf, self._making, self._most, self._log = shelf, making, settings.max_records, log
        self._churn, self._reason = Predicting(shelf, CHURN), Predicting(shelf, REASON)
        self._reader = RecordReader(find_target(CHURN), CHURN_FIELDS, OPTIONS)

    async def answer(self, call: Call) -> Reply:
        """Raises ProblemError: 422 for what cannot be answered, 503 without a champion or data."""
        require_known(call.query, "drivers")
        drivers = count_of(call.query, "drivers", USUAL_DRIVERS, MOST_DRIVERS)
        asked = await self._asked(call.body)
        panel, records = self._churn.panel(), asked.records
        if not len(records):
            return Reply(orjson.dumps({**_head(panel, None, asked), "predictions": []}))
        shares = await self._churn.ask(records.rows, drivers=drivers > 0)
        why = await self._reason.ask(records.rows) if served_or_none(self._shelf, REASON) else None
        for said in (shares, why or ()):
            self._keep(call.request_id, said, records)
        head = _head(shares[0].said.panel, why[0].said.panel if why else None, asked)
        rows = _rows(records, shares, why, drivers, head["threshold"])
        predicted = (*_predicted(shares), *_predicted(why or ()))
        body = orjson.dumps(head | next(rows)) if records.single else await _written(head, rows)
        return Reply(body, predicted=predicted)

    async def _asked(self, body: bytes) -> _Asked:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            hint = 'Send {"records": [...]}, a record, or {"user_ids": [...]}.'
            raise unfit([Refusal("body", f"is no JSON: {error}", hint)]) from None
        if type(value) is dict and USER_IDS in value:
            return await self._users(value)
        return _Asked(self._reader.take(value, self._most))

    async def _users(self, body: dict[str, Any]) -> _Asked:
        faults = list(_faults(body, self._most))
        at = body.get(AT)
        if at is not None and type(at) is not str:
            faults.append(Refusal(AT, "is no text", "A day or a moment."))
        if faults:
            raise unfit(faults)
        said = await self._making.ask("churn_rows", at=at_of(at), user_ids=body[USER_IDS])
        found = orjson.loads(said)
        columns = columns_of(find_target(CHURN))
        numbers = np.array(found["numbers"], dtype=np.float64).reshape(-1, len(columns.numeric))
        passed = [{"user_id": user, "as_of": found["as_of"]} for user in found[USER_IDS]]
        options = {} if body.get(THRESHOLD) is None else {THRESHOLD: body[THRESHOLD]}
        unanswered = [{"user_id": user, "reason": reason} for user, reason in found["missing"].items()]
        return _Asked(
            Records(Rows(columns, numbers, found["words"]), passed, single=False, options=options),
            {"source": found["source"], "as_of": found["as_of"], "unanswered": unanswered},
        )

    def _keep(self, request_id: str, shares: Sequence[Share[Said]], records: Records) -> None:
        """Note what was said in the log, where there is one."""
        if self._log is not None and shares:
            answers = np.concatenate([share.said.answers[share.first : share.last] for share in shares])
            served = shares[0].said.panel.champion.served
            self._log.offer(request_id, served, records.rows, answers, records.passed)


def threshold_of(panel: Panel, options: Mapping[str, Any]) -> float:
    """The probability from which a user is likely to leave: that of twice the odds of all who were learned from."""
    chosen, learned = options.get(THRESHOLD), panel.champion.learned
    return default_threshold(None if learned is None else learned.mean_label) if chosen is None else float(chosen)


def _faults(body: Mapping[str, Any], most: int) -> Iterator[Refusal]:
    for name in body:
        if name not in _OF_USERS:
            yield unknown(name, _OF_USERS, None)
    ids, threshold = body[USER_IDS], body.get(THRESHOLD)
    if type(ids) is not list or not ids:
        yield Refusal(USER_IDS, "is no list with an entry", _IDS_HINT)
    elif len(ids) > most:
        yield Refusal(USER_IDS, f"holds more than {most:,} entries", "Send them in several requests.")
    elif not all(type(user) is str and _ID.fullmatch(user) for user in ids):
        yield Refusal(USER_IDS, "holds what is no id", _IDS_HINT)
    elif len(set(ids)) < len(ids):
        yield Refusal(USER_IDS, "names somebody twice", _IDS_HINT)
    if threshold is not None and (fault := OPTIONS[THRESHOLD].fault(threshold)):
        yield Refusal(THRESHOLD, fault, OPTIONS[THRESHOLD].hint)


def _head(panel: Panel, reason: Panel | None, asked: _Asked) -> dict[str, Any]:
    return {
        "model": panel.model,
        "reason_model": None if reason is None else reason.model,
        "threshold": threshold_of(panel, asked.records.options),
        **asked.where,
    }


async def _written(head: Mapping[str, Any], rows: Iterator[dict[str, Any]]) -> bytes:
    """The bytes of an answer; of a large one some at a time, so that others are answered in between."""
    parts = []
    while some := list(islice(rows, MOST_ROWS)):
        parts.append(orjson.dumps(some)[1:-1])
        await asyncio.sleep(0)
    return b"".join((orjson.dumps(head)[:-1], b',"predictions":[', b",".join(parts), b"]}"))


def _rows(
    records: Records,
    shares: Sequence[Share[Said]],
    why: Sequence[Share[Said]] | None,
    drivers: int,
    threshold: float,
) -> Iterator[dict[str, Any]]:
    places = [(share.said, place) for share in shares for place in range(share.first, share.last)]
    reasons = [(share.said, place) for share in why or () for place in range(share.first, share.last)]
    for number, (said, place) in enumerate(places):
        probability = said.listed[place]
        row: dict[str, Any] = {
            **records.passed[number],
            "probability": probability,
            "likely": probability >= threshold,
        }
        row |= _reasons(*reasons[number]) if reasons else {"reason": None, "reasons": None}
        if drivers:
            found = said.drivers
            row["contributions"] = None if found is None else found.of_rows[place][:drivers]
            row["contributions_scale"] = None if found is None else found.scale
        row["imputed"], row["warnings"] = said.imputed[place], said.warnings[place]
        yield row


def _reasons(said: Said, place: int) -> dict[str, Any]:
    """The reason that is chosen, and the probability of each."""
    *chances, chosen = said.listed[place]
    classes = said.panel.champion.target.classes
    return {"reason": classes[int(chosen)], "reasons": dict(zip(classes, chances, strict=True))}


def _predicted(shares: Sequence[Share[Said]]) -> Iterator[Predicted]:
    for share in shares:
        yield share.said.predicted(share.first, share.last)
