"""What is the same for all users on a day: season, week, holidays, the mood of the day, outages."""

from dataclasses import dataclass

import holidays
import numpy as np
from scipy.signal import lfilter

from sources.world.arrays import Flags, Floats, Ints
from sources.world.audience.hours import HOURS, share_between, zone_offsets
from sources.world.calendar import day_factor, day_number, month_of, month_of_year, weekday
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

_WEEKDAY = np.array([0.93, 0.92, 0.94, 0.96, 1.06, 1.13, 1.10])
"""Relative activity from Monday to Sunday, before users' own weekends."""
_HOLIDAY, _EVE = 1.22, 1.10
_MOOD, _MOOD_MEMORY = 0.06, 0.7
_OUTAGES_A_YEAR = 10
OUTAGE_LOST = 0.9
"""Share of the sessions that do not come about during an outage."""
OUTAGE_BUFFERING = 7.0
"""How many times the usual buffering those have that do."""
_AWAY = 0.0016
_AWAY_IN_SUMMER, _AWAY_AT_CHRISTMAS = 3.0, 4.0


@dataclass(frozen=True)
class Outage:
    """A few hours in which the platform hardly works."""

    day: int
    """Place of the UTC day among the world's days."""
    hour: float
    """Local hour in which it begins; the outage ends within the UTC day."""
    hours: float

    def lost(self, days: "Days", shift: Floats) -> Floats:
        """The share of that day's sessions that begin during it, for users of each shift, were there none."""
        return share_between(bool(days.free[self.day]), self.hour, self.hours, shift)


@dataclass(frozen=True)
class Days:
    """The world's days, one after the other; all arrays are [day]."""

    number: Ints
    """Day numbers, of days that begin at midnight UTC."""
    offset: Ints
    """Hours by which the local clock is ahead of UTC."""
    weekend: Flags
    free: Flags
    """Weekends and public holidays: people watch in the daytime."""
    calendar: Floats
    """Relative activity by all that a calendar tells."""
    mood: Floats
    """Relative activity by what nobody knows beforehand (the weather, say)."""
    leave: Floats
    """Chance that somebody sets out on a journey, relative to the usual day's and per usual traveller."""
    outages: tuple[Outage, ...]

    def __len__(self) -> int:
        return len(self.number)

    def out_of_order(self, day: Ints, hour: Floats) -> Flags:
        """Whether there is an outage at each local `hour` of the `day` in that place."""
        begin, hours = np.zeros(len(self)), np.zeros(len(self))
        for outage in self.outages:
            begin[outage.day], hours[outage.day] = outage.hour, outage.hours
        return (hour - begin[day]) % HOURS < hours[day]


def days_of(settings: WorldSettings) -> Days:
    """The days from the world's start to its end."""
    random = generator(settings.seed, Stream.AUDIENCE_DAYS, 0)
    number = np.arange(day_number(settings.start), day_number(settings.end) + 1)
    weekend = weekday(number) >= 5
    public = _public_holidays(number)
    eve = np.r_[public[1:], False] & ~public
    calendar = day_factor(number) * _WEEKDAY[weekday(number)]
    calendar *= np.where(public, _HOLIDAY, 1.0) * np.where(eve, _EVE, 1.0)
    shocks = _MOOD * np.sqrt(1 - _MOOD_MEMORY**2) * random.standard_normal(len(number))
    mood = np.exp(lfilter([1.0], [1.0, -_MOOD_MEMORY], shocks))
    offset = zone_offsets(number)
    return Days(
        number, offset, weekend, weekend | public, calendar, mood, _journeys(number), _outages(offset, random)
    )  # fmt: skip


def _public_holidays(days: Ints) -> Flags:
    """Whether each day is a public holiday in all of Germany."""
    years = range(1970 + int(month_of(days[:1])[0]) // 12, 1971 + int(month_of(days[-1:])[0]) // 12)
    known = np.array([day_number(day) for day in holidays.country_holidays("DE", years=years)])
    return np.isin(days, known)


def _journeys(days: Ints) -> Floats:
    """People travel in July and August, and in the last third of December."""
    month = month_of_year(month_of(days))
    day_of_month = days - month_of(days).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    christmas = (month == 11) & (day_of_month >= 19)
    summer = (month == 6) | (month == 7)
    return _AWAY * np.select([christmas, summer], [_AWAY_AT_CHRISTMAS, _AWAY_IN_SUMMER], 1.0)


def _outages(offset: Ints, random: np.random.Generator) -> tuple[Outage, ...]:
    """Ten a year, at any time that leaves them within one UTC day."""
    count = round(_OUTAGES_A_YEAR * len(offset) / 365.25)
    days = np.sort(random.choice(len(offset), size=count, replace=False))
    hours = random.uniform(2.0, 5.0, count)
    begin = random.random(count) * (24 - hours) + offset[days]
    return tuple(
        Outage(int(day), float(hour), float(length)) for day, hour, length in zip(days, begin, hours, strict=True)
    )
