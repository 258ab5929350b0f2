"""hits.hit once more, slowly and obviously: for each track, a loop over all tracks."""

import calendar
import math
from datetime import date, timedelta
from typing import Any

from features.hits import COMPARED

Row = dict[str, Any]


def slow_rows(tracks: list[Row], songs: dict[str, str], settings: Any, only: set[str] | None = None) -> dict[str, Row]:
    """track_id -> its row without what the title says. `songs` gives each title's song name; `only`, the ids to do."""
    return {
        track["track_id"]: describe(track, tracks, songs, settings)
        for track in tracks
        if only is None or track["track_id"] in only
    }


def describe(track: Row, tracks: list[Row], songs: dict[str, str], settings: Any) -> Row:
    """One track's row."""
    as_of, precision = earliest(track), track.get("release_precision") or "day"
    before = [other for other in tracks if latest(other) < as_of]
    own = [other for other in before if other["artist_id"] == track["artist_id"]]
    same_song = [other for other in before if songs[other["title"]] == songs[track["title"]]]
    own_same_song = [other for other in same_song if other["artist_id"] == track["artist_id"]]
    to_the_day, together, song = precision == "day", same_day(track, tracks), songs[track["title"]]
    popularity = track.get("popularity")
    means = {name: mean([other.get(name) for other in own]) for name in COMPARED}
    return {
        "artist_id": track["artist_id"],
        "as_of": as_of,
        "label_known_at": latest(track) + timedelta(days=settings.horizon_days),
        "label": None if popularity is None else int(popularity >= settings.threshold),
        "release_year": as_of.year,
        "release_month": None if precision == "year" else as_of.month,
        "release_day_of_month": as_of.day if to_the_day else None,
        "release_weekday": as_of.isoweekday() if to_the_day else None,
        "release_day": as_of.toordinal() if to_the_day else None,
        "same_day_tracks": len(together) if to_the_day else None,
        "same_day_tracks_in_genre": (
            sum(other["genre"] == track["genre"] for other in together) if to_the_day and track.get("genre") else None
        ),
        "same_day_versions": sum(songs[other["title"]] == song for other in together) if to_the_day else None,
        "artist_earlier_tracks": len(own),
        "artist_earlier_release_days": len({latest(other) for other in own}),
        "artist_tracks_last_365_days": sum(latest(other) >= as_of - timedelta(days=365) for other in own),
        "artist_earlier_genres": len({other["genre"] for other in own if other.get("genre")}),
        "artist_earlier_tracks_in_genre": sum(
            other["genre"] == track["genre"] for other in own if track.get("genre") is not None
        ),
        "artist_same_song_earlier": len(own_same_song),
        "others_same_song_earlier": len(same_song) - len(own_same_song),
        "days_since_last_release": days_since(as_of, own, max) if to_the_day else None,
        "days_since_first_release": days_since(as_of, own, min) if to_the_day else None,
        "days_since_same_song": days_since(as_of, own_same_song, max) if to_the_day else None,
        **{f"artist_mean_{name}": value for name, value in means.items()},
    }


def earliest(track: Row) -> date:
    """The first day on which the track can have come out."""
    released: date = track["release_date"]
    match track.get("release_precision"):
        case "year":
            return date(released.year, 1, 1)
        case "month":
            return date(released.year, released.month, 1)
    return released


def latest(track: Row) -> date:
    """The last such day."""
    released: date = track["release_date"]
    match track.get("release_precision"):
        case "year":
            return date(released.year, 12, 31)
        case "month":
            return date(released.year, released.month, calendar.monthrange(released.year, released.month)[1])
    return released


def same_day(track: Row, tracks: list[Row]) -> list[Row]:
    """Tracks of the artist that are known to come out on the track's day, itself among them."""
    return [
        other
        for other in tracks
        if other["artist_id"] == track["artist_id"] and earliest(other) == latest(other) == earliest(track)
    ]


def days_since(as_of: date, tracks: list[Row], choose: Any) -> int | None:
    """Days from the last (max) or first (min) of the tracks."""
    return (as_of - choose(latest(other) for other in tracks)).days if tracks else None


def mean(values: list[float | None]) -> float | None:
    """The mean of those that are there."""
    there = [value for value in values if value is not None]
    return math.fsum(there) / len(there) if there else None
