"""Monthly listeners of the best-known artists: how many people played any of their tracks in the last 28 days."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sources.world.calendar import day_number
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings
from sources.world.streams import CountedArtist, counted_artists, streams_of
from sources.world.tracks import artist_ids

_WINDOW = 28
_NOISE = 0.006


def artist_listeners(settings: WorldSettings) -> Iterator[pl.DataFrame]:
    """The rows of the artist_listeners dataset, one artist at a time, from the first day with a listener on."""
    for artist in counted_artists(settings):
        frame = _frame(settings, artist)
        if len(frame):
            yield frame


def _frame(settings: WorldSettings, artist: CountedArtist) -> pl.DataFrame:
    days = np.arange(day_number(settings.start), day_number(settings.end) + 1)
    streams = sum(streams_of(settings, artist.tracks, int(place), days) for place in artist.places)
    # Before the first day nothing is known; as much as on the first days is taken for it.
    padded = np.r_[np.full(_WINDOW - 1, np.asarray(streams)[:7].mean()), streams]
    recent = np.convolve(padded, np.ones(_WINDOW), mode="valid")
    random = generator(settings.seed, Stream.REACH, artist.number)
    plays_each = random.uniform(2.5, 6.0)
    listeners = np.round(recent / plays_each * np.exp(_NOISE * random.standard_normal(len(days)))).astype(np.int64)
    some = listeners > 0
    return pl.DataFrame(
        {
            "artist_id": artist_ids(np.array([artist.number])).new_from_index(0, int(some.sum())),
            "date": pl.Series(days[some].astype("datetime64[D]")),
            "monthly_listeners": pl.Series(listeners[some]),
        }
    )
