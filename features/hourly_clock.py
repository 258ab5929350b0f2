"""The clock of a time zone as tables: which local day and hour each hour of UTC is, and which days are holidays.

Moments are whole numbers, as in features/calendar.py: a day is its ordinal, an hour is day * 24 + hour (UTC), a second
is day * 86400 + second of the day (UTC, or local). A UTC hour belongs to the local day in which it begins.

Engines do not agree in what they know of time zones. So the changes of a zone's clock are written down as numbers, by
Python's zoneinfo, and each engine looks them up. At most one change a UTC day is known of.
"""

import warnings
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import narwhals as nw

from features.held import settled

Lazy = nw.LazyFrame[Any]

HOUR, DAY_SECONDS, HOURS = 3_600, 86_400, 24
FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Years for which clock changes and holidays are known; the last one excluded."""
LONGEST_SPAN = 36_600
"""Days between the first and the last count, at most."""
# A change as one number: the second from which it holds, and the offset from UTC moved to above zero.
_CODE, _ZERO = 1_000_000, 500_000


def days_between(ends: Lazy, before: int, after: int) -> Lazy:
    """One column `day`: every day from `first_day` - `before` to `last_day` + `after` of the one row of `ends`."""
    numbers = _numbers(ends.select("first_day", "last_day"), tuple(range(LONGEST_SPAN)), "number")
    day = nw.col("first_day") - before + nw.col("number")
    return numbers.with_columns(day.alias("day")).filter(nw.col("day") <= nw.col("last_day") + after).select("day")


def with_offsets(days: Lazy, zone: str) -> Lazy:
    """`days` (UTC) with `early` and `late`: the zone's clock at the first and at the last second of each, as codes."""
    codes = _numbers(days.select(nw.col("day").min().alias("any")), _changes(zone), "code").select("code")
    begins, code = nw.col("day") * DAY_SECONDS, nw.col("code")
    both = days.join(codes, how="cross").filter(code // _CODE < begins + DAY_SECONDS)
    early = nw.when(code // _CODE <= begins).then(code).max().alias("early")
    return settled(both.group_by("day").agg(early, code.max().alias("late")))


def local_second(second: nw.Expr) -> nw.Expr:
    """The local second of a UTC one, in a frame that has `early` and `late` of its UTC day."""
    early, late = nw.col("early"), nw.col("late")
    return second + nw.when(second >= late // _CODE).then(late % _CODE).otherwise(early % _CODE) - _ZERO


def hours_of(offsets: Lazy) -> Lazy:
    """Columns: hour (UTC), local_day, clock (0 to 23), place (1 for the first hour that begins in its local day)."""
    each = _numbers(offsets, tuple(range(HOURS)), "number")
    hours = each.with_columns((nw.col("day") * HOURS + nw.col("number")).alias("hour"))
    local = hours.with_columns(local_second(nw.col("hour") * HOUR).alias("local")).with_columns(
        (nw.col("local") // DAY_SECONDS).alias("local_day"), (nw.col("local") % DAY_SECONDS // HOUR).alias("clock")
    )
    place = nw.col("hour") - nw.col("hour").min().over("local_day") + 1
    return settled(local.select("hour", "local_day", "clock", place.alias("place")))


def local_day_at(hours: Lazy, seconds_later: int, offsets: Lazy, name: str) -> Lazy:
    """`hours` with the local day of the moment so many seconds after each hour's first one."""
    moment = hours.with_columns((nw.col("hour") * HOUR + seconds_later).alias("moment"))
    placed = moment.with_columns((nw.col("moment") // DAY_SECONDS).alias("day")).join(offsets, on="day")
    local = placed.with_columns((local_second(nw.col("moment")) // DAY_SECONDS).alias(name))
    return local.drop("moment", "day", "early", "late")


def with_holidays(frame: Lazy, day: str, country: str) -> Lazy:
    """`frame` with `holiday`, `holiday_before`, `holiday_after`: whether `day`, and those beside it, are holidays."""
    names = {"holiday": 0, "holiday_before": -1, "holiday_after": 1}
    known = holiday_numbers(country) if country else ()
    if not known:
        return frame.with_columns(nw.lit(0).cast(nw.Int64).alias(name) for name in names)
    listed = _numbers(frame.select(nw.col(day).min().alias("any")), known, "listed").select("listed")
    for name, shift in names.items():
        one = nw.lit(1).cast(nw.Int64).alias(name)
        marked = listed.select((nw.col("listed") - shift).alias(day), one)
        frame = frame.join(marked, on=day, how="left").with_columns(nw.col(name).fill_null(0))
    return frame


@cache
def holiday_numbers(country: str) -> tuple[int, ...]:
    """Ordinals of a country's public holidays, from 1970 on. Raises NotImplementedError for a country not known."""
    with warnings.catch_warnings():  # that of some countries fewer years are known
        warnings.simplefilter("ignore", UserWarning)
        known = holidays.country_holidays(country, years=range(FIRST_YEAR, LAST_YEAR))
    return tuple(sorted(day.toordinal() for day in known))


@cache
def _changes(zone: str) -> tuple[int, ...]:
    """The codes of every change of the zone's clock, and of how it stood in the beginning."""
    days = (date(LAST_YEAR, 1, 1) - date(FIRST_YEAR, 1, 1)).days
    begin = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    clock = ZoneInfo(zone)
    standing = _offset(begin, clock)
    codes = [standing + _ZERO]
    for number in range(days):
        end = begin + timedelta(days=number + 1)
        offset = _offset(end, clock)
        if offset != standing:
            codes.append(_second(_change(end, offset, clock)) * _CODE + offset + _ZERO)
            standing = offset
    return tuple(codes)


def _change(end: datetime, offset: int, clock: ZoneInfo) -> datetime:
    """The first minute of the day before `end` from which `offset` holds."""
    before, after = end - timedelta(days=1), end
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (before, middle) if _offset(middle, clock) == offset else (middle, after)
    return after


def _offset(moment: datetime, clock: ZoneInfo) -> int:
    shift = moment.astimezone(clock).utcoffset()
    assert shift is not None
    return int(shift.total_seconds())


def _second(moment: datetime) -> int:
    return moment.toordinal() * DAY_SECONDS + moment.hour * HOUR + moment.minute * 60


def _numbers(frame: Lazy, numbers: tuple[int, ...], name: str) -> Lazy:
    """Each row of `frame` once for each of `numbers`. As a list in a text: engines agree on how a text is split."""
    text = nw.lit(" ".join(str(number) for number in numbers))
    return frame.with_columns(text.str.split(" ").alias(name)).explode(name).with_columns(nw.col(name).cast(nw.Int64))
