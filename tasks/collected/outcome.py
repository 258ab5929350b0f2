"""What became of records that were handed in."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refusal:
    """Why one record is not stored."""

    field: str
    """The field that is at fault."""
    reason: str
    """What is wrong with it; never the value itself."""
    hint: str = ""
    """What to do about it."""
    line: int | None = None
    """Which record of several it is, from 1."""


@dataclass
class Outcome:
    """What became of the records of one request."""

    accepted: int = 0
    """Records stored now, held ones among them."""
    held: int = 0
    """Records stored now that wait for their user to be registered."""
    duplicates: int = 0
    """Records that had been stored before, when the same was sent."""
    refused: list[Refusal] = field(default_factory=list)
