"""Shows: what there is to watch, when it came out, and how much of it is new to those who like its genre."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sources.world.arrays import Floats, Ints
from sources.world.calendar import day_number
from sources.world.names import track_titles
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

GENRES = (
    "drama", "comedy", "crime", "science fiction", "documentary", "animation", "reality", "sports", "romance", "horror",
)  # fmt: skip
_SHARE = np.array([0.13, 0.13, 0.11, 0.10, 0.10, 0.09, 0.09, 0.09, 0.08, 0.08])
_MINUTES = np.array([52, 28, 50, 54, 45, 24, 42, 95, 44, 48])
_YEARS_BEFORE = 2
_SHOWS_A_YEAR = 90
_HIT_SHARE = 0.04
_WEEK = 7
_NEW_FOR = 25.0
"""Days after which a release has lost most (1 - 1/e) of its newness."""
_PULL_FOR = 18.0
_DROUGHT = 0.12
"""Releases in a genre's drought, relative to other times."""


@dataclass(frozen=True)
class Shows:
    """All shows, in the order of their release; arrays are [show] where nothing else is said."""

    genre: Ints
    day: Ints
    """Day number of the release: a Friday, or any before the world began."""
    appeal: Floats
    """How much a show is watched relative to others of its genre and age."""
    hit: Floats
    """How much it pulls its genre's fans in when it is new; 0 for most."""
    duration: Floats
    rating: Floats

    @property
    def ids(self) -> pl.Series:
        """The show ids."""
        return "S" + pl.Series(np.arange(len(self.day))).cast(pl.String).str.zfill(5)

    def newness(self, days: Ints) -> Floats:
        """[genre, day]: how much is new to watch in each genre, 1 in the mean of all."""
        level = self._decaying(np.ones_like(self.appeal), days, _NEW_FOR)
        newness: Floats = level / level.mean()
        return newness

    def pull(self, days: Ints) -> Floats:
        """[genre, day]: by how much hits raise the activity of a genre's fans."""
        return self._decaying(self.hit, days, _PULL_FOR)

    def _decaying(self, weight: Floats, days: Ints, lasting: float) -> Floats:
        level = np.zeros((len(GENRES), len(days)))
        for genre, released, size in zip(self.genre, self.day, weight, strict=True):
            age = days - released
            level[genre] += np.where(age >= 0, size * np.exp(-np.maximum(age, 0) / lasting), 0.0)
        return level


def shows_of(settings: WorldSettings) -> Shows:
    """The shows of the world: those from before it began, and a release now and then."""
    random = generator(settings.seed, Stream.AUDIENCE_SHOWS, 0)
    first = day_number(settings.start) - round(365.25 * _YEARS_BEFORE)
    fridays = np.arange(first + (1 - first) % _WEEK, day_number(settings.end) + 1, _WEEK)
    expected = _SHARE[:, None] * _SHOWS_A_YEAR * _WEEK / 365.25 * _seasons(len(fridays), random)
    genre, week = np.nonzero(random.poisson(expected))
    genre, week = _with_a_first(genre, week)
    order = np.lexsort((genre, week))
    genre, day = genre[order], fridays[week[order]]
    size = len(genre)
    appeal = np.exp(0.8 * random.standard_normal(size))
    hit = np.where(random.random(size) < _HIT_SHARE, random.uniform(0.5, 1.5, size), 0.0)
    appeal *= 1 + 3 * hit
    duration = np.round(np.clip(_MINUTES[genre] * np.exp(0.2 * random.standard_normal(size)), 8, 200))
    liked: Floats = 6.6 + 0.6 * np.log(appeal) + 0.7 * random.standard_normal(size)
    return Shows(genre, day, appeal, hit, duration, rating=np.clip(np.round(liked, 1), 1.0, 10.0))


def shows_frame(shows: Shows) -> pl.DataFrame:
    """The rows of the shows dataset."""
    number = np.arange(len(shows.day))
    return pl.DataFrame(
        {
            "show_id": shows.ids,
            "title": track_titles(number * 0 + 4711, number),
            "genre": pl.Series(GENRES).gather(shows.genre),
            "duration_min": pl.Series(shows.duration),
            "released_at": pl.Series(shows.day.astype("datetime64[D]")),
            "rating": pl.Series(shows.rating),
        }
    )


def _seasons(weeks: int, random: np.random.Generator) -> Floats:
    """[genre, week]: releases relative to the usual number: each genre has months with many, and droughts."""
    seasons = np.ones((len(GENRES), weeks))
    for genre in range(len(GENRES)):
        week = int(random.integers(-20, 12))
        while week < weeks:
            plenty, drought = int(random.integers(14, 30)), int(random.integers(10, 20))
            seasons[genre, max(week + plenty, 0) : max(week + plenty + drought, 0)] = _DROUGHT
            week += plenty + drought
    relative: Floats = seasons / seasons.mean(axis=1, keepdims=True)
    return relative


def _with_a_first(genre: Ints, week: Ints) -> tuple[Ints, Ints]:
    """The same, and one show of each genre in the first week, so that none is ever empty."""
    kept = week > 0
    every = np.arange(len(GENRES))
    return np.r_[every, genre[kept]], np.r_[every * 0, week[kept]]
