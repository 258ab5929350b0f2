"""The fields of a user at the end of a week (see features.churn)."""

from serving.predictions.fields.kinds import Day, Number, RecordFields, Text

_COUNT, _DAYS, _MINUTES = 1e6, 100_000, 1e6
_WINDOWS = {"7": "the last 7 days", "28": "the last 28 days"}
_OF_A_WINDOW = {
    "sessions": ("sessions", _COUNT),
    "active_days": ("days with a session", 28),
    "watch_minutes": ("minutes watched", _MINUTES),
    "mean_minutes": ("minutes watched a session", _MINUTES),
    "decline": ("sessions a day over rate", _COUNT),
    "median_pauses": ("median pauses of a session", _COUNT),
    "median_buffering": ("median interruptions by buffering of a session", _COUNT),
    "mean_buffering": ("mean interruptions by buffering of a session", _COUNT),
    "recommended": ("share of the sessions that began with a recommendation", 1),
    "genres": ("different genres watched", _COUNT),
    "hour_spread": ("how far sessions spread around the clock, 0 for one hour to 1 for all of them", 1),
}
_BOTH = {
    f"{name}_{window}": Number(f"{about}, of {when}", 0, most)
    for name, (about, most) in _OF_A_WINDOW.items()
    for window, when in _WINDOWS.items()
}
_SINGLE = {
    "sessions_back_1": Number("sessions of the week before the last", 0, _COUNT),
    "sessions_back_2": Number("sessions of the week 2 weeks before the last", 0, _COUNT),
    "sessions_back_3": Number("sessions of the week 3 weeks before the last", 0, _COUNT),
    "watch_trend": Number("minutes a day of the last 7 days over those of the 21 before", 0, _MINUTES),
    "days_since_last": Number("days from the last session's to as_of", 0, _DAYS),
    "mean_gap": Number("mean days from one day with a session to the next", 0, _DAYS),
    "silence": Number("days_since_last over mean_gap", 0, _DAYS),
    "longest_gap": Number("most days from the last session of a week to the first of the next with any", 0, _DAYS),
    "rate": Number("sessions a day since the first one", 0, _COUNT),
    "missed": Number("sessions that days_since_last would have had at that rate", 0, _COUNT),
    "missed_28": Number("the same at the rate of the 28 days up to the last session", 0, _COUNT),
    "known_days": Number("days since the first session", 0, _DAYS),
    "buffering_trend": Number("mean_buffering_7 less mean_buffering_28", -_COUNT, _COUNT),
    "buffering_so_far": Number("mean interruptions by buffering of all sessions so far", 0, _COUNT),
    "genre_diversity_28": Number("chance that two entries watched, drawn at random, differ in genre", 0, 1),
    "preferred_genre_share_28": Number("share of the user's preferred genre in what was watched", 0, 1),
    "releases_28": Number("shows of a watched genre released in the last 28 days, mean over the entries", 0, _COUNT),
    "releases_before_28": Number("the same of the 28 days before these", 0, _COUNT),
    "tenure_days": Number("days since registering", 0, _DAYS),
    "tenure_at_last": Number("days from registering to the last session", -_DAYS, _DAYS),
}
_EXAMPLE = {
    "user_id": "u-1042",
    "sessions_28": 6,
    "sessions_7": 1,
    "days_since_last": 5,
    "watch_minutes_28": 310.5,
    "mean_buffering_28": 1.5,
    "tenure_days": 210,
    "subscription": "basic",
    "country": "DE",
}

CHURN_FIELDS = RecordFields(
    numbers={**_BOTH, **_SINGLE},
    words={
        "subscription": Text("the subscription, as stated on registering"),
        "age_band": Text("the band of ages: under 18, 18-24, 25-34, 35-44, 45-54, 55-64 or 65+"),
        "country": Text("the country, as stated on registering"),
    },
    passed={
        "user_id": Text("the user, who comes back with the answer"),
        "as_of": Day("the last day that is known; it comes back with the answer"),
    },
    required=("sessions_28", "days_since_last"),
    example=_EXAMPLE,
)
