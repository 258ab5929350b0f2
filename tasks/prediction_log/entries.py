"""Predictions as they are kept: one row for each, with all that is needed to hold it against what came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from features.registry import find_target
from models.compiled.rows import Rows
from tasks.champions.loaded import ServedModel
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of

COLUMNS = (
    "logged_at",
    "request_id",
    "record",
    "target",
    "name",
    "family",
    "version",
    "is_baseline",
    "learned_until",
    "keys",
    "features",
    "answers",
)
"""`record`: the place in the request, from 1. `keys`, `features` and `answers` are JSON objects."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The predictions of one request, as they were given."""

    at: float
    """Seconds since 1970."""
    request_id: str
    model: ServedModel
    rows: Rows
    answers: Answers
    keys: Sequence[Mapping[str, Any]]
    """Of each row who or what it is about; empty where nothing was said of that."""


def entries(offer: Offer) -> Iterator[tuple[Any, ...]]:
    """The predictions of a request, as rows of COLUMNS. A feature that was missing is null there."""
    at = datetime.fromtimestamp(offer.at, UTC).isoformat(timespec="milliseconds")
    model = offer.model
    until = None if model.learned_until is None else model.learned_until.isoformat()
    by_whom = (model.target, model.name, model.family, model.version, int(model.is_baseline), until)
    kind = kind_of(find_target(model.target))
    said = {name: values.tolist() for name, values in kind.described(offer.answers).items()}
    for place, features in enumerate(_features(offer.rows)):
        keys = offer.keys[place] if offer.keys else {}
        answers = {name: values[place] for name, values in said.items()}
        yield at, offer.request_id, place + 1, *by_whom, _json(keys), _json(features), _json(answers)


def _features(rows: Rows) -> Iterator[dict[str, Any]]:
    words = {name: list(values) for name, values in rows.words.items()}
    for place, numbers in enumerate(rows.numbers.tolist()):  # JSON has no NaN: orjson writes null
        given = {name: values[place] or None for name, values in words.items()}
        yield dict(zip(rows.columns.numeric, numbers, strict=True)) | given


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value, default=str).decode()
