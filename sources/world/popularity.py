"""How popular a track becomes, given what is known on the day it is released.

The popularity of a track is a latent normal, rounded and clipped to 0-100. Its mean depends on nothing but what a
buyer of the file could know on release day; everything else is in the noise. So the chance of a hit is known exactly.
"""

import numpy as np
from scipy.special import ndtr

from sources.world.arrays import Floats, Ints
from sources.world.genres import by_genre

_LEVEL = 40.0
_SPREAD = 10.0
# Points for each month of release: little in January, summer hits, Christmas; none where the month is not known.
_MONTH = np.array([-6.0, -4.0, 0.0, 1.0, 3.0, 5.0, 5.0, 2.0, -2.0, -1.0, 3.0, 5.0, 0.0])
UNKNOWN_MONTH = 12
_TITLE = {"": 0.0, "feat": 5.0, "remix": -5.0, "live": -11.0, "acoustic": -4.0}
TITLE_KINDS = tuple(_TITLE)


def popularity_mean(
    *, audio: dict[str, Floats], genre: Ints, month: Ints, earlier: Ints, days_since_last: Floats, title_kind: Ints
) -> Floats:
    """Mean of the latent popularity of each track.

    `audio` holds the audio features in their usual units; `month` is 0-11, or UNKNOWN_MONTH; `earlier` the number of
    the artist's earlier release days and `days_since_last` the days since the last of them (NaN for a first release,
    or where the date is uncertain); `title_kind` an index into TITLE_KINDS.
    """
    mean: Floats = (
        _LEVEL
        + by_genre("appeal")[genre]
        + _sound(audio, genre)
        + _MONTH[month]
        + _history(earlier, days_since_last)
        + np.array(list(_TITLE.values()))[title_kind]
    )
    return mean


def popularity_spread(genre: Ints) -> Floats:
    """Standard deviation of the latent popularity: wider where the genre is less at home in the charts."""
    return np.where(by_genre("appeal")[genre] < 0, _SPREAD + 2.0, _SPREAD)


def observed_popularity(latent: Floats) -> Ints:
    """What is read: the latent value rounded to whole points, 0 to 100."""
    return np.clip(np.floor(latent + 0.5), 0, 100).astype(np.int64)


def probability_at_least(mean: Floats, spread: Floats, threshold: float) -> Floats:
    """P(popularity >= threshold) for each track, in closed form."""
    whole = np.ceil(threshold)
    if whole <= 0:
        return np.ones_like(mean)
    if whole > 100:
        return np.zeros_like(mean)
    chance: Floats = ndtr((mean - (whole - 0.5)) / spread)
    return chance


def _sound(audio: dict[str, Floats], genre: Ints) -> Floats:
    """Bent on purpose: a best danceability and length, and an energy that helps or hurts depending on the genre."""
    lively = by_genre("energy")[genre] > 0.6
    energy = np.where(lively, 12.0, -12.0) * (audio["energy"] - by_genre("energy")[genre])
    dance = 7.0 - 75.0 * (audio["danceability"] - 0.68) ** 2
    length = -10.0 * np.clip(np.abs(np.log(audio["duration_ms"] / 195_000.0)) - 0.1, 0, 1.2)
    bright_and_fast = 3.0 * ((audio["valence"] > 0.5) & (audio["tempo"] > 118))
    loud = 0.9 * np.clip(audio["loudness"] + 7.5, -8, 4)
    wordless = -10.0 * (audio["instrumentalness"] > 0.5)
    talk = np.where(audio["speechiness"] > 0.33, -6.0, 0.0)
    unplugged = -5.0 * (audio["acousticness"] - 0.25)
    total: Floats = np.clip(dance, -18.0, 7.0) + energy + length + bright_and_fast + loud + wordless + talk + unplugged
    return total


def _history(earlier: Ints, days_since_last: Floats) -> Floats:
    """A debut is unknown; each release widens the circle; too soon or too late after the last one costs."""
    known = 7.5 * np.log1p(np.minimum(earlier, 20)) - 8.0
    days = np.nan_to_num(days_since_last, nan=200.0)
    rhythm = np.select([days < 45, days < 120, days < 400, days < 900], [-7.0, 1.0, 4.0, -2.0], -8.0)
    return np.where(earlier > 0, known + rhythm, known)
