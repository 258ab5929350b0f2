"""What can be played: every artist's tracks in the order of release, in compact arrays."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sources.world.arrays import Floats, Ints
from sources.world.artists import artist_blocks
from sources.world.genres import GENRES
from sources.world.names import artist_names
from sources.world.settings import SCENE, WorldSettings
from sources.world.tracks import tracks_of

_DAYS = 100_000  # more than any day number: artist * _DAYS + day sorts by artist, then day


@dataclass(frozen=True)
class Catalogue:
    """All tracks of the world, sorted by artist and true release day, with the weight by which listeners find artists.

    About 60 bytes a track: the only part of the world that is held whole.
    """

    first_track: Ints
    """Place of each artist's first track; one more at the end."""
    artist_and_day: Ints
    popularity: Ints
    titles: pl.Series
    albums: pl.Series
    names: pl.Series
    by_genre: tuple[Ints, ...]
    """Genre -> its artists."""
    found: tuple[Floats, ...]
    """Genre -> cumulative weight of those artists, from 0 on: one element more than there are artists."""

    def released(self, artist: Ints, day: Ints) -> Ints:
        """How many tracks each artist has out at the beginning of each day."""
        return np.searchsorted(self.artist_and_day, artist * _DAYS + day) - self.first_track[artist]

    def popular_track(self, artist: Ints, tracks_out: Ints, draws: Floats) -> Ints:
        """The place, among its artist's tracks, of the most popular of some drawn from those that are out.

        `draws` in [0, 1) has a row for each artist and a column for each track drawn.
        """
        places = (draws * tracks_out[:, None]).astype(np.int64)
        best = np.argmax(self.popularity[self.first_track[artist][:, None] + places], axis=1)
        return np.take_along_axis(places, best[:, None], axis=1)[:, 0]

    def come_across(self, genre: Ints, draw: Floats, scene: int) -> Ints:
        """An artist of each genre from the scene; `draw` in [0, 1) picks one, the famous more often.

        A scene is SCENE artists in a row, from the number `scene` on: however large the world, a listener meets as
        many artists, and as often one who is known already. A genre that the scene lacks is taken from all artists.
        """
        artist = np.empty(len(genre), np.int64)
        for number, artists in enumerate(self.by_genre):
            here = genre == number
            first, last = np.searchsorted(artists, [scene, scene + SCENE])
            first, last = (first, last) if last > first else (0, len(artists))
            below, up_to = self.found[number][first], self.found[number][last]
            place = np.searchsorted(self.found[number], below + draw[here] * (up_to - below), side="right") - 1
            artist[here] = artists[np.minimum(place, last - 1)]
        return artist


def catalogue_of(settings: WorldSettings) -> Catalogue:
    """The catalogue of the whole world."""
    fame, genre, per_artist, days, popularity, titles, albums = [], [], [], [], [], [], []
    for artists in artist_blocks(settings):
        tracks = tracks_of(settings, artists)
        fame.append(artists.fame)
        genre.append(artists.genre)
        per_artist.append(np.bincount(tracks.artist, minlength=len(artists.number)))
        days.append(tracks.artist_number * _DAYS + tracks.day)
        popularity.append(tracks.popularity)
        titles.append(tracks.titles)
        albums.append(tracks.albums)
    all_genres = np.concatenate(genre)
    by_genre = tuple(np.flatnonzero(all_genres == number) for number in range(len(GENRES)))
    weight = np.concatenate(fame) ** 0.6
    return Catalogue(
        first_track=np.r_[0, np.cumsum(np.concatenate(per_artist))],
        artist_and_day=np.concatenate(days),
        popularity=np.concatenate(popularity),
        titles=pl.concat(titles),
        albums=pl.concat(albums),
        names=artist_names(np.arange(len(weight))),
        by_genre=by_genre,
        found=tuple(_cumulative(weight[artists]) for artists in by_genre),
    )


def _cumulative(weights: Floats) -> Floats:
    total: Floats = np.r_[0.0, np.cumsum(weights)]
    return total
