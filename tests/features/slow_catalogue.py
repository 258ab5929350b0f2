"""catalogue.decay once more, slowly and obviously: a dictionary of days for each track, dates and loops."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median
from typing import Any

import numpy as np

Row = dict[str, Any]
DAY = timedelta(days=1)
BACK, WEEKS = range(1, 25), range(1, 9)


class Day:
    """What is known of one day of a track, and from which date on."""

    def __init__(self, streams: int, at_most: int, known_on: date, listed: bool) -> None:
        self.streams, self.at_most, self.known_on, self.listed = streams, at_most, known_on, listed


Days = dict[date, Day]


def slow_rows(raw: dict[str, list[Row]], settings: Any) -> dict[tuple[str, date, int], Row]:
    """(track_id, as_of, month_ahead) -> every feature, the label and what is beside it."""
    counts = [row | {"days": row.get("days") or 1, "cutoff": row.get("cutoff")} for row in raw["daily_streams"]]
    tracks = {row["track_id"]: row for row in raw.get("tracks", [])}
    catalogue = {track: days_of_track(track, counts) for track in {row["track_id"] for row in counts}}
    found = {}
    for as_of in origins(counts, settings):
        described = describe_all(as_of, counts, catalogue, tracks, raw, settings)
        for track, history in described.items():
            for ahead in range(1, settings.horizon_months + 1):
                first, last = month_ahead(as_of, ahead, settings)
                row = history | {"month_ahead": ahead, "season_to": middle(first, last).timetuple().tm_yday}
                longest = max(count["days"] for count in counts)
                row["label_known_at"] = last + (longest - 1) * DAY
                found[track, as_of, ahead] = row | label(catalogue.get(track, {}), first, last)
    return found


def origins(counts: list[Row], settings: Any) -> list[date]:
    """The first date of each month asked for from which the shortest of its counts leads into another month."""
    found = []
    for day in sorted({row["date"] for row in counts}):
        span = min(row["days"] for row in counts if row["date"] == day)
        due = (day.year * 12 + day.month) % settings.origin_every_months == 0
        is_first = not any((other.year, other.month) == (day.year, day.month) for other in found)
        if due and is_first and (day + span * DAY).month != day.month:
            found.append(day)
    return found


def days_of_track(track: str, counts: list[Row]) -> Days:
    """Each day that a count of the track covers, and each on which the source lists others but not the track."""
    own = {row["date"]: row for row in counts if row["track_id"] == track}
    days: Days = {}
    for date_of_list in sorted({row["date"] for row in counts}):
        others = [row for row in counts if row["date"] == date_of_list]
        cutoffs = [row["cutoff"] for row in others if row["cutoff"] is not None]
        if date_of_list in own:
            row = own[date_of_list]
            streams = spread(row["streams"], row["days"])
            fill(days, date_of_list, [Day(part, part, date_of_list, True) for part in streams])
        elif cutoffs and date_of_list > min(own):
            parts = spread(max(cutoffs), max(row["days"] for row in others))
            fill(days, date_of_list, [Day(0, part, date_of_list, False) for part in parts])
    return days


def spread(count: int, span: int) -> list[int]:
    """The count in `span` whole parts, the first i of which make the whole part of i/span of it."""
    return [count * (number + 1) // span - count * number // span for number in range(span)]


def fill(days: Days, last: date, parts: list[Day]) -> None:
    for number, part in enumerate(reversed(parts)):
        days.setdefault(last - number * DAY, part)


def describe_all(
    as_of: date, counts: list[Row], catalogue: dict[str, Days], tracks: dict[str, Row], raw: Any, settings: Any
) -> dict[str, Row]:
    """Each track that is a row at `as_of` with its features that do not depend on the month ahead."""
    artists, histories = {}, {}
    for track, days in catalogue.items():
        known = sorted(row["date"] for row in counts if row["track_id"] == track and row["date"] <= as_of)
        if known and known[-1] > as_of - settings.seen_within_days * DAY:
            first_day = min(day for day in days if days[day].listed)
            released = release_of(tracks.get(track), first_day, as_of)
            histories[track] = describe(days, first_day, released, as_of, settings)
            artists[track] = tracks[track]["artist_id"] if released else None
    if settings.min_seen_days:
        histories = {track: row for track, row in histories.items() if row["seen_days"] >= settings.min_seen_days}
    elif settings.new_days:
        counted_artists = {artist for track, artist in artists.items() if artist and track in histories}
        for track, row in tracks.items():
            first_known = min((count["date"] for count in counts if count["track_id"] == track), default=date.max)
            out = latest_release(row)
            is_new = as_of - settings.new_days * DAY < out <= as_of and first_known > as_of
            if is_new and row["artist_id"] in counted_artists:
                histories[track] = describe({}, None, out, as_of, settings)
                artists[track] = row["artist_id"]
    for track, row in histories.items():
        others = [
            other["back_1"]
            for name, other in histories.items()
            if name != track and artists[track] and artists[name] == artists[track] and other["back_1"] is not None
        ]
        every = [other["back_1"] for other in histories.values() if other["back_1"] is not None]
        row["artist_level"] = float(median(others)) if others else None
        row["catalogue_level"] = float(median(every)) if every else None
        row["cutoff_30"] = cutoff_30(counts, as_of)
        row["mldr"] = mldr(raw.get("artist_listeners", []), artists[track], as_of, settings.listener_months)
    return histories


def latest_release(row: Row) -> date:
    """The latest day that a release date of which perhaps only the month or year is known can mean."""
    released: date = row["release_date"]
    if row.get("release_precision") == "year":
        return date(released.year, 12, 31)
    return month_end(released) if row.get("release_precision") == "month" else released


def release_of(row: Row | None, first_day: date, as_of: date) -> date | None:
    """The day of the release as known at `as_of`; the first count's where the release date cannot be true."""
    return min(latest_release(row), first_day) if row and row["release_date"] <= as_of else None


def describe(days: Days, first_day: date | None, released: date | None, as_of: date, settings: Any) -> Row:
    """The features that a track's own counts and release give."""
    first, last = month_back(as_of, 1, settings)
    row: Row = {
        "age_days": (as_of - released).days if released else None,
        "seen_days": (as_of - first_day).days + 1 if first_day else 0,
        "season_from": middle(first, last).timetuple().tm_yday,
    }
    for number in BACK:
        row[f"back_{number}"] = streams(days, *month_back(as_of, number, settings), as_of)
    for number in WEEKS:
        end = as_of - 7 * (number - 1) * DAY
        row[f"week_{number}"] = streams(days, end - 6 * DAY, end, as_of)
    for length in (30, 90, 365):
        row[f"s{length}"] = streams(days, as_of - (length - 1) * DAY, as_of, as_of)
    for name, begin, end in (("early_2_3", 30, 90), ("early_4_12", 90, 360)):
        total = streams(days, released + begin * DAY, released + (end - 1) * DAY, as_of) if released else None
        row[name] = None if total is None else total / ((end - begin) // 30)
    return row


def streams(days: Days, first: date, last: date, as_of: date) -> int | None:
    """Streams from `first` to `last`, both included; None where a day of these is unknown at `as_of`."""
    total = 0
    for day in each_day(first, last):
        if day not in days or not days[day].listed or days[day].known_on > as_of or day > as_of:
            return None
        total += days[day].streams
    return total


def label(days: Days, first: date, last: date) -> Row:
    """What came in the month, at most and at least."""
    if any(day not in days for day in each_day(first, last)):
        return {"label": None, "label_low": None}
    month = [days[day] for day in each_day(first, last)]
    return {
        "label": sum(day.at_most for day in month),
        "label_low": sum(day.streams for day in month),
    }


def cutoff_30(counts: list[Row], as_of: date) -> int | None:
    """The cutoffs' shares of the last 30 days."""
    days: Days = {}
    for day in sorted({row["date"] for row in counts}):
        rows = [row for row in counts if row["date"] == day and row["cutoff"] is not None]
        if rows:
            parts = spread(max(row["cutoff"] for row in rows), max(row["days"] for row in rows))
            fill(days, day, [Day(part, part, day, True) for part in parts])
    return streams(days, as_of - 29 * DAY, as_of, as_of)


def mldr(listeners: list[Row], artist: str | None, as_of: date, months: int) -> float | None:
    """b of the best a * exp(-b * t), by trying ever finer rates; None with fewer than six months."""
    newest = as_of if as_of == month_end(as_of) else as_of.replace(day=1) - DAY
    values: dict[int, float] = {}
    for t in range(months):
        month = months_on(newest, t - months + 1)
        readings = [
            row["monthly_listeners"]
            for row in listeners
            if row["artist_id"] == artist and (row["date"].year, row["date"].month) == (month.year, month.month)
        ]
        if readings:
            values[t] = sum(readings) / len(readings)
    if len(values) < 6:
        return None
    low, high = np.percentile(list(values.values()), [25, 75])
    smooth = dict(values)
    for t, value in values.items():
        beside = [values[near] for near in (t - 1, t + 1) if near in values]
        if beside and not low - 1.5 * (high - low) <= value <= high + 1.5 * (high - low):
            smooth[t] = sum(beside) / len(beside)
    rates = np.arange(-0.5, 1.0001, 0.05)
    for step in (0.05, 0.005, 0.0005, 0.00005, 0.000005, 0.0000005):
        best = max(rates, key=lambda rate: explained(smooth, rate))
        rates = np.clip(best + np.arange(-10, 11) * step / 10, -0.5, 1.0)
    return float(best)


def explained(values: dict[int, float], rate: float) -> float:
    """The part of the sum of squares that a * exp(-rate * t) explains with the best a."""
    weights = {t: math.exp(-rate * t) for t in values}
    return sum(values[t] * weights[t] for t in values) ** 2 / sum(weight**2 for weight in weights.values())


def month_back(as_of: date, number: int, settings: Any) -> tuple[date, date]:
    """First and last day of the month `number` back."""
    if settings.months == "30 days":
        last = as_of - 30 * (number - 1) * DAY
        return last - 29 * DAY, last
    newest = as_of if as_of == month_end(as_of) else as_of.replace(day=1) - DAY
    last = month_end(months_on(newest, 1 - number))
    return last.replace(day=1), last


def month_ahead(as_of: date, number: int, settings: Any) -> tuple[date, date]:
    """First and last day of the month `number` ahead."""
    if settings.months == "30 days":
        return as_of + (30 * (number - 1) + 1) * DAY, as_of + 30 * number * DAY
    month = months_on(as_of, number)
    return month.replace(day=1), month_end(month)


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def months_on(day: date, count: int) -> date:
    """The first day of the month `count` months on (or back)."""
    number = day.year * 12 + day.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def middle(first: date, last: date) -> date:
    """The middle day, the earlier of two."""
    return first + (last - first).days // 2 * DAY


def each_day(first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included."""
    while first <= last:
        yield first
        first += DAY
