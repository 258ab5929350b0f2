"""Reading counts that are pasted: commas, spaces or new lines between them, thousands parted or not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.source.source import RefusedError
from dashboard.views.streams.entered import THREE_WEEKS, WEEK, Entered, count_of, yesterday

_READINGS = (
    (re.compile(r"\s*[,;|]\s*|\s+"), ""),
    (re.compile(r"\s*[;|]\s*|,\s+|\s+"), ","),
    (re.compile(r"[^\S\n]*[;|,\t\n]\s*"), " "),
)
"""What parts counts, and what parts the thousands in one."""
_SPACES = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3})")
"""That never break a line: they part thousands."""
_LONGEST = 2_000
"""Characters of a text that holds 21 counts."""
_MOST_FAULTS = 5
_LENGTHS = (WEEK, THREE_WEEKS)


@dataclass(frozen=True)
class _Read:
    """What a text says if it is read in one way."""

    counts: tuple[int | None, ...]
    faults: tuple[str, ...]


def pasted(text: str, newest: date | None, *, newest_first: bool) -> Entered:
    """The 7 or 21 counts in a text. Raises RefusedError, saying what is wrong with which count.

    A comma may stand between counts or part thousands: the text is read both ways, and the one way that gives 7 or 21
    counts is what it says. An empty place between two commas, or a dash, is a day that is not known. `newest`: the day
    of the newest count, where somebody said so.
    """
    if len(text) > _LONGEST:
        raise RefusedError(f"This is too long for {THREE_WEEKS} counts. Upload a file instead.")
    counts = _meant([_read(_SPACES.sub("", text.strip()), *reading) for reading in _READINGS])
    return Entered(counts[::-1] if newest_first else counts, newest or yesterday(), dated=newest is not None)


def _read(text: str, between: re.Pattern[str], thousands: str) -> _Read:
    cells = between.split(text.rstrip(",;| \n\t"))
    counts: list[int | None] = []
    faults = []
    for place, cell in enumerate(cells, start=1):
        try:
            counts.append(count_of(cell, thousands))
        except ValueError as error:
            counts.append(None)
            faults.append(f"count {place}, “{cell[:40]}”: {error}.")
    return _Read(tuple(counts), tuple(faults))


def _meant(readings: Sequence[_Read]) -> tuple[int | None, ...]:
    sound = [read for read in readings if not read.faults]
    meant = {read.counts for read in sound if len(read.counts) in _LENGTHS}
    if len(meant) == 1:
        return meant.pop()
    if meant:
        raise RefusedError(
            "This can be read as 7 counts or as 21: a comma may part thousands or stand between two counts. "
            "Write one count on each line, without anything that parts thousands."
        )
    if sound:
        raise RefusedError(_wrong_number(sorted({len(read.counts) for read in sound}, reverse=True)))
    faulty = next((read for read in readings if len(read.counts) in _LENGTHS), readings[0])
    raise RefusedError("Some of this is no count.", _some(faulty.faults))


def _wrong_number(found: Sequence[int]) -> str:
    most, *others = found
    number = "This is 1 count" if most == 1 else f"These are {most} counts"
    fewer = f" (or {' or '.join(map(str, others))}, where commas or spaces part thousands)" if others else ""
    return (
        f"{number}{fewer}. Give {WEEK} for the next week, or {THREE_WEEKS} for the third week, too; "
        "write - for a day that is not known."
    )


def _some(faults: Sequence[str]) -> list[str]:
    more = len(faults) - _MOST_FAULTS
    return [*faults[:_MOST_FAULTS], *([f"{more} more are no counts, either."] if more > 0 else [])]
