"""The columns of a track's history at an as_of, as the catalogue's features are called and its models read them.

A **month** is a step of 30 days, or a calendar month where params say so. Month 1 back is the last whole one before or
at as_of, month 1 ahead the first whole one after it.
"""

MONTHS_BACK = 24
WEEKS_BACK = 8

MONTH_AHEAD = "month_ahead"
"""Which month after as_of a row is about, from 1 on."""
AGE = "age_days"
"""Days from the release to as_of, or from the first count's day, where a release date later than that cannot be true;
missing where the release date is unknown."""
SEEN = "seen_days"
"""Days from the first known count to as_of, both included; 0 for a track without any."""
S30, S90, S365 = "s30", "s90", "s365"
"""Streams of the last 30, 90 and 365 days; missing where one of these days is unknown."""
BACK = tuple(f"back_{month}" for month in range(1, MONTHS_BACK + 1))
"""Streams of each month back; missing where the month is partial or a day of it is unknown."""
WEEKS = tuple(f"week_{week}" for week in range(1, WEEKS_BACK + 1))
"""Streams of the last 7 days, the 7 before, and so on; missing where a day is unknown."""
EARLY_2_3, EARLY_4_12 = "early_2_3", "early_4_12"
"""Mean streams a month in the track's 30-day months of age 2 to 3 and 4 to 12, counted from the release; missing
where these lie later than as_of or are not known whole."""
MLDR = "mldr"
"""The artist's monthly-listener decay rate (b of a * exp(-b * t), t in calendar months), known at as_of; missing where
fewer than six months of listeners are."""
ARTIST_LEVEL = "artist_level"
"""Median streams in month 1 back of the artist's other tracks."""
CATALOGUE_LEVEL = "catalogue_level"
"""Median streams in month 1 back of all tracks at the same as_of, of those that have it, the track's own among them."""
CUTOFF = "cutoff_30"
"""Most that a track absent from the source in the last 30 days can have had, in streams of these 30 days; missing where
the source lists all."""
SEASON_FROM, SEASON_TO = "season_from", "season_to"
"""Day of the year (1 to 366) in the middle of month 1 back, and in the middle of the month ahead."""

HISTORY = (
    AGE,
    SEEN,
    S30,
    S90,
    S365,
    *BACK,
    *WEEKS,
    EARLY_2_3,
    EARLY_4_12,
    MLDR,
    ARTIST_LEVEL,
    CATALOGUE_LEVEL,
    CUTOFF,
    SEASON_FROM,
)
"""What does not depend on the month ahead: one row a track at an as_of."""
COLUMNS = (MONTH_AHEAD, SEASON_TO, *HISTORY)
"""All features of catalogue.decay, all of them numbers."""
