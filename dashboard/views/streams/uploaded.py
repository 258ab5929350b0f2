"""Reading counts from a file: a table with a date and a count in each row, or a column of counts alone."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO

from dashboard.source.source import RefusedError
from dashboard.views.streams.dates import TwoWaysError, date_of, dates_of
from dashboard.views.streams.entered import THREE_WEEKS, WEEK, Entered, count_of, yesterday

MOST_MEGABYTES = 5
_MOST_DAYS = 3_660
_MOST_FAULTS = 5
_DATES = ("date", "day", "ds", "datum", "dt", "time", "timestamp")
_STREAMS = ("streams", "stream", "stream_count", "daily_streams", "plays", "play_count", "listens", "scrobbles")
_COUNTS = ("count", "counts", "value", "y")
"""Names of the counts where none of the above is there."""
_WHAT_TO_DO = "Give it a column date and a column streams, or a column of counts alone."

Cells = Sequence[str]


@dataclass(frozen=True)
class _Table:
    """Rows of a file, each with the number of its line."""

    names: tuple[str, ...]
    """Of the columns; empty without a line of names."""
    rows: Sequence[tuple[int, Cells]]

    def column(self, place: int) -> list[str]:
        """Its cells, empty where a row is too short."""
        return [cells[place] if place < len(cells) else "" for _, cells in self.rows]

    @property
    def width(self) -> int:
        """Columns of the first row."""
        return len(self.names) or len(self.rows[0][1])


def uploaded(content: bytes, newest: date | None, *, newest_first: bool) -> Entered:
    """The counts in a file. Raises RefusedError, saying what is wrong in which line, and what to do.

    `newest`, `newest_first`: of a column of counts alone, whose days the file does not say.
    """
    table = _table(_text(content))
    found = _alone(table, newest, newest_first) if table.width == 1 else _dated(table)
    if not found.window:
        raise RefusedError(
            f"The file has counts of too few days: {len(found.counts)}. The next week needs {WEEK} days in a row, "
            f"the third week {THREE_WEEKS}."
        )
    return found


def _text(content: bytes) -> str:
    if len(content) > MOST_MEGABYTES * 1_000_000:
        raise RefusedError(f"The file is larger than {MOST_MEGABYTES} MB. One track's counts by day are far less.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content or content.startswith(b"PK"):
        raise RefusedError("This is no text file, but perhaps a workbook. Save the sheet as CSV, and upload that.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _table(text: str) -> _Table:
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise RefusedError(f"The file is no CSV: {error}. {_WHAT_TO_DO}") from None
    if not rows:
        raise RefusedError(f"The file is empty. {_WHAT_TO_DO}")
    first = rows[0][1]
    if any(_is_value(cell) for cell in first):
        return _Table((), rows)
    if len(rows) == 1:
        raise RefusedError(f"The file has names of columns and no rows. {_WHAT_TO_DO}")
    return _Table(tuple(cell.strip() for cell in first), rows[1:])


def _delimiter(text: str) -> str:
    """What stands most often in the first line; a comma where nothing does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t|", key=first.count)


def _is_value(cell: str) -> bool:
    """Whether it is a date or a number, and so no name."""
    try:
        return bool(cell.strip()) and (dates_of([cell])[0] or count_of(cell, ",")) is not None
    except TwoWaysError:
        return True
    except ValueError:
        return False


def _alone(table: _Table, newest: date | None, newest_first: bool) -> Entered:
    counts = _counts(table, 0)
    return _ending(counts[::-1] if newest_first else counts, newest)


def _dated(table: _Table) -> Entered:
    of_dates, of_counts = _named(table) if table.names else _guessed(table)
    by_day = _by_day(table, of_dates, _counts(table, of_counts))
    known = [day for day, count in by_day.items() if count is not None]
    if not known:
        raise RefusedError("Not a single count is known in the file.")
    first, last = min(known), max(known)
    first = max(first, last - timedelta(days=_MOST_DAYS))
    days = (first + timedelta(days=place) for place in range((last - first).days + 1))
    others = tuple(name for place, name in enumerate(table.names) if place not in (of_dates, of_counts) and name)
    return Entered(tuple(by_day.get(day) for day in days), last, ignored=others)


def _named(table: _Table) -> tuple[int, int]:
    """The places of dates and counts, by the columns' names."""
    names = [name.lower().replace(" ", "_") for name in table.names]
    of_dates = _only(names, _DATES, "dates")
    of_counts = _only(names, _STREAMS, "counts")
    if of_counts is None:
        of_counts = _only(names, _COUNTS, "counts")
    if of_dates is not None and of_counts is None and table.width == 2:
        of_counts = 1 - of_dates
    has = f"the file has the columns {', '.join(table.names[:12])}"
    if of_dates is None:
        raise RefusedError(f"There is no column of dates: {has}. Call it date.")
    if of_counts is None:
        raise RefusedError(f"There is no column of counts: {has}. Call it streams.")
    return of_dates, of_counts


def _only(names: Sequence[str], wanted: Sequence[str], what: str) -> int | None:
    places = [place for place, name in enumerate(names) if name in wanted]
    if len(places) > 1:
        both = " and ".join(names[place] for place in places)
        raise RefusedError(f"Both {both} may be the {what}. Leave one of them.")
    return places[0] if places else None


def _guessed(table: _Table) -> tuple[int, int]:
    """The places of dates and counts of two columns without names."""
    first = table.rows[0][1]
    if table.width == 2:
        for place in (0, 1):
            if date_of(first[place]) is not None:
                return place, 1 - place
    raise RefusedError(
        f"The file has {table.width} columns without names, so that nobody knows which is which. {_WHAT_TO_DO}"
    )


def _counts(table: _Table, place: int) -> tuple[int | None, ...]:
    counts: list[int | None] = []
    faults = []
    for (line, _), cell in zip(table.rows, table.column(place), strict=True):
        try:
            counts.append(count_of(cell, ","))
        except ValueError as error:
            counts.append(None)
            faults.append(f"line {line}, “{cell[:40]}”: {error}.")
    if faults:
        raise RefusedError("Some of the counts cannot be read.", _some(faults))
    return tuple(counts)


def _by_day(table: _Table, place: int, counts: Sequence[int | None]) -> Mapping[date, int | None]:
    lines, cells = [line for line, _ in table.rows], table.column(place)
    try:
        days = dates_of(cells)
    except TwoWaysError:
        raise RefusedError("Day and month may stand in either order. Write the dates as 2024-12-31.") from None
    faults = []
    seen: dict[date, int] = {}
    by_day: dict[date, int | None] = {}
    for line, cell, day, count in zip(lines, cells, days, counts, strict=True):
        if day is None:
            faults.append(f"line {line}, “{cell[:40]}”: is no date; write it as 2024-12-31.")
        elif day in seen:
            faults.append(f"line {line}: {day} is there already, in line {seen[day]}; one track has one count a day.")
        else:
            seen[day], by_day[day] = line, count
    if faults:
        raise RefusedError("Some of the dates are not as they should be.", _some(faults))
    return by_day


def _ending(counts: tuple[int | None, ...], newest: date | None) -> Entered:
    """Without the days at either end that are not known. `newest`: the day of the last one, where it is known."""
    known = [place for place, count in enumerate(counts) if count is not None]
    if not known:
        raise RefusedError("Not a single count is known in the file.")
    last = (newest or yesterday()) - timedelta(days=len(counts) - 1 - known[-1])
    return Entered(counts[known[0] : known[-1] + 1][-_MOST_DAYS:], last, dated=newest is not None)


def _some(faults: Sequence[str]) -> list[str]:
    more = len(faults) - _MOST_FAULTS
    return [*faults[:_MOST_FAULTS], *([f"{more} more lines have faults, too."] if more > 0 else [])]
