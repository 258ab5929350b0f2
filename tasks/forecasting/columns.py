"""The columns of refrain/track_months.py for a chunk of tracks: running sums read at the ends of months and weeks.

The same numbers as features/catalogue.py computes for training, without a query engine: one pass over the counts, and
then one array operation for each end of a month or week.
"""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.origins import CALENDAR
from refrain.track_months import (
    AGE,
    BACK,
    EARLY_2_3,
    EARLY_4_12,
    HISTORY,
    MLDR,
    S30,
    S90,
    S365,
    SEASON_FROM,
    SEEN,
    WEEKS,
)
from tasks.forecasting.histories import Histories, date_of, day_of
from tasks.forecasting.running_sums import RunningSums

Numbers = NDArray[np.float64]
STEPS = ("30 days", CALENDAR)
"""What a month is: a step of 30 days from as_of, or a month of the calendar."""
_MONTH = 30


def history_columns(histories: Histories, as_of: int, steps: str) -> pd.DataFrame:
    """The columns HISTORY of each track at the end of the day `as_of`, shape (n, columns), NaN where unknown.

    `histories`: without faults, and without counts later than `as_of`. Those columns that come from other tracks
    (tasks/forecasting/surroundings.py) are left NaN. `steps`: one of STEPS.
    """
    values = np.full((len(HISTORY), len(histories)), np.nan)
    columns = dict(zip(HISTORY, values, strict=True))
    sums = RunningSums(histories)
    ends = {day: sums.through(day) for day in sorted(_days_read(as_of, steps))}

    def between(first: int, last: int) -> Numbers:
        """Streams from the day after `first` to `last`; NaN where a day is unknown."""
        return sums.between(ends[first], ends[last], last - first)

    columns[SEEN][:] = np.where(histories.lengths > 0, as_of - sums.first_day + 1, 0)
    columns[S30][:] = between(as_of - 30, as_of)
    columns[S90][:] = between(as_of - 90, as_of)
    columns[S365][:] = between(as_of - 365, as_of)
    months = month_ends(as_of, len(BACK), steps)
    for name, first, last in zip(BACK, months[1:], months[:-1], strict=True):
        columns[name][:] = between(first, last)
    for number, name in enumerate(WEEKS):
        columns[name][:] = between(as_of - 7 * number - 7, as_of - 7 * number)
    # A release date after the first count cannot be true: that count's day stands for it.
    released = np.minimum(histories.release_days, sums.first_day)
    columns[AGE][:] = as_of - released
    columns[EARLY_2_3][:] = _early(sums, released, as_of, 2, 3)
    columns[EARLY_4_12][:] = _early(sums, released, as_of, 4, 12)
    columns[MLDR][:] = histories.mldr
    columns[SEASON_FROM][:] = middle_day_of_year(months[1], months[0])
    return pd.DataFrame(values.T, columns=list(HISTORY), copy=False)


def month_ends(as_of: int, back: int, steps: str) -> list[int]:
    """Last days of month 1 back, month 2 back, ... and of the month before the last one: back + 1 of them."""
    if steps != CALENDAR:
        return [as_of - _MONTH * month for month in range(back + 1)]
    day = date_of(as_of + 1)
    number = day.year * 12 + day.month - 1
    return [day_of(date((number - month) // 12, (number - month) % 12 + 1, 1)) - 1 for month in range(back + 1)]


def middle_day_of_year(before: int, last: int) -> float:
    """Day of the year (1 to 366) in the middle of the days after `before` up to `last`."""
    return float(date_of((before + 1 + last) // 2).timetuple().tm_yday)


def _days_read(as_of: int, steps: str) -> set[int]:
    weeks = {as_of - 7 * week for week in range(len(WEEKS) + 1)}
    return {as_of - days for days in (0, 30, 90, 365)} | weeks | set(month_ends(as_of, len(BACK), steps))


def _early(sums: RunningSums, released: Numbers, as_of: int, first: int, last: int) -> Numbers:
    """Mean streams a month from the `first` to the `last` 30-day month of a track's life."""
    begin = released + _MONTH * (first - 1) - 1
    end = released + _MONTH * last - 1
    lived = end <= as_of
    found = np.full(len(released), np.nan)
    before, through = (np.where(lived, day, as_of).astype(np.int64) for day in (begin, end))
    streams = sums.between(sums.through(before), sums.through(through), _MONTH * (last - first + 1))
    found[lived] = streams[lived] / (last - first + 1)
    return found
