"""Small files that keep every contract, and what they are held against."""

from datetime import date

import polars as pl
import pytest

from contracts.registry import find_contract
from refrain.datasets import DATASETS
from refrain.settings import DatasetSettings

RECEIVED_ON = date(2024, 6, 30)

_TRACKS = {
    "track_id": ["t1", "t2", "t3", "t4"],
    "artist_id": ["a1", "a1", "a2", "a3"],
    "title": ["One", "Two", "Three, or so", "Four"],
    "artist": ["Ann", "Ann", "Ben", "Cleo"],
    "release_date": ["2024-06-21", "2020-01-01", "2019-01-01", "1971-05-01"],
    "release_precision": ["day", "year", None, "month"],
    "popularity": ["0", "100", None, "61.5"],
    "danceability": ["0", "1", "0.5", "0.25"],
    "energy": ["0", "1", "0.5", "0.25"],
    "valence": ["0", "1", "0.5", "0.25"],
    "tempo": ["0", "120.5", "99", "205"],
    "key": ["-1", "0", "11", None],
    "loudness": ["-60", "0", "1.2", None],
    "mode": ["0", "1", "1", None],
    "speechiness": ["0", "1", "0.5", None],
    "acousticness": ["0", "1", "0.5", None],
    "instrumentalness": ["0", "1", "0.5", None],
    "liveness": ["0", "1", "0.5", None],
    "duration_ms": ["4000", "180000", "517810", None],
    "genre": ["pop", "rock", None, "rap"],
}
_SCROBBLES = {
    "played_at": ["2024-06-30T23:59:59Z", "2024-06-29T00:00:00Z", "2024-06-29T00:00:00Z", "2005-02-13T08:00:00Z"],
    "artist": ["Ann", "Ben", "Ben", "Cleo"],
    "track": ["One", "Three", "Three", "Four"],
    "album": ["First", None, None, "Fourth"],
    "listener": ["l1", "l1", "l2", None],
}
_DAILY_STREAMS = {
    "track_id": ["t1", "t1", "t2", "t4"],
    "date": ["2024-06-30", "2024-06-29", "2024-06-30", "2024-06-28"],
    "streams": ["0", "12", "900000000", "7"],
    "days": ["1", "1", "31", None],
    "cutoff": [None, "12", "1", None],
}
_ARTIST_LISTENERS = {
    "artist_id": ["a1", "a1", "a2", "a3"],
    "date": ["2024-06-30", "2024-06-29", "2024-06-30", "2024-06-28"],
    "monthly_listeners": ["0", "12", "90000000", "7"],
}
_SOCIALS = {
    "track_id": ["t1", "t1", "t1", "t4"],
    "date": ["2024-06-30", "2024-06-30", "2024-06-29", "2024-06-28"],
    "platform": ["tiktok", "tiktok", "tiktok", "instagram"],
    "metric": ["posts", "views", "posts", "followers"],
    "value": ["0", "12.5", "90000000", "7"],
}
_USERS = {
    "user_id": ["u1", "u2", "u3@home", "u4"],
    "registered_at": ["2024-06-30T23:59:59Z", "2024-06-01T00:00:00Z", "2020-02-29T12:00:00Z", "1996-01-01T00:00:00Z"],
    "age": ["5", "120", "33", None],
    "country": ["DE", "DE", "BR", "US"],
    "preferred_genre": ["drama", "drama", None, "sport"],
    "subscription": ["free", "basic", "basic", "premium"],
    "cancelled_at": ["2024-06-30T23:59:59Z", None, "2024-06-30T00:00:00Z", "2020-01-01T00:00:00Z"],
    "churn_reason": ["price", None, None, "moved @ last"],
}
_SHOWS = {
    "show_id": ["s1", "s2", "s3", "s4"],
    "title": ["One", "Two", "Three, or so", "Four"],
    "genre": ["drama", "drama", None, "sport"],
    "duration_min": ["0.5", "90", None, "100000"],
    "released_at": ["2030-01-01", "1920-05-04", None, "2024-01-01"],
    "rating": ["0", "10", None, "7.25"],
}
_EVENTS = {
    "user_id": ["u1", "u2", "u2", "u4"],
    "login_time": ["2024-06-30T23:59:59Z", "2024-06-02T00:00:00Z", "2024-06-02T00:00:00Z", "1996-02-01T08:00:00Z"],
    "content_watched": ["s1|s1|s2", "s3", "s4", None],
    "genres_watched": ["drama|a sport", "drama", None, "a|b"],
    "total_watch_time": ["0", "1440", "33.25", None],
    "num_pauses": ["0", "10000", "3", None],
    "buffer_events": ["0", "10000", "3", None],
    "was_recommended": ["0", "1", "1", None],
}
_HOURLY_USERS = {
    "hour": ["2024-06-30T23:00:00Z", "2024-06-30T00:00:00Z", "2024-06-12T05:00:00Z", "1999-01-01T00:00:00Z"],
    "users": ["0", "12.5", "90000000", "7"],
}
_CELLS = {
    "tracks": _TRACKS,
    "scrobbles": _SCROBBLES,
    "daily_streams": _DAILY_STREAMS,
    "artist_listeners": _ARTIST_LISTENERS,
    "socials": _SOCIALS,
    "users": _USERS,
    "shows": _SHOWS,
    "events": _EVENTS,
    "hourly_users": _HOURLY_USERS,
}


def _good_cells(dataset: str) -> pl.DataFrame:
    """Four rows with every column of the dataset, as text."""
    columns = [column.name for column in DATASETS[dataset].columns]
    return pl.DataFrame(_CELLS[dataset], schema=dict.fromkeys(columns, pl.String))


def _good_references(dataset: str) -> dict[str, pl.LazyFrame]:
    """What the dataset's contract refers to, and a user whom no contract would let in."""
    found = {reference.dataset: _good_cells(reference.dataset) for reference in find_contract(dataset).references}
    if "users" in found:
        found["users"] = pl.concat([found["users"], found["users"][:1].with_columns(user_id=pl.lit("ann@example.org"))])
    return {name: cells.lazy() for name, cells in found.items()}


def _strict_settings(dataset: str) -> DatasetSettings:
    """Settings that ask for everything a contract can ask for."""
    return DatasetSettings(
        source="csv",
        received_on=RECEIVED_ON,
        max_age_days=30,
        min_rows=3,
        max_rows=5,
        references=tuple(_good_references(dataset)),
    )


@pytest.fixture(scope="session")
def good_cells():
    """Dataset -> four rows with every column of it, as text."""
    return _good_cells


@pytest.fixture(scope="session")
def good_references():
    """Dataset -> what its contract refers to."""
    return _good_references


@pytest.fixture(scope="session")
def strict_settings():
    """Dataset -> settings that ask for everything a contract can ask for."""
    return _strict_settings
