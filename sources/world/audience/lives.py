"""Users' lives on the platform, day by day: sessions, buffering felt, and the day and reason of leaving."""

from dataclasses import dataclass

import numpy as np

from refrain.sessions import REASONS
from sources.world.arrays import Flags, Floats, Ints
from sources.world.audience.days import OUTAGE_BUFFERING, OUTAGE_LOST, Days
from sources.world.audience.leaving import (
    ACTIVITY,
    CANCELS,
    JOURNEY,
    TELLS,
    TIME,
    TIME_HAZARD,
    USUAL,
    VAGUE,
    Pressures,
    annoyance,
    hazards,
    moved,
    patience,
    pressures,
)
from sources.world.audience.shows import Shows
from sources.world.audience.users import Users
from sources.world.calendar import SECONDS_A_DAY
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

_FORGETS = 0.25
"""Weight of a new day's sessions in the buffering felt."""
_SPELL_BEGINS, _SPELL_ENDS, _SPELL = 0.0022, 0.035, 5.0
"""A connection goes bad now and then, for a month."""
_MOST_SESSIONS = 12


@dataclass(frozen=True)
class Lives:
    """What became of one block of users; arrays are [day, user] where nothing else is said."""

    sessions: Ints
    """Sessions that begin on each UTC day."""
    buffering: Ints
    """Buffering in all of them."""
    felt: Floats
    """Buffering felt at the day's end."""
    left: Ints
    """[user]: place of the day on which the user left, before any session of that day; -1 for those who did not."""
    reason: Ints
    """[user]: position in REASONS of the true one; -1 for those who did not leave."""
    cancelled: Ints
    """[user]: when they said so, in seconds since 1970; -1 for those who never did, or not before the world's end."""
    stated: Ints
    """[user]: position in REASONS of the stated one; -1 where cancelled is."""
    pressures: Pressures


def first_days(users: Users, days: Days) -> Ints:
    """[user]: place of the day of registering among the world's days; -1 for those from before."""
    place: Ints = np.maximum(users.registered // SECONDS_A_DAY - days.number[0], -1)
    return place


def lives_of(settings: WorldSettings, users: Users, days: Days, shows: Shows) -> Lives:
    """Live through the world's days, all users of the block at once."""
    random = generator(settings.seed, Stream.AUDIENCE_LIVES, users.block)
    begin = first_days(users, days)
    lost, worse = _outages(users, days)
    pressed = pressures(users, days, shows, days.mood[:, None] * lost)
    shape = (len(days), len(users))
    sessions, buffering = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    felt = np.zeros(shape)
    state = np.full(len(users), USUAL)
    left, reason = np.full(len(users), -1), np.full(len(users), -1)
    spell, feels = random.random(len(users)) < 0.05, users.connection.copy()
    for day in range(len(days)):
        here = (left < 0) & (begin < day)
        draws = random.random((4, len(users)))
        annoyed = annoyance(feels, users.tolerance)
        why = _leaving(pressed, day, annoyed, state, draws[:2])
        leaving = here & (why >= 0)
        left[leaving], reason[leaving] = day, why[leaving]
        state = np.where(here & ~leaving, _moved(pressed, day, state, draws[2]), state)
        expected = pressed.rate[day] * pressed.unforeseen[day] * patience(annoyed) * ACTIVITY[state]
        count = np.minimum(random.poisson(np.where(here & ~leaving, expected, 0.0)), _MOST_SESSIONS)
        count = np.where(begin == day, 1, count)
        spell = np.where(spell, draws[3] >= _SPELL_ENDS, draws[3] < _SPELL_BEGINS)
        stalls = random.poisson(count * users.connection * np.where(spell, _SPELL, 1.0) * worse[day])
        seen = count > 0
        feels = np.where(seen, feels + _FORGETS * (stalls / np.maximum(count, 1) - feels), feels)
        sessions[day], buffering[day], felt[day] = count, stalls, feels
    cancelled, stated = _cancelled(days, left, reason, random)
    return Lives(sessions, buffering, felt, left, reason, cancelled, stated, pressed)


def _outages(users: Users, days: Days) -> tuple[Floats, Floats]:
    """[day, user]: sessions, and buffering in each, relative to a day without outages."""
    lost, worse = np.ones((len(days), len(users))), np.ones((len(days), len(users)))
    for outage in days.outages:
        share = outage.lost(days, users.shift)
        lost[outage.day] = 1 - OUTAGE_LOST * share
        worse[outage.day] = 1 + OUTAGE_BUFFERING * (1 - OUTAGE_LOST) * share / lost[outage.day]
    return lost, worse


def _leaving(pressed: Pressures, day: int, annoyed: Floats, state: Ints, draws: Floats) -> Ints:
    """[user]: position of the reason for which each would leave this day; -1 to stay."""
    every = hazards(pressed, day, annoyed)
    every[TIME] += TIME_HAZARD[state]
    until = np.cumsum(every, axis=0)
    why: Ints = np.minimum((draws[1] * until[-1] >= until).sum(axis=0), len(REASONS) - 1)
    leaving: Flags = (draws[0] < -np.expm1(-until[-1])) & ~np.isin(state, JOURNEY)
    return np.where(leaving, why, -1)


def _moved(pressed: Pressures, day: int, state: Ints, draw: Floats) -> Ints:
    """[user]: the state of each who stays."""
    now: Floats = (np.arange(len(ACTIVITY))[:, None] == state).astype(np.float64)
    until = np.cumsum(moved(now, pressed.journey[day], pressed.busy), axis=0)
    place: Ints = (draw >= until).sum(axis=0)
    return np.minimum(place, len(ACTIVITY) - 1)


def _cancelled(days: Days, left: Ints, reason: Ints, random: np.random.Generator) -> tuple[Ints, Ints]:
    """When leavers say so, and what they state: days later, most of them, and some never."""
    size = len(left)
    tells: Flags = (left >= 0) & (random.random(size) < TELLS)
    day = left + random.geometric(CANCELS, size) - 1
    second = days.number[0] * SECONDS_A_DAY + day * SECONDS_A_DAY + random.integers(0, SECONDS_A_DAY, size)
    stated = np.where(random.random(size) < VAGUE, REASONS.index("other"), reason)
    known = tells & (day < len(days))
    return np.where(known, second, -1), np.where(known, stated, -1)
