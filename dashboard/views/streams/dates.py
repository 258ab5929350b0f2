"""Reading a column of dates in the ways in which people write them."""

import re
from collections.abc import Sequence
from datetime import date

_YEAR_FIRST = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})")
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_TIME = re.compile(r"[T ]\d{1,2}:.*")


class TwoWaysError(ValueError):
    """Day and month may stand in either order."""


def date_of(cell: str) -> date | None:
    """The date in a cell, as 2024-12-31, 20241231, 2024/12/31 or 31.12.2024, with or without a time; None if none."""
    written = _TIME.sub("", cell.strip())
    if found := _YEAR_FIRST.fullmatch(written):
        return _date(found[1], found[2], found[3])
    if found := _DOTS.fullmatch(written):
        return _date(found[3], found[2], found[1])
    return None


def dates_of(cells: Sequence[str]) -> list[date | None]:
    """The dates of a column, None where a cell holds none.

    31/12/2024 and 12/31/2024 are told apart by the whole column: by days above 12, or because one of the two ways gives
    days in a row. Raises TwoWaysError where both ways are possible.
    """
    slashed = [_SLASHES.fullmatch(_TIME.sub("", cell.strip())) for cell in cells]
    day_first = [None if found is None else _date(found[3], found[2], found[1]) for found in slashed]
    month_first = [None if found is None else _date(found[3], found[1], found[2]) for found in slashed]
    written = [place for place, found in enumerate(slashed) if found is not None]
    by_day = all(day_first[place] for place in written)
    by_month = all(month_first[place] for place in written)
    if by_day and by_month and day_first != month_first:
        by_day, by_month = _in_a_row(day_first), _in_a_row(month_first)
        if by_day == by_month:
            raise TwoWaysError
    chosen = day_first if by_day else month_first
    return [chosen[place] or date_of(cell) for place, cell in enumerate(cells)]


def _in_a_row(days: Sequence[date | None]) -> bool:
    found = {day.toordinal() for day in days if day is not None}
    return len(found) > 1 and max(found) - min(found) == len(found) - 1


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
