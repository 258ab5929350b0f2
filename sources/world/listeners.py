"""Listeners: when they join, how much they listen, and what they like."""

from dataclasses import dataclass

import numpy as np

from sources.world.arrays import Floats, Ints
from sources.world.calendar import day_number, month_factor, month_number
from sources.world.genres import GENRES, by_genre
from sources.world.randomness import Stream, generator
from sources.world.settings import SCENE, WorldSettings

ACTIVITY_NOISE = 0.08
"""Standard deviation of the logarithm of a month's total plays around its expectation."""
_FOUNDERS = 0.5
_LATEST_JOIN = 0.6
_USUAL_PLAYS = 1000.0


@dataclass(frozen=True)
class Listener:
    """One listener. Months are counted from the month of joining to the last month of the world."""

    number: int
    joined: int
    """Day number of the first play, at the earliest."""
    months: Ints
    """Month numbers."""
    expected: Floats
    """Expected total plays of each month, and of two more: the oracle looks that far ahead."""
    total: Ints
    """Total plays of each month, as it turned out."""
    taste: Floats
    """Chance of each genre when the listener meets somebody new."""
    curiosity: Floats
    """New artists met in each month, expected."""
    clock: float
    """Hour of the day around which the listener's evening lies."""
    weekend: float
    """Plays on a Saturday or Sunday relative to a working day."""
    scene: int
    """Number of the first of the artists whom the listener can come across."""


def listener_of(settings: WorldSettings, number: int, genres_present: Floats) -> Listener:
    """The listener called `number`. `genres_present` is 1 for each genre that has artists."""
    random = generator(settings.seed, Stream.LISTENERS, number)
    first, last = day_number(settings.start), day_number(settings.end)
    late = random.random() > _FOUNDERS
    joined = first + int(late * random.random() * _LATEST_JOIN * (last - first))
    joined_on = np.datetime64(joined, "D").astype(object)
    months = np.arange(month_number(joined_on), month_number(settings.end) + 1)
    expected = _expected_plays(months, random)
    noise = ACTIVITY_NOISE * random.standard_normal(len(months))
    total = np.round(expected[: len(months)] * np.exp(noise)).astype(np.int64)
    taste = random.dirichlet(12.0 * by_genre("share")) * genres_present + 0.01 * genres_present / len(GENRES)
    curiosity = random.uniform(0.08, 0.12) * expected[: len(months)]
    return Listener(
        number, joined, months, expected, total, taste / taste.sum(), curiosity,
        clock=random.normal(19.0, 2.0), weekend=random.uniform(0.8, 1.6),
        scene=int(random.integers(0, max(settings.artists - SCENE, 0) + 1)),
    )  # fmt: skip


def _expected_plays(months: Ints, random: np.random.Generator) -> Floats:
    """A level of one's own, growing or fading over the years, times the season."""
    level = np.clip(_USUAL_PLAYS * np.exp(0.40 * random.standard_normal()), 720, 2600)
    yearly_growth = 0.12 * random.standard_normal()
    ahead = np.r_[months, months[-1] + 1, months[-1] + 2]
    drift = np.exp(np.clip(yearly_growth * (ahead - ahead[0]) / 12, -0.4, 0.4))
    plays: Floats = np.maximum(level * drift * month_factor(ahead), 600.0)
    return plays
