"""streams.one_week and streams.three_week once more, slowly and obviously: dictionaries of dates, one row at a time."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
Counts = dict[str, dict[date, int]]
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def slow_rows(
    raw: dict[str, list[Row]], settings: Any, weeks_back: int, week_ahead: int
) -> dict[tuple[str, date], Row]:
    """(track_id, as_of) -> every feature, the label and label_known_at."""
    daily = [row for row in raw["daily_streams"] if row.get("days") in (None, 1)]
    counts: Counts = {}
    for row in daily:
        of_track = counts.setdefault(row["track_id"], {})
        of_track[row["date"]] = max(row["streams"], of_track.get(row["date"], 0))
    rows = {}
    for as_of in sorted({row["date"] for row in daily}):
        if settings.week_ends not in ("any", NAMES[as_of.weekday()]):
            continue
        shared = of_catalogue(counts, as_of)
        shared["cutoff"] = max(
            (row["cutoff"] for row in daily if row["date"] == as_of and row.get("cutoff")), default=None
        )
        for track in counts:
            row = described(track, counts, raw, as_of, settings.min_days, weeks_back)
            if row is not None:
                rows[track, as_of] = {
                    **row,
                    **shared,
                    **socials_of(track, raw.get("socials", []), as_of),
                    "weekday": as_of.isoweekday(),
                    "label": whole_week(counts[track], as_of + timedelta(days=7 * week_ahead)),
                    "label_known_at": as_of + timedelta(days=7 * week_ahead),
                }
    return rows


def described(
    track: str, counts: Counts, raw: dict[str, list[Row]], as_of: date, min_days: int, weeks_back: int
) -> Row | None:
    own = counts[track]
    window = [own.get(as_of - timedelta(days=back)) for back in range(7 * weeks_back)]
    if sum(count is not None for count in window) < min_days or set(window[:7]) == {None}:
        return None
    released = next(
        (
            row["release_date"]
            for row in raw.get("tracks", [])
            if row["track_id"] == track and (row.get("release_precision") or "day") == "day"
        ),
        None,
    )
    heard = [day for day, count in own.items() if count > 0 and day <= as_of]
    begun = [*([released] if released and released <= as_of else []), *([min(heard)] if heard else [])]
    if not begun:
        return None
    totals = [whole_week(own, as_of - timedelta(days=7 * ago)) for ago in range(30)]  # the record is no longer
    record = min(day for of_one in counts.values() for day, count in of_one.items() if count > 0)
    return {
        **{f"day_{back}": count for back, count in enumerate(window)},
        "days_since_release": (as_of - min(begun)).days if released and released <= as_of else None,
        "highest_day": max(count for day, count in own.items() if day <= as_of),
        "highest_week": max((total for total in totals if total), default=None),
        "days_counted": sum(day <= as_of for day in own),
        "days_since_first_count": (as_of - min(heard)).days if heard and min(heard) > record else None,
    }


def whole_week(own: dict[date, int], end: date) -> int | None:
    days = [own.get(end - timedelta(days=back)) for back in range(7)]
    return None if None in days else sum(days)


def of_catalogue(counts: Counts, as_of: date) -> Row:
    this, last = ([as_of - timedelta(days=7 * week + back) for back in range(7)] for week in (0, 1))
    whole = [own for own in counts.values() if all(day in own for day in this)]
    both = [own for own in whole if all(day in own for day in last)]
    total = sum_of(whole, this)
    before = sum_of(both, last)
    return {
        "catalogue_ratio": sum_of(both, this) / before if before else None,
        **{
            f"catalogue_day_{back}": sum_of(whole, [day]) * 7 / total if total else None
            for back, day in enumerate(this)
        },
    }


def sum_of(tracks: Iterable[dict[date, int]], days: list[date]) -> int:
    return sum(own[day] for own in tracks for day in days)


def socials_of(track: str, readings: list[Row], as_of: date) -> Row:
    series: dict[tuple[str, str], dict[date, int]] = {}
    for row in readings:
        if row["track_id"] == track:
            of_one = series.setdefault((row["metric"].lower(), row["platform"]), {})
            of_one[row["date"]] = int(row["value"] + 0.5)

    def standing(metric: str, weeks_ago: int) -> dict[str, int]:
        found = {}
        for (of_metric, platform), of_one in series.items():
            end = as_of - timedelta(days=7 * weeks_ago)
            last = max((day for day in of_one if day <= end), default=None)
            if of_metric == metric and last is not None and (end - last).days < 28:
                found[platform] = of_one[last]
        return found

    said: Row = {"popularity": max(standing("popularity", 0).values(), default=None)}
    for metric in ("followers", "listeners", "views", "posts"):
        now = standing(metric, 0)
        said[f"social_{metric}"] = sum(now.values()) if now else None
        for weeks in (1, 4):
            before = standing(metric, weeks)
            both = set(now) & set(before)
            base = sum(before[platform] for platform in both)
            growth = sum(now[platform] for platform in both) / base if base else None
            said[f"social_{metric}_growth_{7 * weeks}d"] = growth
    return said
