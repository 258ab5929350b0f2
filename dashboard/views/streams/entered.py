"""The daily counts that somebody enters, and what one count may look like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

WEEK, THREE_WEEKS = 7, 21
"""Days that the week ahead and the third week are forecast from."""
MOST = 10**12
"""More streams a day than that are a slip."""
_NOT_KNOWN = {"", "-", "–", "—", "?", ".", "na", "n/a", "#n/a", "nan", "null", "none"}
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ].*)?")


@dataclass(frozen=True)
class Entered:
    """The counts of a track on consecutive days, the oldest first; None where a day is not known."""

    counts: tuple[int | None, ...]
    newest: date
    """The day of the last one."""
    dated: bool = True
    """Whether somebody said so, so that the weekday is known."""
    ignored: tuple[str, ...] = ()
    """Columns that were there and are not read."""

    @property
    def window(self) -> int:
        """Days that can be forecast from: 21, 7, or 0 where there are fewer."""
        return next((days for days in (THREE_WEEKS, WEEK) if len(self.counts) >= days), 0)

    @property
    def dates(self) -> tuple[date, ...]:
        """The day of each count."""
        first = self.newest - timedelta(days=len(self.counts) - 1)
        return tuple(first + timedelta(days=place) for place in range(len(self.counts)))

    @property
    def last_7(self) -> int | None:
        """The sum of the last 7 counts, where all are known."""
        last = self.counts[-WEEK:]
        known = [count for count in last if count is not None]
        return sum(known) if len(known) == WEEK else None

    def record(self, days: int, context: Mapping[str, float | None]) -> dict[str, Any]:
        """What the API is asked with: the newest `days` of them, the newest being day_0, and what else is known."""
        newest_first = self.counts[::-1][:days]
        body: dict[str, Any] = {f"day_{back}": count for back, count in enumerate(newest_first) if count is not None}
        if self.dated:
            body["weekday"] = self.newest.isoweekday()
        return body | {name: value for name, value in context.items() if value is not None}


def yesterday() -> date:
    """What the newest day is taken for where nobody says."""
    return datetime.now(UTC).date() - timedelta(days=1)


def count_of(cell: str, thousands: str = "") -> int | None:
    """The count that a cell holds; None where it says that it is not known. Raises ValueError, saying what is wrong.

    `thousands`: what may part them, besides an apostrophe or an underscore.
    """
    written = re.sub(r"(?<=\d)['’_](?=\d{3})", "", cell.strip())
    if written.lower() in _NOT_KNOWN:
        return None
    if thousands and re.fullmatch(rf"\d{{1,3}}({re.escape(thousands)}\d{{3}})+", written):
        written = written.replace(thousands, "")
    if not re.fullmatch(r"[0-9]+(\.0+)?", written) or re.fullmatch(r"\d{1,3}\.000", written):
        raise ValueError(_fault(written))
    count = int(written.partition(".")[0])
    if count > MOST:
        raise ValueError("is more than any track is streamed on a day")
    return count


def _fault(written: str) -> str:
    if re.fullmatch(r"[-−]\s*[\d.,]+", written):
        return "is below 0; streams are counted from 0 on"
    if _DATE.fullmatch(written):
        return "is a date; paste the counts alone, or upload a file with dates"
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", written):
        return f"may be {written.replace('.', '')} or a fraction; write it without the full stop"
    if re.fullmatch(r"\d+[.,]\d+", written):
        return "is a fraction; streams are whole numbers"
    return "is no count; write it in digits, as 5210, or - where it is not known"
