"""Scrobbles: every play of every listener, one listener at a time, and the true chances beside them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from sources.world.arrays import Floats, Ints, positions
from sources.world.calendar import SECONDS_A_DAY, day_factor, day_number, first_day, weekday
from sources.world.catalogue import Catalogue, catalogue_of
from sources.world.listeners import Listener
from sources.world.months import ArtistMonths, artist_months
from sources.world.randomness import Stream, generator
from sources.world.relations import MOODS
from sources.world.settings import WorldSettings

# One past the moods: the favourites.
_DAYS_SPREAD = np.array([*(mood.days for mood in MOODS), 0.7])
_TRACKS_SPREAD = np.array([*(mood.tracks for mood in MOODS), 0.4])
_EXPLORED = 2
"""Listening through an artist's tracks begins at the more popular of this many drawn among those out."""
_LATEST_SECOND = 85_800
_EVENING_HOURS = 4.0
_NO_ALBUM = 0.02


@dataclass(frozen=True)
class ListenerScrobbles:
    """One listener's rows: the plays as the dataset has them, and the oracle's chance for each artist-month."""

    plays: pl.DataFrame
    oracle: pl.DataFrame


def scrobbles(settings: WorldSettings) -> Iterator[ListenerScrobbles]:
    """The scrobbles of the world, one listener at a time, sorted by time within a listener."""
    catalogue = catalogue_of(settings)
    last = day_number(settings.end)
    for listener, months in artist_months(settings, catalogue):
        random = generator(settings.seed, Stream.PLAYS, listener.number)
        plays = _plays(listener, months, catalogue, last, random)
        yield ListenerScrobbles(plays, _oracle(listener, months, catalogue))


def listener_id(number: int) -> str:
    """The name by which a listener goes."""
    return f"listener-{number:06d}"


def _plays(
    listener: Listener, months: ArtistMonths, catalogue: Catalogue, last: int, random: np.random.Generator
) -> pl.DataFrame:
    nth = positions(months.plays)
    day = _days(listener, months, nth, random)
    track = _tracks(listener, months, nth, catalogue, random)
    second = day * SECONDS_A_DAY + _seconds(listener, len(day), random)
    inside = (day >= listener.joined) & (day <= last)
    order = np.argsort(second[inside], kind="stable")
    track = track[inside][order]
    artist = np.repeat(months.artist, months.plays)[inside][order]
    albums = catalogue.albums.gather(track)
    return pl.DataFrame(
        {
            "played_at": pl.Series(_one_at_a_time(second[inside][order])).cast(pl.Datetime("us")),
            "artist": catalogue.names.gather(artist),
            "track": catalogue.titles.gather(track),
            "album": albums.set(pl.Series(random.random(len(albums)) < _NO_ALBUM), None),
            "listener": pl.Series([listener_id(listener.number)]).new_from_index(0, len(track)),
        }
    )


def _one_at_a_time(second: Ints) -> Ints:
    """Sorted seconds in microseconds, no two the same: each at least a second after the one before."""
    place = np.arange(len(second))
    return (np.maximum.accumulate(second - place) + place) * 1_000_000


def _slots(plays: Ints, spread: Floats, nth: Ints, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Spread the plays of each artist-month over slots (days, or tracks), the number of which depends on the mood.

    Gives the number of slots of each artist-month, and the slot of each play, counted over all of them. Every slot is
    used: the first plays take one each, the others any.
    """
    slots = 1 + random.binomial(plays - 1, spread)
    many = np.repeat(slots, plays)
    other = (random.random(len(nth)) * many).astype(np.int64)
    base = np.repeat(np.cumsum(slots) - slots, plays)
    return slots, base + np.where(nth < many, nth, other)


def _days(listener: Listener, months: ArtistMonths, nth: Ints, random: np.random.Generator) -> Ints:
    """The day of each play: any of the month's, the listener's weekends and the season counting for more or less."""
    slots, slot = _slots(months.plays, _DAYS_SPREAD[months.mood], nth, random)
    month = np.repeat(months.month, slots)
    starts = first_day(np.r_[listener.months, listener.months[-1] + 1])
    days = np.arange(starts[0], starts[-1])
    weight = day_factor(days) * np.where(weekday(days) >= 5, listener.weekend, 1.0)
    until = np.r_[0.0, np.cumsum(weight)]
    low, high = until[starts[month] - starts[0]], until[starts[month + 1] - starts[0]]
    place = np.searchsorted(until, low + random.random(len(month)) * (high - low), side="right") - 1
    of_slot: Ints = days[np.clip(place, starts[month] - starts[0], starts[month + 1] - starts[0] - 1)]
    return of_slot[slot]


def _tracks(
    listener: Listener, months: ArtistMonths, nth: Ints, catalogue: Catalogue, random: np.random.Generator
) -> Ints:
    """The track of each play, counted over the whole catalogue: the one known best, and others out that month
    in the order of their release.
    """
    slots, slot = _slots(months.plays, _TRACKS_SPREAD[months.mood], nth, random)
    artist = np.repeat(months.artist, slots)
    tracks_out = catalogue.released(months.artist, first_day(listener.months)[months.month])
    step = positions(slots)
    begin = catalogue.popular_track(months.artist, tracks_out, random.random((len(slots), _EXPLORED)))
    explored = (np.repeat(begin, slots) + step) % np.repeat(tracks_out, slots)
    place = np.where(step == 0, np.repeat(months.known_best, slots), explored)
    return (catalogue.first_track[artist] + place)[slot]


def _seconds(listener: Listener, size: int, random: np.random.Generator) -> Ints:
    """The second of the day: around the listener's evening, or at any time."""
    hour = np.where(
        random.random(size) < 0.7, random.normal(listener.clock, _EVENING_HOURS, size), 24 * random.random(size)
    )
    return np.minimum((hour % 24 * 3600).astype(np.int64), _LATEST_SECOND + random.integers(0, 300, size))


def _oracle(listener: Listener, months: ArtistMonths, catalogue: Catalogue) -> pl.DataFrame:
    order = np.lexsort((months.artist, months.month))
    month = first_day(listener.months)[months.month[order]]
    return pl.DataFrame(
        {
            "listener": pl.Series([listener_id(listener.number)]).new_from_index(0, len(order)),
            "artist": catalogue.names.gather(months.artist[order]),
            "month": pl.Series(month.astype("datetime64[D]")),
            "p_core": pl.Series(months.chance[order]).round(6),
        }
    )
