"""The columns of audience.hourly, by what a model makes of them.

A row is an hour ahead of the end of a day, both in the platform's time zone. Counts are users active in an hour.
"""

HOURS_AHEAD = "hours_ahead"
"""Which hour after local midnight: 1 is the first. A day of 25 hours has a 25th."""
CLOCK = "hour_of_day"
"""What the local clock says in that hour, 0 to 23."""
DAY_OF_WEEK = "day_of_week"
"""1 for Monday to 7 for Sunday."""
HOUR_OF_WEEK = "hour_of_week"
"""0 for the first hour of Monday to 167."""
DAY_OF_YEAR = "day_of_year"
HOLIDAY, HOLIDAY_BEFORE, HOLIDAY_AFTER = "holiday", "holiday_before", "holiday_after"
"""1 where that day, the day before it, the day after it is a public holiday, else 0."""
WEEKEND = "weekend"
CALENDAR = (
    HOURS_AHEAD,
    CLOCK,
    DAY_OF_WEEK,
    HOUR_OF_WEEK,
    WEEKEND,
    HOLIDAY,
    HOLIDAY_BEFORE,
    HOLIDAY_AFTER,
    DAY_OF_YEAR,
)
"""What is known of an hour without any count."""

WEEKS_AGO = tuple(f"weeks_ago_{number}" for number in range(1, 5))
"""Users at the same local hour 7, 14, 21 and 28 days before."""
DAYS_AGO = tuple(f"days_ago_{number}" for number in range(1, 7))
"""Users at the same local hour 1 to 6 days before, as known at as_of."""
USUAL = "usual"
"""The mean of those of WEEKS_AGO that are known."""
HOUR_OF_WEEK_MEAN = "hour_of_week_mean"
"""The mean of all counts before, of the same local hour and weekday."""
DAY_HOUR_MEAN = "hour_of_day_mean"
"""The mean at the same local hour over 28 days."""
SUNDAYS = "usual_sunday"
"""What USUAL is for this hour on a Sunday: holidays are like Sundays."""
USUAL_DAY_AGO, USUAL_WEEK_AGO = "usual_day_ago", "usual_week_ago"
"""What USUAL was for the same local hour 1 and 7 days before: what those hours' counts are held against."""
LAST_HOURS = tuple(f"last_hour_{number}" for number in range(1, 4))
"""Users in the last three hours of as_of, the last one first."""
LAST_DAY, LAST_WEEK, LAST_MONTH, ALL_MEAN = "mean_1d", "mean_7d", "mean_28d", "mean_all"
"""Mean users an hour over the last 1, 7 and 28 days, and over all that is known."""
COUNTS = (
    *WEEKS_AGO,
    *DAYS_AGO,
    USUAL,
    HOUR_OF_WEEK_MEAN,
    DAY_HOUR_MEAN,
    SUNDAYS,
    USUAL_DAY_AGO,
    USUAL_WEEK_AGO,
    *LAST_HOURS,
    LAST_DAY,
    LAST_WEEK,
    LAST_MONTH,
    ALL_MEAN,
)
"""Users an hour."""

LEVEL_HOURS = (1, 3, 6)
LEVEL_DAYS = (1, 2, 3, 7, 14, 28)
LEVELS = (*(f"level_{hours}h" for hours in LEVEL_HOURS), *(f"level_{days}d" for days in LEVEL_DAYS))
"""Users of the last hours and days of as_of over what was usual for these very hours."""
LEVEL_DAY, LEVEL_WEEK = "level_1d", "level_7d"
WEEK_OVER_WEEK = "week_over_week"
"""Users of the last seven days over those of the seven days before."""
RATIOS = (*LEVELS, WEEK_OVER_WEEK)

COLUMNS = (*CALENDAR, *COUNTS, *RATIOS)
"""All features."""
SEASONAL_ERROR = "seasonal_error"
"""Mean distance of a count from that of 24 hours before, over all hours known at as_of."""
