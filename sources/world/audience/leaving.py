"""What makes users leave, go quiet for a while, or stay: states, and the chances of moving between them each day.

A user is in one of five states: as usual; with less time than before; with hardly any; on a journey (in two stages, so
that hardly any is over after a day). From any but a journey they may leave for good, for one of REASONS: each has a
hazard a day, and the hazards add up. The chances depend on the user, the day, and the buffering felt in the sessions so
far; given these, nothing else matters for the days to come. So what can be known of a user who is silent can be summed
up exactly (see truth).
"""

from dataclasses import dataclass

import numpy as np

from refrain.sessions import REASONS
from sources.world.arrays import Floats, Ints
from sources.world.audience.days import Days
from sources.world.audience.shows import Shows
from sources.world.audience.users import PRICES, Users
from sources.world.calendar import SECONDS_A_DAY

ACTIVITY: Floats = np.array([1.0, 0.5, 0.2, 0.0, 0.0])
"""Sessions in each state, relative to the usual."""
USUAL, BUSY, BUSIER, AWAY, RETURNING = range(len(ACTIVITY))
JOURNEY = (AWAY, RETURNING)
TIME: int = REASONS.index("time")
TIME_HAZARD: Floats = np.array([0.0, 0.006, 0.045, 0.0, 0.0])
"""Chance a day of leaving in each state for want of time."""
_BUSIER, _RECOVERED, _JOURNEY_STAGE = 0.05, 0.012, 0.22
_PRICE, _CONTENT, _QUALITY, _OTHER = 0.00026, 0.00015, 0.05, 0.00014
"""Hazards a day of the usual user."""
OFFER_DAYS = 182
"""The price that a user joins for holds for half a year."""
_OFFER_JUMP, _OFFER_FELT = 90.0, 14.0
_RISES = (0.35, 0.68, 0.9)
"""When all prices rise, as shares of the world's days."""
_RISE_JUMP, _RISE_FELT = 1.0, 30.0
_TRIAL_JUMP, _TRIAL_DAYS = 90.0, 20.0
"""Who only wanted to have a look leaves soon, for reasons that are none of the others."""

TELLS = 0.6
"""Share of leavers who cancel and state a reason; the others go without a word."""
CANCELS = 0.15
"""Chance a day, from the day of leaving on, that one who is going to cancel does so."""
VAGUE = 0.05
"""Share of stated reasons that are "other" whatever the true one."""


@dataclass(frozen=True)
class Pressures:
    """What drives one block of users; arrays are [day, user]."""

    rate: Floats
    """Expected sessions of one as usual, but for the buffering felt and for `unforeseen`."""
    unforeseen: Floats
    """Factor of `rate` by what nobody knows beforehand: the mood of the day and outages."""
    price: Floats
    """Hazards a day."""
    content: Floats
    other: Floats
    journey: Floats
    """[day]: chance to set out."""
    busy: Floats
    """[user]: chance a day that something begins to take one's time."""
    tolerance: Floats
    """[user]"""
    content_level: Floats
    """How much there is to watch for a user, about 1 on the mean day."""


def pressures(users: Users, days: Days, shows: Shows, unforeseen: Floats) -> Pressures:
    """What drives these users on each of the world's days."""
    level = (users.tastes @ shows.newness(days.number)).T
    pull = (users.tastes @ shows.pull(days.number)).T
    rate = days.calendar[:, None] * np.where(days.weekend[:, None], users.weekend, 1.0) * users.rate
    rate *= (1 + 0.35 * pull) * np.clip(level, 0.15, 2.0) ** 0.25
    content = _CONTENT * users.demands * np.exp(np.minimum(5.0 * (1 - level), 4.2))
    return Pressures(
        rate, unforeseen, _price_hazard(users, days), content, _other_hazard(users, days), days.leave, users.busyness,
        users.tolerance, level,
    )  # fmt: skip


def _price_hazard(users: Users, days: Days) -> Floats:
    jump = 1 + _fading(_tenure(users, days) - OFFER_DAYS, _OFFER_JUMP, _OFFER_FELT)
    for share in _RISES:
        jump += _fading(np.arange(len(days)) - round(share * len(days)), _RISE_JUMP, _RISE_FELT)[:, None]
    hazard: Floats = _PRICE * jump * users.price_sensitivity * (PRICES[users.plan] / PRICES[2])
    return hazard


def _other_hazard(users: Users, days: Days) -> Floats:
    return _OTHER * (1 + _fading(_tenure(users, days), _TRIAL_JUMP, _TRIAL_DAYS))


def _tenure(users: Users, days: Days) -> Ints:
    """[day, user]: days since registering, below 0 before."""
    return days.number[:, None] - users.registered // SECONDS_A_DAY


def _fading(since: Ints, jump: float, felt: float) -> Floats:
    """`jump` on day 0, fading over `felt` days; 0 before."""
    fading: Floats = np.where(since >= 0, jump * np.exp(-np.maximum(since, 0) / felt), 0.0)
    return fading


def annoyance(felt: Floats, tolerance: Floats) -> Floats:
    """By how much the buffering felt is beyond what is put up with: 0 to 2."""
    return np.clip(felt / tolerance - 1.0, 0.0, 2.0)


def patience(annoyed: Floats) -> Floats:
    """Sessions relative to those of one who is not annoyed."""
    activity: Floats = np.exp(-0.3 * annoyed)
    return activity


def hazards(pressed: Pressures, day: int | Ints, annoyed: Floats) -> Floats:
    """[reason, place in day (where there are several), user]: chance a day to leave, before the others are subtracted.

    Those of a user as usual: TIME_HAZARD comes on top in other states, and nobody leaves while on a JOURNEY.
    """
    causes = {
        "price": pressed.price[day],
        "quality": _QUALITY * annoyed,
        "content": pressed.content[day],
        "other": pressed.other[day],
    }
    every = np.zeros((len(REASONS), *annoyed.shape))
    for place, reason in enumerate(REASONS):
        every[place] = causes.get(reason, 0.0)
    return every


def moved(state_weights: Floats, journey: Floats, busy: Floats) -> Floats:
    """[state, ...]: the weights a day later, of those who stay."""
    usual, first, second, away, returning = state_weights
    return np.stack(
        [
            usual * (1 - journey - busy) + _RECOVERED * (first + second) + _JOURNEY_STAGE * returning,
            usual * busy + first * (1 - _BUSIER - _RECOVERED),
            first * _BUSIER + second * (1 - _RECOVERED),
            usual * journey + away * (1 - _JOURNEY_STAGE),
            away * _JOURNEY_STAGE + returning * (1 - _JOURNEY_STAGE),
        ]
    )
