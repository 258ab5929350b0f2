"""How a listener takes to an artist: a chain of moods, month by month, and the true chance that it ends in love.

Each month a relation is in one mood. The mood says how many plays to expect and how they look: over how many days, on
how many different tracks. Given the mood, nothing else matters for the months to come, so the chance that the artist is
core in the next two months can be summed up exactly.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import nbdtr, ndtri

from sources.world.arrays import Floats, Ints
from sources.world.listeners import ACTIVITY_NOISE

CORE_PLAYS = 20
CORE_SHARE = 0.01


@dataclass(frozen=True)
class Mood:
    """One mood. Expected plays are `base` + `relative` x the number that makes an artist core."""

    name: str
    base: float
    relative: float
    days: float
    """Chance that a further play falls on a day of its own."""
    tracks: float
    """Chance that a further play is of a track of its own."""
    follows: dict[str, float]
    """Chances of next month's mood; what is missing to 1 is the end of the relation."""


MOODS = (
    Mood("sampled", 2.2, 0.05, 0.06, 0.14, {"sampled": 0.10, "habit": 0.01}),
    Mood("fad", 2.0, 0.30, 0.30, 0.02, {"fad": 0.15, "sampled": 0.25}),
    Mood("curious", 3.0, 0.15, 0.50, 0.60, {"curious": 0.15, "hooked": 0.09, "sampled": 0.25}),
    Mood("hooked", 3.5, 0.50, 0.97, 0.97, {"hooked": 0.08, "core": 0.84, "fading": 0.04}),
    Mood("core", 0.0, 2.00, 0.90, 0.75, {"core": 0.78, "fading": 0.22}),
    Mood("fading", 0.0, 0.35, 0.50, 0.08, {"fading": 0.45, "core": 0.02, "sampled": 0.10}),
    Mood("habit", 1.8, 0.24, 0.85, 0.03, {"habit": 0.80, "fading": 0.10}),
)
_NAMES = tuple(mood.name for mood in MOODS)
OVER = len(MOODS)
"""The number of the mood in which nothing is played any more."""
DISPERSION = 8.0
"""Plays are negative binomial with this many successes: variance = mean + mean² / DISPERSION."""
_FIRST = {"sampled": 0.63, "fad": 0.13, "curious": 0.035, "hooked": 0.16, "habit": 0.045}
_FIRST_OF_FEW = {"sampled": 0.80, "fad": 0.18, "habit": 0.02}
ENOUGH_TRACKS = 8
"""Tracks an artist must have out for somebody to get hooked at first sight."""
_NODES: Floats = ndtri((np.arange(41) + 0.5) / 41)
"""Equally likely values of a standard normal. Many, because the threshold jumps with the total."""


def _chances(named: dict[str, float]) -> Floats:
    known = np.array([named.get(name, 0.0) for name in _NAMES])
    chances: Floats = np.r_[known, 1.0 - known.sum()]
    return chances


TRANSITIONS: Floats = np.array([*(_chances(mood.follows) for mood in MOODS), _chances({})])
"""[mood, next month's mood], the end of the relation being the last of both."""


def core_threshold(total: Floats) -> Floats:
    """Plays from which an artist is core in a month of `total` plays: 20, or 1 % where that is less."""
    return np.minimum(float(CORE_PLAYS), np.ceil(np.round(CORE_SHARE * total, 9)))


def expected_plays(total: Floats) -> Floats:
    """[month, mood]: expected plays of an artist in each mood in a month of `total` plays. The last mood has none."""
    scale = np.minimum(float(CORE_PLAYS), CORE_SHARE * total)[:, None]
    rates = np.array([mood.base for mood in MOODS]) + np.array([mood.relative for mood in MOODS]) * scale
    return np.column_stack([rates, np.zeros(len(rates))])


def mood_paths(entry: Ints, tracks_out: Ints, months: int, random: np.random.Generator) -> Ints:
    """[month, relation]: the mood of each relation in each month, OVER before `entry` and after the end."""
    few = (tracks_out < ENOUGH_TRACKS).astype(np.int64)
    first = np.cumsum([_chances(_FIRST), _chances(_FIRST_OF_FEW)], axis=1)
    steps = np.cumsum(TRANSITIONS, axis=1)
    paths = np.full((months, len(entry)), OVER)
    for month in range(months):
        met = np.flatnonzero(entry == month)
        going = np.flatnonzero(paths[month - 1] != OVER) if month else met[:0]
        paths[month, met] = _drawn(first[few[met]], random)
        paths[month, going] = _drawn(steps[paths[month - 1, going]], random)
    return paths


def _drawn(cumulative: Floats, random: np.random.Generator) -> Ints:
    """One mood for each row of cumulative chances."""
    moods: Ints = (random.random(len(cumulative))[:, None] >= cumulative).sum(axis=1)
    return np.minimum(moods, OVER)


def chance_of_core(expected_totals: Floats) -> Floats:
    """[month, mood]: P(core in the month after or the one after that | mood at the end of the month).

    `expected_totals` are the expected plays of the months, and of two more. Sums over both months' moods, and over the
    noise of their totals (41 equally likely values); plays given mood and total are negative binomial.
    """
    missed = _chance_not_core(expected_totals)
    step = TRANSITIONS[None] * missed[:, None, :]
    both: Floats = 1.0 - np.einsum("mij,mjk->mi", step[1:-1], step[2:])
    return both[:, :OVER]


def _chance_not_core(expected_totals: Floats) -> Floats:
    """[month, mood]: P(plays below the threshold)."""
    missed = np.zeros((len(expected_totals), OVER + 1))
    for node in _NODES:
        totals = np.round(expected_totals * np.exp(ACTIVITY_NOISE * node))
        mean = expected_plays(totals)
        most = core_threshold(totals)[:, None] - 1
        missed += nbdtr(most, int(DISPERSION), DISPERSION / (DISPERSION + mean))
    return missed / len(_NODES)
