"""Random numbers: one generator per entity, so that no entity's draws depend on another's."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a generator is for. The numbers are part of the world: changing one changes what is drawn."""

    ARTISTS = 1
    TRACKS = 2
    LISTENERS = 3
    PLAYS = 4
    STREAMS = 5
    REACH = 6
    TRACK_HOLES = 7
    RELATIONS = 8
    SOCIALS = 9
    AUDIENCE_DAYS = 10
    AUDIENCE_SHOWS = 11
    AUDIENCE_USERS = 12
    AUDIENCE_LIVES = 13
    AUDIENCE_SESSIONS = 14


def generator(seed: int, stream: Stream, entity: int) -> np.random.Generator:
    """The generator of one entity (a block of artists, a listener, a track) for one purpose."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, int(stream), entity])))
