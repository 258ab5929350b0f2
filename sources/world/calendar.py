"""Days and months as whole numbers since 1970, and the seasons."""

from datetime import date

import numpy as np

from sources.world.arrays import Floats, Ints

SECONDS_A_DAY = 86_400
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def month_number(day: date) -> int:
    """Months since 1970-01."""
    return (day.year - 1970) * 12 + day.month - 1


def month_of(days: Ints) -> Ints:
    """Month number of each day number."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_day(months: Ints) -> Ints:
    """Day number of the first day of each month."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def first_day_of_year(days: Ints) -> Ints:
    """Day number of 1 January of each day's year."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)


def month_of_year(months: Ints) -> Ints:
    """0 for January to 11 for December."""
    return months % 12


def weekday(days: Ints) -> Ints:
    """0 for Monday to 6 for Sunday."""
    return (days + 3) % 7


# Listening rises towards the end of the year and dips in July and August.
_MONTH_FACTOR = np.array([0.97, 0.96, 1.0, 1.01, 1.02, 0.99, 0.91, 0.92, 1.0, 1.04, 1.07, 1.11])


def month_factor(months: Ints) -> Floats:
    """How much is listened to in each month, relative to the mean month."""
    return _MONTH_FACTOR[month_of_year(months)]


def day_factor(days: Ints) -> Floats:
    """The same by day, without steps between months: a smooth curve through the middles of the months."""
    months = month_of(days)
    length = first_day(months + 1) - first_day(months)
    place = (days - first_day(months) + 0.5) / length - 0.5
    here, before, after = (_MONTH_FACTOR[(months + shift) % 12] for shift in (0, -1, 1))
    factor: Floats = np.where(place < 0, here + (here - before) * place, here + (after - here) * place)
    return factor
