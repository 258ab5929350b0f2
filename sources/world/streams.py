"""Daily streams: the rise and decay of the tracks of the best-known artists."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.signal import lfilter

from sources.world.arrays import Floats, Ints
from sources.world.artists import artist_blocks
from sources.world.calendar import day_factor, day_number, weekday
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings
from sources.world.tracks import Tracks, track_ids, tracks_of

# Friday, the day of new releases, and Saturday are the strongest days.
_WEEKDAY = np.array([0.94, 0.95, 0.97, 0.99, 1.10, 1.07, 0.98])
_COUNTED_SHARE = 0.04
_COUNTED_TRACKS = 4
_MARKET_GROWTH = 0.07
"""Yearly growth of all streaming, as a logarithm."""
_NOISE = 0.07
_MEMORY = 0.8
_SPIKES_A_YEAR = 0.3
_TRACKS_AN_ARTIST = 1000  # more than any artist has


@dataclass(frozen=True)
class CountedArtist:
    """An artist whose tracks are counted day by day."""

    tracks: Tracks
    places: Ints
    """Places of the artist's tracks in `tracks`, in the order of release."""

    @property
    def number(self) -> int:
        """The artist's number in the world."""
        return int(self.tracks.artist_number[self.places[0]])

    @property
    def published(self) -> Ints:
        """Places of the tracks whose streams are published: the artist's most popular ones."""
        best = np.argsort(-self.tracks.popularity[self.places], kind="stable")[:_COUNTED_TRACKS]
        return self.places[np.sort(best)]


def counted_artists(settings: WorldSettings) -> Iterator[CountedArtist]:
    """The best-known artists of each block, in the order of their numbers."""
    for artists in artist_blocks(settings):
        tracks = tracks_of(settings, artists)
        count = max(1, round(_COUNTED_SHARE * len(artists.number)))
        for artist in np.sort(np.argsort(-artists.fame, kind="stable")[:count]):
            yield CountedArtist(tracks, np.flatnonzero(tracks.artist == artist))


def daily_streams(settings: WorldSettings) -> Iterator[pl.DataFrame]:
    """The rows of the daily_streams dataset, one artist's published tracks at a time."""
    days = np.arange(day_number(settings.start), day_number(settings.end) + 1)
    for artist in counted_artists(settings):
        frames = [_frame(settings, artist.tracks, int(place), days) for place in artist.published]
        yield pl.concat(frames)


def _frame(settings: WorldSettings, tracks: Tracks, place: int, days: Ints) -> pl.DataFrame:
    streams = streams_of(settings, tracks, place, days)
    out = days >= tracks.day[place]
    track = track_ids(tracks.artist_number[[place]], tracks.number[[place]]).new_from_index(0, int(out.sum()))
    return pl.DataFrame(
        {"track_id": track, "date": pl.Series(days[out].astype("datetime64[D]")), "streams": pl.Series(streams[out])}
    )


def track_entity(tracks: Tracks, place: int) -> int:
    """A track's own number in the world, by which its random generators are told apart."""
    return int(tracks.artist_number[place]) * _TRACKS_AN_ARTIST + int(tracks.number[place])


def streams_of(settings: WorldSettings, tracks: Tracks, place: int, days: Ints) -> Ints:
    """Streams of one track on each of `days` (consecutive); 0 before its release."""
    random = generator(settings.seed, Stream.STREAMS, track_entity(tracks, place))
    age = days - tracks.day[place]
    level = _peak(int(tracks.popularity[place]), random) * _life(np.maximum(age, 0), random)
    level *= _WEEKDAY[weekday(days)] * day_factor(days) * np.exp(_MARKET_GROWTH * (days - days[0]) / 365.25)
    level *= np.exp(_wander(len(days), random)) * _spikes(len(days), random)
    return np.where(age >= 0, random.poisson(level), 0)


def _peak(popularity: int, random: np.random.Generator) -> float:
    """Streams on the best day: ten times as many for 25 points of popularity more."""
    return float(400 * np.exp(0.092 * popularity + 0.5 * random.standard_normal()))


def _life(age: Ints, random: np.random.Generator) -> Floats:
    """Share of the peak at each age in days: a fast fall of the new, a slow one of what stays, or a late rise."""
    stays = random.beta(2.0, 4.0)
    fast, slow = random.uniform(8, 45), random.uniform(300, 1500)
    rises = random.random() < 0.3
    late = 1 - 0.85 * np.exp(-age / random.uniform(5, 40)) if rises else 1.0
    life: Floats = ((1 - stays) * np.exp(-age / fast) + stays * np.exp(-age / slow)) * late
    return life


def _wander(size: int, random: np.random.Generator) -> Floats:
    """Noise that lasts: an autoregressive series of logarithms."""
    shocks = _NOISE * np.sqrt(1 - _MEMORY**2) * random.standard_normal(size)
    series: Floats = lfilter([1.0], [1.0, -_MEMORY], shocks)
    return series


def _spikes(size: int, random: np.random.Generator) -> Floats:
    """Factor for the few days on which something made a track much talked about."""
    spikes = np.ones(size)
    for start in random.integers(0, size, random.poisson(_SPIKES_A_YEAR * size / 365.25)):
        spikes[start:] += random.uniform(0.5, 3.0) * np.exp(-np.arange(size - start) / random.uniform(4, 20))
    return spikes
