"""audience.churn and audience.churn_reason once more, slowly and obviously: loops over sessions, dates, fractions."""

import math
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

from refrain.sessions import REASONS

Row = dict[str, Any]
Rows = dict[tuple[str, date], Row]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
BANDS = {"under 18": (0, 18), "18-24": (18, 25), "25-34": (25, 35), "35-44": (35, 45), "45-54": (45, 55)} | {
    "55-64": (55, 65),
    "65+": (65, 1000),
}


def slow_churn(events: list[Row], users: list[Row], shows: list[Row] | None, settings: Any) -> Rows:
    """(user, as_of) -> features, label and label_known_at of audience.churn."""
    rows = {}
    for user, as_of in eligible(events, users, settings):
        row = describe(user, as_of, events, users, shows)
        known_at = as_of + timedelta(days=settings.horizon_days)
        row["label_known_at"] = known_at
        stays = returns(user, as_of, known_at, events)
        row["label"] = int(not stays) if known_at < last_login(events) else None
        rows[user, as_of] = row
    return rows


def slow_reasons(events: list[Row], users: list[Row], shows: list[Row] | None, settings: Any) -> Rows:
    """(user, as_of) -> the same of audience.churn_reason."""
    rows = {}
    for user, as_of in eligible(events, users, settings):
        end = as_of + timedelta(days=settings.horizon_days)
        latest = end + timedelta(days=settings.reason_within_days)
        if returns(user, as_of, end, events):
            continue
        told = stated(user, as_of, latest, users)
        if told is None and latest < last_login(events):
            continue
        row = describe(user, as_of, events, users, shows)
        row["label_known_at"] = max(end, told[0]) if told else latest
        row["label"] = position(told[1], settings) if told and end < last_login(events) else None
        rows[user, as_of] = row
    return rows


def eligible(events: list[Row], users: list[Row], settings: Any) -> list[tuple[str, date]]:
    """Every user and as_of of which there may be a row."""
    first, last = min(row["login_time"].date() for row in events), last_login(events)
    found = []
    for as_of in (first + timedelta(days=day) for day in range(28, (last - first).days)):
        week = (as_of.toordinal() + 6 - WEEKDAYS.index(settings.week_ends) - 1) // 7
        if as_of.weekday() != WEEKDAYS.index(settings.week_ends) or week % settings.every_weeks:
            continue
        for user in sorted({row["user_id"] for row in events}):
            began = [row["login_time"].date() for row in known(user, as_of, events)]
            cancelled = (about(user, users) or {}).get("cancelled_at")
            gone = cancelled is not None and cancelled.date() <= as_of
            if any(day > as_of - timedelta(days=28) for day in began) and not gone:
                found.append((user, as_of))
    return found


def describe(user: str, as_of: date, events: list[Row], users: list[Row], shows: list[Row] | None) -> Row:
    """All features."""
    so_far = known(user, as_of, events)
    windows = {days: [row for row in so_far if ended(row) > as_of - timedelta(days=days)] for days in (7, 28)}
    week, month = windows[7], windows[28]
    back = [[row for row in so_far if 7 * place <= (as_of - ended(row)).days < 7 * place + 7] for place in range(1, 4)]
    row: Row = {}
    for days, sessions in windows.items():
        row |= {f"{name}_{days}": value for name, value in of_window(sessions).items()}
    ends = sorted({ended(session) for session in month})
    between, gaps = (ends[-1] - ends[0]).days, len(ends) - 1
    silent = (as_of - ends[-1]).days
    begun = min(ended(session) for session in so_far)
    entries = genres(month)
    person = about(user, users)
    if person is not None and person["registered_at"].date() > as_of:
        person = None
    liked = (person or {}).get("preferred_genre")
    row |= {
        **{f"sessions_back_{place}": len(sessions) for place, sessions in enumerate(back, 1)},
        "watch_trend": quotient(3 * seconds(week), seconds(month) - seconds(week)),
        "days_since_last": silent,
        "mean_gap": quotient(between, gaps),
        "silence": quotient(silent * gaps, between),
        "longest_gap": longest_gap(so_far, as_of),
        "rate": quotient(len(so_far), (as_of - begun).days + 1),
        "known_days": (as_of - begun).days,
        "missed": quotient(len(so_far) * silent, (as_of - begun).days + 1),
        "missed_28": quotient(len(month) * silent, 28 - silent),
        "decline_7": quotient(len(week) * ((as_of - begun).days + 1), 7 * len(so_far)),
        "decline_28": quotient(len(month) * ((as_of - begun).days + 1), 28 * len(so_far)),
        "buffering_so_far": of_window(so_far)["mean_buffering"],
        "buffering_trend": less(row["mean_buffering_7"], row["mean_buffering_28"]),
        "genre_diversity_28": quotient(
            len(entries) ** 2 - sum(entries.count(genre) ** 2 for genre in set(entries)), len(entries) ** 2
        ),
        "preferred_genre_share_28": None if liked is None else quotient(entries.count(liked), len(entries)),
        "releases_28": None if shows is None else released(entries, as_of, shows),
        "releases_before_28": None if shows is None else released(entries, as_of - timedelta(days=28), shows),
        "tenure_at_last": None if person is None else (ends[-1] - person["registered_at"].date()).days,
        "tenure_days": None if person is None else (as_of - person["registered_at"].date()).days,
        "subscription": None if person is None else person["subscription"],
        "country": None if person is None else person["country"],
        "age_band": None if person is None else age_band(person.get("age")),
    }
    return row


def of_window(sessions: list[Row]) -> Row:
    """The features that both windows have."""
    pauses, buffering, recommended = (
        [row[name] for row in sessions if row.get(name) is not None]
        for name in ("num_pauses", "buffer_events", "was_recommended")
    )
    return {
        "sessions": len(sessions),
        "active_days": len({ended(row) for row in sessions}),
        "watch_minutes": quotient(seconds(sessions), 60),
        "mean_minutes": quotient(seconds(sessions), 60 * len(sessions)),
        "median_pauses": median(pauses) if pauses else None,
        "median_buffering": median(buffering) if buffering else None,
        "mean_buffering": quotient(sum(buffering), len(buffering)),
        "recommended": quotient(sum(recommended), len(recommended)),
        "genres": len(set(genres(sessions))),
        "hour_spread": spread([row["login_time"].hour for row in sessions]),
    }


def known(user: str, as_of: date, events: list[Row]) -> list[Row]:
    """The user's sessions that ended before the day after as_of began."""
    return [row for row in events if row["user_id"] == user and ended(row) <= as_of]


def ended(session: Row) -> date:
    """The day in which the session's end lies."""
    moment: datetime = session["login_time"] + timedelta(seconds=seconds([session]))
    return moment.date()


def seconds(sessions: list[Row]) -> int:
    """Seconds watched."""
    return sum(math.floor((row.get("total_watch_time") or 0.0) * 60 + 0.5) for row in sessions)


def genres(sessions: list[Row]) -> list[str]:
    """All entries of the sessions' lists of genres."""
    return [genre for row in sessions for genre in (row.get("genres_watched") or "").split("|") if genre]


def returns(user: str, after: date, until: date, events: list[Row]) -> bool:
    """Whether a session begins after one day and not after the other."""
    return any(row["user_id"] == user and after < row["login_time"].date() <= until for row in events)


def last_login(events: list[Row]) -> date:
    """The day on which the record's last session begins."""
    return max(row["login_time"].date() for row in events)


def about(user: str, users: list[Row]) -> Row | None:
    """The user's own row."""
    return next((row for row in users if row["user_id"] == user), None)


def stated(user: str, as_of: date, latest: date, users: list[Row]) -> tuple[date, str] | None:
    """When the user said so in the days after as_of, and why; None without either."""
    person = about(user, users) or {}
    cancelled, reason = person.get("cancelled_at"), (person.get("churn_reason") or "").strip()
    return (cancelled.date(), reason) if cancelled and reason and as_of < cancelled.date() <= latest else None


def position(reason: str, settings: Any) -> int:
    """The number of the reason that the words stand for."""
    for number, name in enumerate(REASONS):
        if reason.lower() in [name, *(word.lower() for word in settings.reasons.get(name, ()))]:
            return number
    return REASONS.index("other")


def longest_gap(so_far: list[Row], as_of: date) -> int:
    """Days from the last session of a week to the first of the user's next week with any, at most."""
    days = sorted({ended(row) for row in so_far})
    gaps = [(later - day).days for day, later in pairwise(days)]
    weeks = [(as_of - day).days // 7 for day in days]
    return max((gap for gap, one, other in zip(gaps, weeks, weeks[1:], strict=False) if one != other), default=0)


def released(entries: list[str], as_of: date, shows: list[Row]) -> float | None:
    """Shows of an entry's genre released in the 28 days, mean over the entries."""
    start = datetime.combine(as_of, time()).date() - timedelta(days=28)
    new = [row.get("genre") for row in shows if row.get("released_at") and start < row["released_at"] <= as_of]
    return quotient(sum(new.count(genre) for genre in entries), len(entries))


def age_band(age: int | None) -> str | None:
    """The band that the age lies in."""
    return next((name for name, (low, high) in BANDS.items() if age is not None and low <= age < high), None)


def spread(hours: list[int]) -> float | None:
    """1 less the length of the mean of the hours' points on the circle."""
    if not hours:
        return None
    points = [complex(math.cos(hour * math.pi / 12), math.sin(hour * math.pi / 12)) for hour in hours]
    return 1 - abs(sum(points)) / len(points)


def quotient(top: int, bottom: int) -> float | None:
    """The float nearest to the fraction; None where there is none."""
    return float(Fraction(top, bottom)) if bottom else None


def less(one: float | None, other: float | None) -> float | None:
    """The difference, where both are known."""
    return None if one is None or other is None else one - other
