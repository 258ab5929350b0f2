"""When in a day people watch: by the clock of the platform's time zone, each user somewhat earlier or later."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from sources.world.arrays import Flags, Floats, Ints
from sources.world.calendar import SECONDS_A_DAY

TIME_ZONE = "Europe/Berlin"
"""Where the platform is: its clock changes in March and October."""
HOURS = 24
_WORKING_DAY = (
    1.6, 0.8, 0.4, 0.25, 0.2, 0.3, 0.7, 1.3, 1.5, 1.4, 1.4, 1.7,
    2.2, 2.2, 2.0, 2.2, 2.8, 3.9, 5.3, 7.3, 9.0, 8.6, 6.0, 3.3,
)  # fmt: skip
_FREE_DAY = (
    3.0, 1.7, 0.8, 0.4, 0.3, 0.3, 0.5, 1.0, 2.0, 3.2, 4.1, 4.6,
    4.9, 5.2, 5.4, 5.5, 5.6, 6.0, 6.8, 7.6, 8.2, 7.9, 6.2, 4.4,
)  # fmt: skip
PROFILE: Floats = np.array([_WORKING_DAY, _FREE_DAY]) / np.sum([_WORKING_DAY, _FREE_DAY], axis=1, keepdims=True)
"""[free day, hour of the local clock]: share of a day's sessions that begin in that hour."""
LOAD: Floats = (PROFILE * HOURS) ** 0.7
"""[free day, hour of the local clock]: buffering in that hour relative to one of the usual load."""
_UNTIL: Floats = np.column_stack([np.zeros(2), np.cumsum(PROFILE, axis=1)])


def zone_offsets(days: Ints) -> Ints:
    """Hours by which the local clock is ahead of UTC, at noon of each day."""
    zone, epoch = ZoneInfo(TIME_ZONE), datetime(1970, 1, 1, 12, tzinfo=UTC)
    shifts = ((epoch + timedelta(days=int(day))).astimezone(zone).utcoffset() for day in days)
    return np.array([round((shift or timedelta()).total_seconds() / 3600) for shift in shifts])


def drawn_hours(free: Flags, shift: Floats, random: np.random.Generator) -> Floats:
    """An hour of the local clock (0 to 24, with its fraction) for each session, the user's `shift` included.

    `free` says whether the day is a free one.
    """
    place, hour = random.random(len(free)), np.arange(HOURS + 1.0)
    drawn: Floats = np.where(free, np.interp(place, _UNTIL[1], hour), np.interp(place, _UNTIL[0], hour))
    return (drawn + shift) % HOURS


def share_between(free: bool, first: float, hours: float, shift: Floats) -> Floats:
    """The share of a day's sessions that begin in the `hours` from `first` (local clock) on, for users of each shift.

    The inverse of `drawn_hours`: what it draws lies there with this chance.
    """
    begin = (first - shift) % HOURS
    until = np.r_[_UNTIL[int(free)], 1 + _UNTIL[int(free)][1:]]
    grid = np.arange(2 * HOURS + 1.0)
    share: Floats = np.interp(begin + hours, grid, until) - np.interp(begin, grid, until)
    return share


def utc_seconds(day: Ints, local_hour: Floats, offset: Ints) -> Ints:
    """Seconds since 1970 of a local clock time within a UTC day: what is past midnight there still belongs to it."""
    second = ((local_hour - offset) % HOURS * 3600).astype(np.int64)
    return day * SECONDS_A_DAY + np.minimum(second, SECONDS_A_DAY - 1)
