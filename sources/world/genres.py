"""The genres: how common each is, how its tracks sound, and how many people listen to it."""

from dataclasses import dataclass

import numpy as np

from sources.world.arrays import Floats


@dataclass(frozen=True)
class Genre:
    """One genre. The audio columns are the means of its tracks."""

    name: str
    share: float
    """Share of artists."""
    appeal: float
    """Points of popularity above or below the mean genre."""
    danceability: float
    energy: float
    valence: float
    tempo: float
    loudness: float
    speechiness: float
    acousticness: float
    instrumentalness: float


GENRES = (
    Genre("pop", 0.16, 13, 0.66, 0.68, 0.52, 118, -5.8, 0.07, 0.22, 0.02),
    Genre("hip hop", 0.14, 10, 0.74, 0.66, 0.48, 112, -6.6, 0.21, 0.17, 0.01),
    Genre("latin", 0.09, 14, 0.72, 0.71, 0.62, 114, -6.0, 0.10, 0.21, 0.02),
    Genre("dance", 0.12, -2, 0.66, 0.80, 0.42, 125, -5.4, 0.08, 0.09, 0.22),
    Genre("r&b", 0.10, 3, 0.67, 0.58, 0.53, 110, -7.8, 0.12, 0.27, 0.03),
    Genre("rock", 0.13, 1, 0.52, 0.74, 0.53, 125, -7.3, 0.05, 0.14, 0.06),
    Genre("indie", 0.09, -3, 0.57, 0.61, 0.48, 120, -7.9, 0.05, 0.28, 0.10),
    Genre("metal", 0.05, -9, 0.44, 0.89, 0.33, 128, -5.2, 0.09, 0.02, 0.20),
    Genre("folk", 0.04, -7, 0.52, 0.41, 0.42, 116, -10.2, 0.04, 0.62, 0.08),
    Genre("jazz", 0.03, -14, 0.55, 0.40, 0.52, 112, -11.5, 0.06, 0.64, 0.35),
    Genre("ambient", 0.03, -18, 0.38, 0.26, 0.22, 102, -16.0, 0.04, 0.78, 0.80),
    Genre("country", 0.02, 5, 0.58, 0.66, 0.55, 123, -6.8, 0.04, 0.25, 0.01),
)


def by_genre(attribute: str) -> Floats:
    """One number of every genre, in the order of GENRES."""
    return np.array([float(getattr(genre, attribute)) for genre in GENRES])
