"""The fields of a month of a listener with an artist (see features.breakout)."""

from serving.predictions.fields.kinds import Day, Number, RecordFields, Text

_PLAYS, _MONTHS = 1e9, 10_000

BREAKOUT_FIELDS = RecordFields(
    numbers={
        "plays_t": Number("the listener's plays of the artist in the month", 0, _PLAYS),
        "share_t": Number("plays_t over the listener's plays of all artists in the month", 0, 1),
        "total_monthly_scrobbles": Number("the listener's plays of all artists in the month", 0, _PLAYS),
        "months_since_first_seen": Number("months since that of the first play of the artist", 0, _MONTHS),
        "is_first_month": Number("1 in the month of the first play of the artist, else 0", 0, 1),
        "active_months_count_before_t": Number("earlier months with a play of the artist", 0, _MONTHS),
        "cumulative_plays_before_t": Number("plays of the artist before the month", 0, _PLAYS),
        "days_active_t": Number("days of the month with a play of the artist", 0, 31),
        "plays_per_track_t": Number("plays_t over the different tracks of the artist that were played", 0, _PLAYS),
        "track_novelty_rate_t": Number("share of those tracks that the listener had never played before", 0, 1),
        "last_play_gap_days_t": Number("days from the month's last play of the artist to its end", 0, 31),
        "plays_t_minus_1": Number("plays of the artist in the month before", 0, _PLAYS),
        "plays_prev3_mean": Number("mean monthly plays of the artist in the 3 months before", 0, _PLAYS),
        "delta_1m": Number("plays_t less plays_t_minus_1", -_PLAYS, _PLAYS),
        "delta_1m_pct": Number("that over plays_t_minus_1; null where that is 0", -1, _PLAYS),
        "ratio_to_prev3": Number("plays_t over plays_prev3_mean; null where that is 0", 0, _PLAYS),
        "trend_slope_3m": Number("slope of the line through the plays of the last 3 months", -_PLAYS, _PLAYS),
        "share_delta_1m": Number("share_t less the share of the month before", -1, 1),
        "prev_month_plays_was_zero": Number("1 if plays_t_minus_1 is 0, else 0", 0, 1),
    },
    passed={
        "listener": Text("the listener, who comes back with the answer"),
        "artist": Text("the artist, who comes back with the answer as artist_name", 500),
        "artist_name": Text("the same by its other name: one of the two is enough", 500),
        "month": Day("the month that is looked back on; it comes back with the answer", month=True),
        "as_of": Day("its last day; it comes back with the answer"),
    },
    required=("plays_t", "share_t"),
    example={
        "artist_name": "Four Tet",
        "month": "2026-05",
        "plays_t": 9,
        "share_t": 0.006,
        "total_monthly_scrobbles": 1500,
        "months_since_first_seen": 1,
        "days_active_t": 4,
        "plays_t_minus_1": 3,
        "plays_prev3_mean": 1.0,
    },
)
