"""From a body's bytes to rows of features, without a frame: every field checked, every fault named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import itemgetter
from typing import Any

import numpy as np
import orjson

from features.target import Target
from models.compiled.rows import Numbers, Rows
from serving.predictions.faults import MOST_OF_A_KIND, unfit, unknown
from serving.predictions.fields.kinds import Field, RecordFields
from tasks.champions.loaded import columns_of
from tasks.collected.outcome import Refusal

RECORDS = "records"
_NUMBERS = {int, float, type(None)}
_TEXTS = {str, type(None)}
_BODY_HINT = 'Send a record as {...}, or several as [{...}, ...] or {"records": [{...}, ...]}.'


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a request."""

    rows: Rows
    passed: Sequence[Mapping[str, Any]]
    """Of each record what it said of who or what it is about."""
    single: bool
    """Whether it was one record, not a list of them."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What stood beside the records."""

    def __len__(self) -> int:
        return len(self.rows)


class RecordReader:
    """Reads the records of a target: one, a list of them, or {"records": [...]} with `options` beside.

    A feature that is absent or null is missing. Raises ProblemError (422) for anything else than `fields` allows.
    """

    def __init__(self, target: Target, fields: RecordFields, options: Mapping[str, Field] | None = None) -> None:
        self.columns = columns_of(target)
        self.fields = fields
        self.options = options or {}
        self._names = frozenset(fields.names)
        self._limits = {
            name: (place, fields.numbers[name].low, fields.numbers[name].high)
            for place, name in enumerate(self.columns.numeric)
        }
        self._nothing = np.full((1, len(self._limits)), np.nan)
        self._wordless = dict.fromkeys((*self.columns.categorical, *self.columns.text), ("",))

    def read(self, body: bytes, most: int) -> Records:
        """The records of a JSON body, at most so many."""
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise unfit([Refusal("body", f"is no JSON: {error}", _BODY_HINT)]) from None
        return self.take(value, most)

    def take(self, value: Any, most: int) -> Records:
        """The records of a body that is parsed already."""
        if type(value) is list:
            return self._several(value, {}, most)
        if type(value) is not dict:
            raise unfit([Refusal("body", "is no record", _BODY_HINT)])
        if RECORDS not in value:
            found = self._quick(value)
            return self._checked([value], single=True) if found is None else found
        beside = {name: given for name, given in value.items() if name != RECORDS}
        faults = list(self._faults_of_options(beside))
        if type(value[RECORDS]) is not list:
            faults.append(Refusal(RECORDS, "is no list", _BODY_HINT))
        if faults:
            raise unfit(faults)
        options = {name: given for name, given in beside.items() if given is not None}
        return self._several(value[RECORDS], options, most)

    def _several(self, records: list[Any], options: Mapping[str, Any], most: int) -> Records:
        if not records:
            raise unfit([Refusal(RECORDS, "is empty", "Send at least one record.")])
        if len(records) > most:
            raise unfit([Refusal(RECORDS, f"holds more than {most:,} records", "Send them in several requests.")])
        return self._checked(records, single=False, options=options)

    def _quick(self, record: Mapping[str, Any]) -> Records | None:
        """A single record; None where there is anything wrong with it."""
        numbers, words, passed = self._nothing.copy(), self._wordless, {}
        row, limits, of_words = numbers[0], self._limits, self.fields.words
        for name, value in record.items():
            if value is None:
                if name not in self._names:
                    return None
                continue
            limit = limits.get(name)
            if limit is not None:
                if type(value) not in _NUMBERS or not limit[1] <= value <= limit[2]:
                    return None
                row[limit[0]] = value
                continue
            kind = of_words.get(name) or self.fields.passed.get(name)
            if kind is None or kind.fault(value):
                return None
            if name in of_words:
                words = {**words, name: (value,)}
            else:
                passed[name] = value
        for name in self.fields.required:
            if record.get(name) is None:
                return None
        return Records(Rows(self.columns, numbers, words), (passed,), single=True)

    def _checked(self, records: list[Any], single: bool, options: Mapping[str, Any] | None = None) -> Records:
        """Records column by column, which takes a third of the time, with all their faults."""
        strange = [place for place, record in enumerate(records) if type(record) is not dict]
        if strange:
            raise unfit([_no_record(place, single) for place in strange[:MOST_OF_A_KIND]])
        given = {*chain.from_iterable(records)}
        faults: list[Refusal] = []
        if not given <= self._names:
            faults += self._unknown(records, single)
        numbers, refused = self._numbers(records, given)
        words = {name: self._texts(records, name, given, refused) for name in self._wordless}
        passed = self._passed(records, given, refused)
        for name in self.fields.required:
            if name not in given:
                refused[name] = range(len(records))
        for name, places in refused.items():
            faults += self._of_field(records, name, places, single)
        if faults:
            raise unfit(faults)
        return Records(Rows(self.columns, numbers, words), passed, single, options or {})

    def _numbers(self, records: list[Any], given: set[str]) -> tuple[Numbers, dict[str, Sequence[int]]]:
        """The numeric features, and by field the places of the records in which it is at fault."""
        numbers = np.full((len(records), len(self._limits)), np.nan)
        refused: dict[str, Sequence[int]] = {}
        for name, (place, low, high) in self._limits.items():
            if name not in given:
                continue
            cells = _cells(records, name)
            if not {*map(type, cells)} <= _NUMBERS:
                kind, needed = self.fields.numbers[name], name in self.fields.required
                refused[name] = [at for at, cell in enumerate(cells) if (needed if cell is None else kind.fault(cell))]
                continue
            column = np.array(cells, dtype=np.float64)  # which makes null NaN
            fine = (column >= low) & (column <= high)
            if name not in self.fields.required:
                fine |= np.isnan(column)
            if not fine.all():
                refused[name] = np.flatnonzero(~fine).tolist()
            numbers[:, place] = column
        return numbers, refused

    def _texts(
        self, records: list[Any], name: str, given: set[str], refused: dict[str, Sequence[int]]
    ) -> Sequence[str]:
        if name not in given:
            return [""] * len(records)
        cells = _cells(records, name)
        bad = _bad(cells, self.fields.words[name])
        if bad:
            refused[name] = bad
        return ["" if cell is None else cell for cell in cells]

    def _passed(
        self, records: list[Any], given: set[str], refused: dict[str, Sequence[int]]
    ) -> Sequence[Mapping[str, Any]]:
        names = [name for name in self.fields.passed if name in given]
        for name in names:
            bad = _bad(_cells(records, name), self.fields.passed[name])
            if bad:
                refused[name] = bad
        if not names:
            return [{}] * len(records)
        return [{name: value for name in names if (value := record.get(name)) is not None} for record in records]

    def _unknown(self, records: list[Any], single: bool) -> Iterator[Refusal]:
        found = ((at, name) for at, record in enumerate(records) for name in record if name not in self._names)
        for at, name in islice(found, MOST_OF_A_KIND):
            line = None if single else at + 1
            if single and name in self.options:
                yield Refusal(name, "stands within a record", f"It belongs beside the records: {_BODY_HINT}")
            else:
                yield unknown(name, self.fields.names, line)

    def _of_field(self, records: list[Any], name: str, places: Sequence[int], single: bool) -> Iterator[Refusal]:
        fields = self.fields
        kind = fields.numbers.get(name) or fields.words.get(name) or fields.passed.get(name)
        assert kind is not None
        for at in places[:MOST_OF_A_KIND]:
            value = records[at].get(name)
            reason = "is missing" if value is None else kind.fault(value)
            yield Refusal(name, reason, kind.hint, None if single else at + 1)

    def _faults_of_options(self, options: Mapping[str, Any]) -> Iterator[Refusal]:
        for name, value in islice(options.items(), MOST_OF_A_KIND):
            kind = self.options.get(name)
            if kind is None:
                yield unknown(name, (RECORDS, *self.options), None)
            elif value is not None and (reason := kind.fault(value)):
                yield Refusal(name, reason, kind.hint)


def _no_record(place: int, single: bool) -> Refusal:
    return Refusal("body", "is no record", _BODY_HINT, None if single else place + 1)


def _cells(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """A column, None where a record lacks it."""
    try:
        return list(map(itemgetter(name), records))  # a third faster, and most records have the same fields
    except KeyError:
        return [record.get(name) for record in records]


def _bad(cells: Sequence[Any], kind: Field) -> list[int]:
    """The places of values that are wrong. Most columns of texts say the same again and again."""
    if {*map(type, cells)} <= _TEXTS and not any(map(kind.fault, {*cells} - {None})):
        return []
    return [at for at, cell in enumerate(cells) if cell is not None and kind.fault(cell)]
