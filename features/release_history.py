"""What an artist had released before a given day, point in time.

`tracks` here has, besides its own columns, `day` (ordinal of the earliest day it can have come out on: its as_of) and
`known_by` (ordinal of the latest such day). They differ where only the year or month is known. A track is history of
another only if its latest possible day lies strictly before the other's earliest: surely out, whatever the dates were.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from features.held import held

Lazy = nw.LazyFrame[Any]

YEAR_DAYS = 365
SCALE = 1_000_000
"""Audio features are averaged as whole millionths: sums of whole numbers do not depend on the order of rows."""

COUNTS = (
    "artist_earlier_tracks",
    "artist_earlier_release_days",
    "artist_tracks_last_365_days",
    "artist_earlier_genres",
    "artist_earlier_tracks_in_genre",
    "artist_same_song_earlier",
    "others_same_song_earlier",
)
"""How much of something lies before; 0 where nothing does."""

DAYS = ("days_since_last_release", "days_since_first_release", "days_since_same_song")
"""Ordinals' differences; null where there is nothing to count from."""

SAME_DAY = ("same_day_tracks", "same_day_tracks_in_genre", "same_day_versions")
"""How many tracks of the artist come out on the day: all, those of the same genre, those of the same song name."""


def mean_name(audio: str) -> str:
    """The name of the artist's earlier mean of an audio feature."""
    return f"artist_mean_{audio}"


def with_history(tracks: Lazy, audio: Sequence[str]) -> Lazy:
    """`tracks` with COUNTS, DAYS, and the mean of each of `audio` over the artist's earlier tracks (null without any).

    Reads track_id, artist_id, genre, song, day, known_by and `audio`. A song is one by its `song` name.
    """
    tracks = held(tracks)
    by_artist = _catalogue(tracks, audio)
    by_genre = _genres(tracks)
    in_genre = _earlier(tracks, ["artist_id", "genre"], "artist_earlier_tracks_in_genre")
    own_song = _earlier(tracks, ["artist_id", "song"], "artist_same_song_earlier", "last_song")
    any_song = _earlier(tracks, ["song"], "anyone_same_song_earlier")
    joined = (
        tracks.join(by_artist, on=["artist_id", "day"], how="left")
        .join(by_genre, on=["artist_id", "day"], how="left")
        .join(in_genre, on=["artist_id", "genre", "day"], how="left")
        .join(own_song, on=["artist_id", "song", "day"], how="left")
        .join(any_song, on=["song", "day"], how="left")
    )
    everyone = nw.col("anyone_same_song_earlier").fill_null(0)
    return joined.with_columns(
        (everyone - nw.col("artist_same_song_earlier").fill_null(0)).alias("others_same_song_earlier"),
        (nw.col("day") - nw.col("last_day")).alias("days_since_last_release"),
        (nw.col("day") - nw.col("first_day")).alias("days_since_first_release"),
        (nw.col("day") - nw.col("last_song")).alias("days_since_same_song"),
    ).with_columns(nw.col(name).fill_null(0).cast(nw.Int64) for name in COUNTS)


def with_same_day(described: Lazy, tracks: Lazy) -> Lazy:
    """`described` with SAME_DAY: tracks of the artist on the very day, itself among them, where it is known exactly."""
    dated = tracks.filter(nw.col("day") == nw.col("known_by"))
    for name, keys in zip(SAME_DAY, (["artist_id"], ["artist_id", "genre"], ["artist_id", "song"]), strict=True):
        counts = dated.group_by(*keys, "day").agg(nw.len().cast(nw.Int64).alias(name))
        described = described.join(counts, on=[*keys, "day"], how="left")
    return described


def _pairs(tracks: Lazy, history: Lazy, keys: list[str]) -> Lazy:
    """Each day on which a track with `keys` comes out, beside each row of `history` surely out before it."""
    days = tracks.select(*keys, "day").unique()
    return days.join(history, on=keys).filter(nw.col("known_by") < nw.col("day"))


def _catalogue(tracks: Lazy, audio: Sequence[str]) -> Lazy:
    whole = {name: (nw.col(name) * SCALE + 0.5).floor().cast(nw.Int64) for name in audio}
    daily = (
        tracks.with_columns(value.alias(name) for name, value in whole.items())
        .group_by("artist_id", "known_by")
        .agg(
            nw.len().alias("tracks"),
            *(nw.col(name).sum().alias(f"{name}_sum") for name in audio),
            *(nw.col(name).count().alias(f"{name}_count") for name in audio),
        )
    )
    recent = nw.col("known_by") >= nw.col("day") - YEAR_DAYS
    before = (
        _pairs(tracks, daily, ["artist_id"])
        .with_columns(nw.when(recent).then(nw.col("tracks")).otherwise(0).alias("recent"))
        .group_by("artist_id", "day")
        .agg(
            nw.col("tracks").sum().alias("artist_earlier_tracks"),
            nw.len().alias("artist_earlier_release_days"),
            nw.col("recent").sum().alias("artist_tracks_last_365_days"),
            nw.col("known_by").max().alias("last_day"),
            nw.col("known_by").min().alias("first_day"),
            *(nw.col(f"{name}_{part}").sum() for name in audio for part in ("sum", "count")),
        )
    )
    return before.with_columns(_mean(name).alias(mean_name(name)) for name in audio).drop(
        *(f"{name}_{part}" for name in audio for part in ("sum", "count"))
    )


def _mean(name: str) -> nw.Expr:
    count = nw.col(f"{name}_count")
    # Two columns are divided, never a column by a constant: Polars multiplies by the constant's inverse, Spark divides.
    return nw.when(count > 0).then(nw.col(f"{name}_sum") / (count * SCALE))


def _genres(tracks: Lazy) -> Lazy:
    first = tracks.filter(~nw.col("genre").is_null()).group_by("artist_id", "genre").agg(nw.col("known_by").min())
    return (
        _pairs(tracks, first, ["artist_id"]).group_by("artist_id", "day").agg(nw.len().alias("artist_earlier_genres"))
    )


def _earlier(tracks: Lazy, keys: list[str], count: str, last: str | None = None) -> Lazy:
    """`keys`, day, `count` of tracks with the same keys that were out before the day, and the `last` day of theirs."""
    daily = tracks.group_by(*keys, "known_by").agg(nw.len().alias("tracks"))
    wanted = [nw.col("tracks").sum().cast(nw.Int64).alias(count)]
    if last is not None:
        wanted.append(nw.col("known_by").max().alias(last))
    return _pairs(tracks, daily, keys).group_by(*keys, "day").agg(*wanted)
