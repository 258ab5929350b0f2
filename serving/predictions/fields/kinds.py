"""The kinds of fields that a record may have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

MOST = 1e12
"""More of anything is a slip; and nothing that is made of so much grows beyond what a float holds."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Field(Protocol):
    """A field that is no number."""

    @property
    def hint(self) -> str:
        """What it is, for who sent something else."""

    def fault(self, value: Any) -> str:
        """What is wrong with a value that is not null; empty where nothing is."""

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two limits; a whole number is one too, and true or a text is none. `about` ends a sentence."""

    about: str
    low: float = 0.0
    high: float = MOST

    @property
    def hint(self) -> str:
        """What it is, for who sent something else."""
        return f"A number {self._limits()}: {self.about}."

    def fault(self, value: Any) -> str:
        """What is wrong with a value that is not null; empty where nothing is."""
        if type(value) not in (int, float):
            return "is no number"
        return "" if self.low <= value <= self.high else f"is not {self._limits()}"

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""
        return {"type": "number", "minimum": self.low, "maximum": self.high, "description": self.hint}

    def _limits(self) -> str:
        if self.low == 0 and self.high == MOST:
            return "from 0 on"
        return f"from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `about` ends a sentence."""

    about: str
    longest: int = 200

    @property
    def hint(self) -> str:
        """What it is, for who sent something else."""
        return f"Text of at most {self.longest} characters: {self.about}."

    def fault(self, value: Any) -> str:
        """What is wrong with a value that is not null; empty where nothing is."""
        if type(value) is not str:
            return "is no text"
        return "" if len(value) <= self.longest else "is too long"

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""
        return {"type": "string", "maxLength": self.longest, "description": self.hint}


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or (`month`) a month or a day. `about` ends a sentence."""

    about: str
    month: bool = False

    @property
    def hint(self) -> str:
        """What it is, for who sent something else."""
        return f"{'A month, as 2026-05, or a day' if self.month else 'A day'}, as 2026-05-31: {self.about}."

    def fault(self, value: Any) -> str:
        """What is wrong with a value that is not null; empty where nothing is."""
        wanted = "neither month nor day" if self.month else "no day"
        if type(value) is not str:
            return f"is {wanted}"
        return "" if _is_day(value) or (self.month and _is_month(value)) else f"is {wanted}"

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""
        if self.month:
            return {"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?$", "description": self.hint}
        return {"type": "string", "format": "date", "description": self.hint}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false. `about` ends a sentence."""

    about: str

    @property
    def hint(self) -> str:
        """What it is, for who sent something else."""
        return f"true or false: {self.about}."

    def fault(self, value: Any) -> str:
        """What is wrong with a value that is not null; empty where nothing is."""
        return "" if type(value) is bool else "is neither true nor false"

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""
        return {"type": "boolean", "description": self.hint}


def _is_day(text: str) -> bool:
    if not (text.isascii() and _DAY.fullmatch(text)):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_month(text: str) -> bool:
    return text.isascii() and _MONTH.fullmatch(text) is not None and not text.startswith("0000")


@dataclass(frozen=True)
class RecordFields:
    """All that a record of a target may hold."""

    numbers: Mapping[str, Number]
    """Each numeric feature of the target."""
    words: Mapping[str, Field] = field(default_factory=dict)
    """Each categorical and each text feature."""
    passed: Mapping[str, Field] = field(default_factory=dict)
    """Who or what the record is about: comes back with the answer, and no model reads it."""
    required: tuple[str, ...] = ()
    """Features that no model does without."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """A record as somebody may send it."""

    @property
    def names(self) -> tuple[str, ...]:
        """All fields, those of which a record is about first."""
        return (*self.passed, *self.numbers, *self.words)
