"""Tracks: their sound, their dates as they are written down, and how popular they became."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from refrain.datasets import AUDIO_FEATURES
from sources.world.arrays import Floats, Ints
from sources.world.artists import Artists, numbered_tracks
from sources.world.calendar import day_number, first_day, first_day_of_year, month_of, month_of_year
from sources.world.genres import GENRES, by_genre
from sources.world.names import album_titles, artist_names, track_titles
from sources.world.popularity import TITLE_KINDS, UNKNOWN_MONTH, observed_popularity, popularity_mean, popularity_spread
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

PRECISIONS = ("day", "month", "year")
_TITLE_ENDINGS = ("", "", " - Remix", " - Live", " - Acoustic Version")  # in the order of TITLE_KINDS
_TITLE_SHARES = (0.78, 0.10, 0.05, 0.04, 0.03)
_OLD_DAYS = 5 * 365
_DAYS = 100_000  # more than any day number: artist * _DAYS + day sorts by artist, then day
_MISSING_AUDIO = 0.015
_MISSING_GENRE = 0.02
_DECIMALS = {"tempo": 3, "key": 0, "loudness": 3, "mode": 0, "duration_ms": 0}
_ALWAYS_MEASURED = 4


@dataclass(frozen=True)
class Tracks:
    """The tracks of one block of artists, sorted by artist, then true release day."""

    artists: Artists
    artist: Ints
    """The artist's place in the block."""
    release: Ints
    """The release's place in the block."""
    number: Ints
    """The track's number among its artist's tracks."""
    day: Ints
    """True day of release."""
    written_day: Ints
    """The day as it is written down: the unknown part is 01."""
    precision: Ints
    """Index into PRECISIONS."""
    title_kind: Ints
    audio: dict[str, Floats]
    mean: Floats
    """Mean and standard deviation of the latent popularity: the oracle's."""
    spread: Floats
    popularity: Ints

    @property
    def artist_number(self) -> Ints:
        """Number of each track's artist in the world."""
        return self.artists.number[self.artist]

    @property
    def ids(self) -> pl.Series:
        """The track ids."""
        return track_ids(self.artist_number, self.number)

    @property
    def titles(self) -> pl.Series:
        """The titles as they are written down."""
        plain = track_titles(self.artist_number, self.number)
        guest = artist_names((self.artist_number * 13 + self.number) % (self.artists.number[-1] + 1))
        ending = pl.Series(_TITLE_ENDINGS).gather(self.title_kind)
        featured = " (feat. " + guest + ")"
        return plain + featured.zip_with(pl.Series(self.title_kind == TITLE_KINDS.index("feat")), ending)

    @property
    def albums(self) -> pl.Series:
        """The title of the release that each track is on; null for a single of one track."""
        alone = pl.Series(self.artists.release_tracks[self.release] == 1)
        titles = album_titles(self.artist_number, self.release)
        return titles.set(alone, None)


def tracks_of(settings: WorldSettings, artists: Artists) -> Tracks:
    """The tracks of one block of artists."""
    random = generator(settings.seed, Stream.TRACKS, artists.block)
    release, number = numbered_tracks(artists)
    written, precision = _written_days(artists, settings, random)
    earlier, since = _history(artists.release_artist, written, precision)
    artist = artists.release_artist[release]
    genre = artists.genre[artist]
    title_kind = random.choice(len(TITLE_KINDS), size=len(release), p=_TITLE_SHARES)
    audio = _audio(genre, random)
    month = np.where(precision == PRECISIONS.index("year"), UNKNOWN_MONTH, month_of_year(month_of(written)))
    mean = popularity_mean(
        audio=audio,
        genre=genre,
        month=month[release],
        earlier=earlier[release],
        days_since_last=since[release],
        title_kind=title_kind,
    )
    spread = popularity_spread(genre)
    popularity = observed_popularity(mean + spread * random.standard_normal(len(mean)))
    day = artists.release_day[release]
    return Tracks(
        artists, artist, release, number, day, written[release], precision[release], title_kind, audio, mean, spread,
        popularity,
    )  # fmt: skip


def track_ids(artists: Ints, numbers: Ints) -> pl.Series:
    """The id of each artist's track number."""
    return "T" + _padded(artists, 7) + _padded(numbers, 3)


def artist_ids(artists: Ints) -> pl.Series:
    """The id of each artist number."""
    return "A" + _padded(artists, 7)


def tracks_frame(settings: WorldSettings, tracks: Tracks) -> pl.DataFrame:
    """The rows of the tracks dataset, with its holes: audio features and genres that nobody measured."""
    random = generator(settings.seed, Stream.TRACK_HOLES, tracks.artists.block)
    genres = pl.Series([genre.name for genre in GENRES]).gather(tracks.artists.genre[tracks.artist])
    columns = {
        "track_id": tracks.ids,
        "artist_id": artist_ids(tracks.artist_number),
        "title": tracks.titles,
        "artist": artist_names(tracks.artist_number),
        "release_date": pl.Series(tracks.written_day.astype("datetime64[D]")),
        "release_precision": pl.Series(PRECISIONS).gather(tracks.precision),
        "popularity": pl.Series(tracks.popularity),
    }
    for place, name in enumerate(AUDIO_FEATURES):
        missing = random.random(len(genres)) < (_MISSING_AUDIO if place >= _ALWAYS_MEASURED else 0)
        columns[name] = _measured(name, tracks.audio[name]).set(pl.Series(missing), None)
    columns["genre"] = genres.set(pl.Series(random.random(len(genres)) < _MISSING_GENRE), None)
    return pl.DataFrame(columns)


def tracks_oracle(tracks: Tracks) -> pl.DataFrame:
    """Mean and standard deviation of each track's latent popularity."""
    return pl.DataFrame(
        {
            "track_id": tracks.ids,
            "popularity_mean": pl.Series(tracks.mean).round(4),
            "popularity_sd": pl.Series(tracks.spread).round(4),
        }
    )


def _padded(numbers: Ints, width: int) -> pl.Series:
    return pl.Series(numbers).cast(pl.String).str.zfill(width)


def _measured(name: str, values: Floats) -> pl.Series:
    return pl.Series(values.astype(np.int64) if _DECIMALS.get(name) == 0 else values)


def _written_days(artists: Artists, settings: WorldSettings, random: np.random.Generator) -> tuple[Ints, Ints]:
    """The day of each release as it is written down, and how much of it is known: old dates are often a year alone."""
    day = artists.release_day
    old = day_number(settings.end) - day > _OLD_DAYS
    draw = random.random(len(day))
    year = draw < np.where(old, 0.12, 0.004)
    month = ~year & (draw < np.where(old, 0.15, 0.008))
    precision = np.where(year, PRECISIONS.index("year"), np.where(month, PRECISIONS.index("month"), 0))
    return np.select([year, month], [first_day_of_year(day), first_day(month_of(day))], day), precision


def _latest_days(written: Ints, precision: Ints) -> Ints:
    """The last day on which each release can have come out, given how much of its date is known."""
    until_year = first_day_of_year(written + 366 * (precision == PRECISIONS.index("year"))) - 1
    until_month = first_day(month_of(written) + 1) - 1
    return np.select(
        [precision == PRECISIONS.index(name) for name in ("year", "month")], [until_year, until_month], written
    )


def _history(artist: Ints, written: Ints, precision: Ints) -> tuple[Ints, Floats]:
    """For each release: how many release days its artist surely had before, and days since the last of them.

    By what is written down: an earlier release of an uncertain date counts from its last possible day on. The days are
    NaN where there was none, or where the release's own date is uncertain.
    """
    known_by = artist * _DAYS + _latest_days(written, precision)
    history = np.unique(known_by)
    until = np.searchsorted(history, artist * _DAYS + written)
    earlier = until - np.searchsorted(history, artist * _DAYS)
    since = written - (history[np.maximum(until - 1, 0)] - artist * _DAYS)
    return earlier, np.where((earlier > 0) & (precision == 0), since, np.nan)


def _audio(genre: Ints, random: np.random.Generator) -> dict[str, Floats]:
    """The audio features of each track, around its genre's, in the usual units, rounded as they are published."""
    size = len(genre)

    def around(name: str, spread: float, low: float, high: float) -> Floats:
        return np.clip(by_genre(name)[genre] + spread * random.standard_normal(size), low, high)

    def skewed(name: str, least: float) -> Floats:
        mean = by_genre(name)[genre]
        return np.clip(random.beta(0.7, 0.7 * (1 - mean) / mean), least, 0.996)

    energy = around("energy", 0.15, 0.01, 0.999)
    audio = {
        "danceability": around("danceability", 0.13, 0.05, 0.985),
        "energy": energy,
        "valence": around("valence", 0.21, 0.02, 0.985),
        "tempo": around("tempo", 24.0, 50.0, 215.0),
        "key": random.integers(0, 12, size).astype(np.float64),
        "loudness": around("loudness", 2.2, -40.0, 0.5) + 6.0 * (energy - by_genre("energy")[genre]),
        "mode": (random.random(size) < 0.57).astype(np.float64),
        "speechiness": skewed("speechiness", 0.022),
        "acousticness": skewed("acousticness", 0.0001),
        "instrumentalness": np.where(random.random(size) < 0.4, 0.0, skewed("instrumentalness", 0.000001)),
        "liveness": np.clip(random.beta(1.6, 7.0, size), 0.01, 0.99),
        "duration_ms": np.clip(np.exp(np.log(205_000) + 0.24 * random.standard_normal(size)), 31_000, 900_000),
    }
    return {name: np.round(values, _DECIMALS.get(name, 4)) for name, values in audio.items()}
