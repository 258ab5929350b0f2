"""How often a listener plays which artist in which month, and the true chance that the artist becomes core."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import pdtrc

from sources.world.arrays import Floats, Ints
from sources.world.calendar import first_day
from sources.world.catalogue import Catalogue
from sources.world.listeners import Listener, listener_of
from sources.world.randomness import Stream, generator
from sources.world.relations import DISPERSION, OVER, chance_of_core, core_threshold, expected_plays, mood_paths
from sources.world.settings import WorldSettings

LOYAL = OVER
"""The mood of the favourites: artists a listener has loved since before the first play."""
_FAVOURITES = 16
_LEAST_FOR_FAVOURITES = 0.15
_CANDIDATES = 4
"""A listener's own track of an artist is the most popular of this many drawn among those out at the time."""


@dataclass(frozen=True)
class ArtistMonths:
    """One listener's artist-months with at least one play, one element each."""

    artist: Ints
    known_best: Ints
    """The place, among the artist's tracks, of the one the listener goes back to."""
    month: Ints
    """The month's place among the listener's."""
    mood: Ints
    plays: Ints
    chance: Floats
    """P(core in the month after or the one after that | mood): the oracle's."""


def artist_months(settings: WorldSettings, catalogue: Catalogue) -> Iterator[tuple[Listener, ArtistMonths]]:
    """Every listener with their artist-months, one listener at a time."""
    present = np.array([float(len(artists) > 0) for artists in catalogue.by_genre])
    for number in range(settings.listeners):
        listener = listener_of(settings, number, present)
        random = generator(settings.seed, Stream.RELATIONS, number)
        yield listener, _artist_months(listener, catalogue, random)


def _artist_months(listener: Listener, catalogue: Catalogue, random: np.random.Generator) -> ArtistMonths:
    start = first_day(listener.months)
    loved = _favourites(listener, catalogue, int(start[0]), random)
    artist, entry = _meetings(listener, catalogue, start, loved, random)
    tracks_out = catalogue.released(artist, start[entry])
    paths = mood_paths(entry, tracks_out, len(start), random)
    known_best = _known_best(catalogue, artist, tracks_out, random)
    passing = _passing(listener, artist, known_best, paths, random)
    taken = np.bincount(passing.month, passing.plays, minlength=len(start)).astype(np.int64)
    return _joined(passing, _loyal(listener, catalogue, loved, taken, random))


def _favourites(listener: Listener, catalogue: Catalogue, start: int, random: np.random.Generator) -> Ints:
    """Artists loved from the beginning: found as all others are, with something out by then."""
    genre = random.choice(len(listener.taste), size=8 * _FAVOURITES, p=listener.taste)
    artist = catalogue.come_across(genre, random.random(len(genre)), listener.scene)
    artist = artist[catalogue.released(artist, np.full(len(artist), start)) > 0]
    return _first_of_each(artist)[0][:_FAVOURITES]


def _meetings(
    listener: Listener, catalogue: Catalogue, start: Ints, loved: Ints, random: np.random.Generator
) -> tuple[Ints, Ints]:
    """Artists met, each once, and the month's place in which; only artists with something out by then."""
    entry = np.repeat(np.arange(len(start)), random.poisson(listener.curiosity))
    genre = random.choice(len(listener.taste), size=len(entry), p=listener.taste)
    artist = catalogue.come_across(genre, random.random(len(entry)), listener.scene)
    possible = (catalogue.released(artist, start[entry]) > 0) & ~np.isin(artist, loved)
    artist, place = _first_of_each(artist[possible])
    return artist, entry[possible][place]


def _first_of_each(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in the order in which they first come, and their places."""
    _, place = np.unique(values, return_index=True)
    place = np.sort(place)
    return values[place], place


def _known_best(catalogue: Catalogue, artist: Ints, tracks_out: Ints, random: np.random.Generator) -> Ints:
    return catalogue.popular_track(artist, tracks_out, random.random((len(artist), _CANDIDATES)))


def _passing(
    listener: Listener, artist: Ints, known_best: Ints, paths: Ints, random: np.random.Generator
) -> ArtistMonths:
    """The relations that come and go, as far as something is played."""
    month, relation = np.nonzero(paths != OVER)
    mood = paths[month, relation]
    mean = expected_plays(listener.total.astype(np.float64))[month, mood]
    plays = random.poisson(mean * random.gamma(DISPERSION, 1 / DISPERSION, len(mean)))
    some = plays > 0
    month, relation, mood = month[some], relation[some], mood[some]
    chance = chance_of_core(listener.expected)[month, mood]
    return ArtistMonths(artist[relation], known_best[relation], month, mood, plays[some], chance)


def _loyal(
    listener: Listener, catalogue: Catalogue, loved: Ints, taken: Ints, random: np.random.Generator
) -> ArtistMonths:
    """The favourites fill up what the passing relations leave of each month's total."""
    left = np.maximum(listener.total - taken, np.round(_LEAST_FOR_FAVOURITES * listener.total).astype(np.int64))
    weights = np.arange(1, len(loved) + 1) ** -0.6
    weights /= weights.sum()
    plays = random.multinomial(left, weights)
    start = first_day(listener.months)
    tracks_out = catalogue.released(loved, np.full(len(loved), start[0]))
    known_best = _known_best(catalogue, loved, tracks_out, random)
    month, place = np.nonzero(plays)
    # The months to come are unknown; that as much is left for the favourites as in this month is close enough here.
    most = core_threshold(listener.expected[1:-1]) - 1
    chance = 1 - (1 - pdtrc(most[month], left[month] * weights[place])) ** 2
    mood = np.full(len(month), LOYAL)
    return ArtistMonths(loved[place], known_best[place], month, mood, plays[month, place], chance)


def _joined(one: ArtistMonths, other: ArtistMonths) -> ArtistMonths:
    def both(name: str) -> Ints:
        return np.concatenate([getattr(one, name), getattr(other, name)])

    chance = np.concatenate([one.chance, other.chance])
    return ArtistMonths(both("artist"), both("known_best"), both("month"), both("mood"), both("plays"), chance)
