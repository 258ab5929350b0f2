"""From a body's bytes to checked values, or to what is wrong with them, without a value of theirs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from tasks.collected.outcome import Refusal

T = TypeVar("T")
Numbered = tuple[int, T]
"""A record and its line (or its place in a list), from 1."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class Parser(Generic[T]):
    """Reads one kind of record, alone or several at once. `hints`: what each field is, for who sent another thing."""

    def __init__(self, kind: Any, hints: Mapping[str, str]) -> None:
        self._hints = hints
        self._one: TypeAdapter[T] = TypeAdapter(kind)
        self._many: TypeAdapter[list[T]] = TypeAdapter(list[kind])

    def one(self, body: bytes) -> tuple[T | None, list[Refusal]]:
        """The record of a body; none, and why, where it is none."""
        try:
            return self._one.validate_json(body), []
        except ValidationError as error:
            return None, list(faults_of(error, self._hints))

    def many(self, body: bytes) -> tuple[list[Numbered[T]], list[Refusal]]:
        """The good records of a JSON list or of NDJSON, and what is wrong with the others."""
        if body.lstrip()[:1] == b"[":
            return self._of_list(body)
        lines = [(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
        if not lines:
            return [], [Refusal("body", "is empty", self._hints.get("body", ""))]
        # All at once, which takes a third of the time; line by line only to find out which of them is wrong.
        if all(line[:1] == b"{" and line.rstrip()[-1:] == b"}" for _, line in lines):
            try:
                records = self._many.validate_json(b"[" + b",".join(line for _, line in lines) + b"]")
            except ValidationError:
                records = []
            if len(records) == len(lines):
                return [(number, record) for (number, _), record in zip(lines, records, strict=True)], []
        return self._one_by_one(lines)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of one record."""
        return self._one.json_schema()

    def _of_list(self, body: bytes) -> tuple[list[Numbered[T]], list[Refusal]]:
        try:
            return list(enumerate(self._many.validate_json(body), start=1)), []
        except ValidationError as error:
            faults = list(faults_of(error, self._hints))
        try:
            entries = from_json(body)
        except ValueError:
            return [], faults
        return self._one_by_one([(number, to_json(entry)) for number, entry in enumerate(entries, start=1)])

    def _one_by_one(self, lines: list[tuple[int, bytes]]) -> tuple[list[Numbered[T]], list[Refusal]]:
        records: list[Numbered[T]] = []
        faults: list[Refusal] = []
        for number, line in lines:
            try:
                records.append((number, self._one.validate_json(line)))
            except ValidationError as error:
                faults += faults_of(error, self._hints, number)
        return records, faults


def faults_of(error: ValidationError, hints: Mapping[str, str], line: int | None = None) -> Iterator[Refusal]:
    """One refusal for each field at fault: a field that may be one of several types is at fault once for each."""
    seen = set()
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        field = next((part for part in fault["loc"] if isinstance(part, str)), "body")
        if fault["type"] == "extra_forbidden" and not _NAME.fullmatch(field):
            field = "body"  # a name that somebody made up may hold anything
        if field not in seen:
            seen.add(field)
            yield Refusal(field, reason_of(fault["type"], fault["msg"]), hints.get(field, ""), line)


def reason_of(kind: str, message: str) -> str:
    """What pydantic says of a fault of that kind, in our words and without a value."""
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is a field that is not known here"
        case "json_invalid":
            return f"is no JSON: {message.removeprefix('Invalid JSON: ')}"
        case "string_pattern_mismatch":
            return "holds characters that it may not hold"
    reason = message.removeprefix("Input ").removeprefix("Value error, ")
    return reason[:1].lower() + reason[1:]
