"""The features of audience.churn and audience.churn_reason (see features.churn), from what windows add up to."""

import narwhals as nw

from features.churn_users import ATTRIBUTES
from features.churn_weeks import WEEKS
from features.sessions import UNIT
from features.weeks import WEEKDAYS

DAY = "day"
"""The column with the ordinal of as_of."""
DAYS = WEEKS * len(WEEKDAYS)
"""Days of the longer window."""
_COUNTED = (
    "sessions",
    "seconds",
    "buffering",
    "buffering_known",
    "recommended",
    "recommended_known",
    "cosine",
    "sine",
)

NUMERIC = (
    "sessions_7",
    "sessions_28",
    "sessions_back_1",
    "sessions_back_2",
    "sessions_back_3",
    "active_days_7",
    "active_days_28",
    "watch_minutes_7",
    "watch_minutes_28",
    "mean_minutes_7",
    "mean_minutes_28",
    "watch_trend",
    "days_since_last",
    "mean_gap",
    "silence",
    "longest_gap",
    "rate",
    "missed",
    "missed_28",
    "decline_7",
    "decline_28",
    "known_days",
    "median_pauses_7",
    "median_pauses_28",
    "median_buffering_7",
    "median_buffering_28",
    "mean_buffering_7",
    "mean_buffering_28",
    "buffering_trend",
    "buffering_so_far",
    "recommended_7",
    "recommended_28",
    "genres_7",
    "genres_28",
    "genre_diversity_28",
    "preferred_genre_share_28",
    "releases_28",
    "releases_before_28",
    "hour_spread_7",
    "hour_spread_28",
    "tenure_days",
    "tenure_at_last",
)
COUNTS = frozenset(
    {
        *(f"{name}_{window}" for name in ("sessions", "active_days", "genres") for window in ("7", "28")),
        *(f"sessions_back_{place}" for place in range(1, WEEKS)),
        *("days_since_last", "longest_gap", "known_days", "tenure_days", "tenure_at_last"),
    }
)
"""Those of NUMERIC that are whole numbers."""
CATEGORICAL = ATTRIBUTES


def feature_columns() -> list[nw.Expr]:
    """The features of windows joined to their medians, tastes and users; `DAY` is the ordinal of as_of."""
    sessions, day, known = nw.col("sessions_28"), nw.col(DAY), nw.col("registered") <= nw.col(DAY)
    # Not the constant: Polars divides by one through its inverse, which changes the last bit.
    minute = sessions * 0 + 60
    active, since = nw.col("active_days_28"), day - nw.col("last_day")
    between, gaps = nw.col("last_day") - nw.col("first_day"), active - 1
    seconds, before = nw.col("seconds_7"), nw.col("seconds_28") - nw.col("seconds_7")
    entries, stated = nw.col("entries"), ~nw.col("preferred_genre").is_null()
    known_days, so_far = day - nw.col("begun"), nw.col("so_far")
    both: dict[str, nw.Expr] = {}
    for window in ("7", "28"):
        of = {name: nw.col(f"{name}_{window}") for name in _COUNTED}
        both |= {
            f"watch_minutes_{window}": of["seconds"] / minute,
            f"mean_minutes_{window}": _quotient(of["seconds"], of["sessions"] * 60),
            f"mean_buffering_{window}": _quotient(of["buffering"], of["buffering_known"]),
            f"recommended_{window}": _quotient(of["recommended"], of["recommended_known"]),
            f"hour_spread_{window}": _spread(of["cosine"], of["sine"], of["sessions"]),
            f"genres_{window}": nw.col(f"genres_{window}").fill_null(0),
        }
    single = {
        "watch_trend": _quotient(seconds * 3, before),
        "days_since_last": since,
        "mean_gap": _quotient(between, gaps),
        "silence": _quotient(since * gaps, between),
        "rate": so_far / (known_days + 1),
        "missed": so_far * since / (known_days + 1),
        "missed_28": sessions * since / (DAYS - since),
        "decline_7": nw.col("sessions_7") * (known_days + 1) / (so_far * 7),
        "decline_28": sessions * (known_days + 1) / (so_far * DAYS),
        "known_days": known_days,
        "buffering_so_far": _quotient(nw.col("buffering_so_far"), nw.col("buffering_known_so_far")),
        "buffering_trend": both["mean_buffering_7"] - both["mean_buffering_28"],
        "genre_diversity_28": _quotient(entries * entries - nw.col("squares"), entries * entries),
        "preferred_genre_share_28": nw.when(known & stated).then(_quotient(nw.col("preferred"), entries)),
        "releases_28": _quotient(nw.col("releases"), entries),
        "releases_before_28": _quotient(nw.col("releases_before"), entries),
        "tenure_days": nw.when(known).then(day - nw.col("registered")),
        "tenure_at_last": nw.when(known).then(nw.col("last_day") - nw.col("registered")),
        **{name: nw.when(known).then(nw.col(name)) for name in ATTRIBUTES},
    }
    return [value.alias(name) for name, value in (both | single).items()]


def _quotient(top: nw.Expr, bottom: nw.Expr) -> nw.Expr:
    return nw.when(bottom > 0).then(top / bottom)


def _spread(cosine: nw.Expr, sine: nw.Expr, sessions: nw.Expr) -> nw.Expr:
    """1 less the length of the mean of points on the circle; null of none."""
    across, up = cosine.cast(nw.Float64), sine.cast(nw.Float64)
    spread = 1 - (across * across + up * up).sqrt() / (sessions * UNIT)
    return nw.when(sessions > 0).then(nw.when(spread > 0).then(spread).otherwise(0.0))
