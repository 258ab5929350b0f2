"""The columns of a track's last days at an as_of, as the features of streams are called and its models read them."""

WEEK = 7
"""Days of a streaming week, and of what is forecast."""


def days_back(days: int) -> tuple[str, ...]:
    """`day_0`, the streams on as_of itself, `day_1`, those of the day before, and so on; missing where not known."""
    return tuple(f"day_{back}" for back in range(days))


WEEKDAY = "weekday"
"""Weekday of as_of, 1 for Monday to 7 for Sunday."""
AGE = "days_since_release"
"""Days from the release to as_of, 0 on the day itself; missing where the release date is not known to the day."""
SEEN = "days_since_first_count"
"""Days from the track's first count above zero to as_of; missing where that is where the whole record begins."""
HIGHEST_DAY = "highest_day"
"""Most streams on a day up to as_of."""
HIGHEST_WEEK = "highest_week"
"""Most streams in the 7 days up to as_of or up to as_of less any number of weeks; missing where none is known whole."""
COUNTED = "days_counted"
"""Days with a count up to as_of."""
CUTOFF = "cutoff"
"""Lowest count that a censored source listed on as_of; missing where the source lists every track."""
CATALOGUE_RATIO = "catalogue_ratio"
"""Streams of the last 7 days over those of the 7 before, of all tracks whose 14 days are known."""
CATALOGUE_DAYS = tuple(f"catalogue_{day}" for day in days_back(WEEK))
"""Streams on each of the last 7 days over their mean, of all tracks whose 7 days are known."""
POPULARITY = "popularity"
"""The last dated reading of popularity (0-100) up to as_of. Never that of `tracks`, which is read later."""
SOCIAL_METRICS = ("followers", "listeners", "views", "posts")
"""Metrics of `socials` that are read, besides popularity."""
SOCIAL_LEVELS = tuple(f"social_{metric}" for metric in SOCIAL_METRICS)
"""Last readings up to as_of, none older than 28 days, summed over platforms."""
SOCIAL_SPANS = (1, 4)
"""Weeks over which growth is measured."""
SOCIAL_GROWTH = {weeks: tuple(f"{level}_growth_{weeks * WEEK}d" for level in SOCIAL_LEVELS) for weeks in SOCIAL_SPANS}
"""That over the same sum so many weeks before, over the platforms that have both."""
SOCIALS = (*SOCIAL_LEVELS, *(name for of_span in SOCIAL_GROWTH.values() for name in of_span))

CONTEXT = (
    POPULARITY,
    AGE,
    SEEN,
    HIGHEST_DAY,
    HIGHEST_WEEK,
    COUNTED,
    WEEKDAY,
    CUTOFF,
    CATALOGUE_RATIO,
    *CATALOGUE_DAYS,
    *SOCIALS,
)
"""What stands beside the days."""
