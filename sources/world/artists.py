"""Artists: their genre, their fame, and when they release what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from sources.world.arrays import Floats, Ints, positions
from sources.world.calendar import day_number, weekday
from sources.world.genres import by_genre
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

BLOCK = 1000
"""Artists made at a time."""
_YEARS_BEFORE = 8
_MOST_RELEASES = 30
_ALBUM_SHARE = 0.14


@dataclass(frozen=True)
class Artists:
    """One block of artists and their releases; a release is one or more tracks on one day."""

    block: int
    number: Ints
    """Number of each artist in the world."""
    genre: Ints
    fame: Floats
    """How widely an artist is known: heavy-tailed, 1 in the median. Nobody sees it."""
    release_artist: Ints
    """For each release, the artist's place in this block; releases are sorted by artist, then day."""
    release_day: Ints
    release_tracks: Ints


def artist_blocks(settings: WorldSettings) -> Iterator[Artists]:
    """All artists of the world, one block at a time."""
    for block in range(-(-settings.artists // BLOCK)):
        yield _artists(settings, block)


def _artists(settings: WorldSettings, block: int) -> Artists:
    random = generator(settings.seed, Stream.ARTISTS, block)
    number = np.arange(block * BLOCK, min((block + 1) * BLOCK, settings.artists))
    genre = random.choice(len(by_genre("share")), size=len(number), p=by_genre("share"))
    fame = np.exp(1.3 * random.standard_normal(len(number)))
    release_artist, release_day = _releases(settings, fame, random)
    album = random.random(len(release_day)) < _ALBUM_SHARE
    tracks = np.where(album, random.integers(4, 10, len(album)), random.integers(1, 3, len(album)))
    return Artists(block, number, genre, fame, release_artist, release_day, tracks)


def _releases(settings: WorldSettings, fame: Floats, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Artist and day of every release: careers that begin at some time, with gaps that are shorter for the famous."""
    first = day_number(settings.start - timedelta(days=round(365.25 * _YEARS_BEFORE)))
    last = day_number(settings.end)
    debut = first + (last - first) * random.beta(1.0, 1.25, len(fame))
    retired = debut + 365.25 * random.exponential(4.0, len(fame))
    usual_gap = np.clip(580 / fame**0.3, 90, 1000)
    gaps = 14 + usual_gap[:, None] * random.gamma(1.3, 1 / 1.3, (len(fame), _MOST_RELEASES))
    gaps[:, 0] = 0
    days = (debut[:, None] + np.cumsum(gaps, axis=1)).astype(np.int64)
    on_friday = random.random(days.shape) < 0.65
    days = np.where(on_friday, days + (4 - weekday(days)) % 7, days)
    # The debut always counts, so that every artist has a track.
    days[:, 0] = np.minimum(days[:, 0], last)
    kept = (days <= last) & (days <= retired[:, None])
    kept[:, 0] = True
    kept &= np.cumsum(~kept, axis=1) == 0
    counts = kept.sum(axis=1)
    return np.repeat(np.arange(len(fame)), counts), days[kept]


def numbered_tracks(artists: Artists) -> tuple[Ints, Ints]:
    """For each track of a block: its release, and its number among its artist's tracks."""
    release = np.repeat(np.arange(len(artists.release_day)), artists.release_tracks)
    per_artist = np.bincount(artists.release_artist[release], minlength=len(artists.number))
    return release, positions(per_artist)
