"""What people do about a track elsewhere: posts that run ahead of its streams, and followers that come slowly."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sources.world.arrays import Floats, Ints
from sources.world.calendar import day_number, weekday
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings
from sources.world.streams import counted_artists, streams_of, track_entity
from sources.world.tracks import Tracks, track_ids

_MONDAY = 0
_LEAD = 10
"""Days of streams to come of which a week's posts already know something."""
_POSTED, _FOLLOWED = 0.7, 0.8
"""Chances that a track is on each platform at all."""
_POSTS_NOISE = 0.15
_FOLLOWERS_NOISE = 0.004


def socials(settings: WorldSettings) -> Iterator[pl.DataFrame]:
    """The rows of the socials dataset, one artist's published tracks at a time: a reading each Monday from release on.

    `posts` on tiktok are the new ones of the seven days that end with the reading; `followers` on instagram are all
    there are. Not every track is on every platform.
    """
    days = np.arange(day_number(settings.start), day_number(settings.end) + 1)
    for artist in counted_artists(settings):
        for place in artist.published:
            yield from _readings(settings, artist.tracks, int(place), days)


def _readings(settings: WorldSettings, tracks: Tracks, place: int, days: Ints) -> Iterator[pl.DataFrame]:
    random = generator(settings.seed, Stream.SOCIALS, track_entity(tracks, place))
    posted, followed = random.random(2) < (_POSTED, _FOLLOWED)
    streams = streams_of(settings, tracks, place, days).astype(np.float64)
    read = np.flatnonzero((weekday(days) == _MONDAY) & (days >= tracks.day[place]))
    (track,) = track_ids(tracks.artist_number[[place]], tracks.number[[place]])
    if posted:
        yield _frame(track, days[read], "tiktok", "posts", _posts(streams, read, random))
    if followed:
        yield _frame(track, days[read], "instagram", "followers", _followers(streams, read, random))


def _frame(track: str, days: Ints, platform: str, metric: str, values: Ints) -> pl.DataFrame:
    constants = {"track_id": track, "platform": platform, "metric": metric}
    readings = pl.DataFrame({"date": pl.Series(days.astype("datetime64[D]")), "value": pl.Series(values)})
    named = readings.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    return named.select("track_id", "date", "platform", "metric", "value")


def _posts(streams: Floats, read: Ints, random: np.random.Generator) -> Ints:
    """Posts of each week. Those who post hear a track early: their number follows what is streamed in the days after.

    On the world's last day nothing is left to come, and the posts follow the week itself.
    """
    total = np.r_[0.0, np.cumsum(streams)]
    last = np.minimum(read + 1 + _LEAD, len(streams))
    first = np.where(last > read + 1, read + 1, np.maximum(read - 6, 0))
    coming = (total[last] - total[first]) / (last - first)
    per_stream = 0.02 * np.exp(0.8 * random.standard_normal())
    noise = np.exp(_POSTS_NOISE * random.standard_normal(len(read)))
    posts: Ints = random.poisson(per_stream * coming * noise)
    return posts


def _followers(streams: Floats, read: Ints, random: np.random.Generator) -> Ints:
    """Followers: those from before, and a small share of everybody who has listened since the world began."""
    before = np.exp(random.normal(8.5, 1.0))
    share = np.exp(random.normal(-6.0, 0.7))
    noise = np.exp(_FOLLOWERS_NOISE * random.standard_normal(len(read)))
    followers: Ints = np.round((before + share * np.cumsum(streams)[read]) * noise).astype(np.int64)
    return followers
