"""The months after an as_of, by their days."""

from datetime import date, timedelta
from itertools import pairwise

from tasks.forecasting.columns import STEPS

_DAYS = 30


def months_after(as_of: date, months: int, steps: str) -> list[tuple[date, date]]:
    """First and last day of month 1 ahead, month 2 ahead, ...: steps of 30 days, or whole months of the calendar."""
    if steps == STEPS[0]:
        firsts = [as_of + timedelta(days=1 + _DAYS * month) for month in range(months + 1)]
    else:
        tomorrow = as_of + timedelta(days=1)
        begun = 0 if tomorrow.day == 1 else 1
        firsts = [_first_day(tomorrow.year * 12 + tomorrow.month - 1 + begun + month) for month in range(months + 1)]
    return [(first, following - timedelta(days=1)) for first, following in pairwise(firsts)]


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
