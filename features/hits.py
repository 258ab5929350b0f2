"""hits.hit: on the day it comes out, will this track be a hit?

A row is a track on its release date (`as_of`). Its label is 1 where the track's popularity is at least `threshold`,
else 0; null where the popularity is missing. The label can be known `horizon_days` after the release: so long a
popularity takes to settle, and so far the windows of training and testing are kept apart (`label_known_at`).

**No popularity is ever a feature**, neither the track's own nor that of any other track of the artist: a file of tracks
holds one late reading for all of them, taken after the release.

**Dates of which only the year or month is known** (`release_precision`) have an earliest and a latest possible day. As
its own as_of a track takes the earliest: it knows the least. As history of another track it counts only from the day
after the latest, and its label is known only `horizon_days` after the latest. Its features that speak of days are null
(and that of the month too, where only the year is known).

**Features**: the audio features; genre and title; the date's parts, and `release_day`, the day as one ordinal number;
what the title says (see `features.titles`); `same_day_tracks`, the tracks that the artist puts out that day (1 is a
single), and how many of them share the track's genre or song name; and the artist's releases strictly before the
release day (see `features.release_history`): their number, days, genres and mean audio features, and earlier tracks of
the same song name. The artist's name is none: it would carry late readings of the artist's other tracks into this one.
How many tracks the whole file has on a day is not used: it tells how the file was gathered, which nobody knew then.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
from pydantic import Field

from features.calendar import day_number, days_later, first_day, last_day, month_number, weekday
from features.release_history import COUNTS, DAYS, SAME_DAY, mean_name, with_history, with_same_day
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Baseline, Frames, Target
from features.titles import SHAPE, SIGNALS, song_name, title_features
from refrain.datasets import AUDIO_FEATURES
from refrain.settings import Frozen

Lazy = nw.LazyFrame[Any]

DATE_PARTS = ("release_year", "release_month", "release_day_of_month", "release_weekday", "release_day")
COMPARED = tuple(name for name in AUDIO_FEATURES if name not in ("key", "mode"))
"""Audio features of which an artist's mean says something: all but the key and the mode, which name things."""
MEANS = tuple(mean_name(name) for name in COMPARED)
NUMERIC = (*AUDIO_FEATURES, *DATE_PARTS, *SAME_DAY, *COUNTS, *DAYS, *MEANS, *SIGNALS, *SHAPE)


class HitSettings(Frozen):
    """The knobs of hits.hit."""

    threshold: float = Field(default=60, ge=0, le=100)
    """Popularity from which a track is a hit."""
    horizon_days: int = Field(default=30, ge=0, le=3650)
    """Days after the release until its popularity counts as settled."""


def rows(frames: Frames, settings: HitSettings) -> Lazy:
    """One row per track on its release date, as the module's text defines it. Needs `tracks`."""
    tracks = _dated(_with_optional(frames["tracks"]))
    return with_same_day(with_history(tracks, COMPARED), tracks).select(*_columns(settings))


def _with_optional(tracks: Lazy) -> Lazy:
    """The columns that are read, those that the file does not have as nulls."""
    present = tracks.collect_schema().names()

    def column(name: str, kind: type[nw.dtypes.DType]) -> nw.Expr:
        value = nw.col(name) if name in present else nw.lit(None)
        return value.cast(kind()).alias(name)

    return tracks.select(
        *("track_id", "artist_id", "title", "artist", "release_date"),
        column("release_precision", nw.String).fill_null("day"),
        column("popularity", nw.Float64),
        column("genre", nw.String),
        *(column(name, nw.Float64) for name in AUDIO_FEATURES),
    )


def _dated(tracks: Lazy) -> Lazy:
    """With the ordinals `day` and `known_by`, the date `latest`, and the `song` name."""
    released = nw.col("release_date")
    month = month_number(released)
    precision = nw.col("release_precision")
    latest = (
        nw.when(precision == "year")
        .then(last_day(month - month % 12 + 11))
        .otherwise(nw.when(precision == "month").then(last_day(month)).otherwise(released))
    )
    earliest = (
        nw.when(precision == "year")
        .then(first_day(month - month % 12))
        .otherwise(nw.when(precision == "month").then(first_day(month)).otherwise(released))
    )
    return tracks.with_columns(
        earliest.alias(AS_OF), latest.alias("latest"), song_name(nw.col("title")).alias("song")
    ).with_columns(day_number(nw.col(AS_OF)).alias("day"), day_number(nw.col("latest")).alias("known_by"))


def _columns(settings: HitSettings) -> list[nw.Expr]:
    as_of = nw.col(AS_OF)
    to_the_day = nw.col("release_precision") == "day"
    parts = {
        "release_year": as_of.dt.year(),
        "release_month": nw.when(nw.col("release_precision") != "year").then(as_of.dt.month()),
        "release_day_of_month": nw.when(to_the_day).then(as_of.dt.day()),
        "release_weekday": nw.when(to_the_day).then(weekday(nw.col("day"))),
        "release_day": nw.when(to_the_day).then(nw.col("day")),
    }
    hit = (nw.col("popularity") >= settings.threshold).cast(nw.Int8)
    return [
        nw.col("track_id"),
        nw.col("artist_id"),
        as_of,
        days_later(nw.col("latest"), settings.horizon_days).alias(LABEL_KNOWN_AT),
        *_plain([*AUDIO_FEATURES, *COUNTS, *MEANS]),
        *(value.cast(nw.Int64).alias(name) for name, value in parts.items()),
        *(nw.when(to_the_day).then(nw.col(name)).alias(name) for name in (*SAME_DAY, *DAYS)),
        *(value.alias(name) for name, value in title_features(nw.col("title")).items()),
        *_plain(["genre", "title"]),
        hit.alias(LABEL),
    ]


def _plain(names: Sequence[str]) -> list[nw.Expr]:
    return [nw.col(name) for name in names]


TARGETS = (
    Target(
        name="hits.hit",
        question="Will this track, on the day it comes out, become a hit?",
        datasets=("tracks",),
        entity=("track_id",),
        cluster=("artist_id",),
        numeric=NUMERIC,
        categorical=("genre",),
        text=("title",),
        required=("danceability", "energy", "valence", "tempo"),
        baselines=(Baseline("base rate"),),
        headline="average_precision",
        settings_type=HitSettings,
        rows=rows,
    ),
)
