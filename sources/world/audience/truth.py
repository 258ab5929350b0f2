"""What can be known at best: the chance that a user watches nothing in the two weeks to come, and why they leave.

Somebody who knows the user's true parameters, and sees what the platform sees (the sessions, the buffering in them,
and who has cancelled), still does not see the user's state: whether they have left, are away, or have less time. Each
day's sessions tell something of it. This is the forward algorithm of a hidden Markov model whose states and chances
are those that the lives were drawn from (see leaving), so that nothing is fitted. Then 14 days without a session are
gone through. On such days the buffering felt does not change, so that this is exact, but for what nobody can know
beforehand: moods of the days to come and outages count as their usual selves.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from refrain.sessions import REASONS
from sources.world.arrays import Flags, Floats, Ints
from sources.world.audience.days import Days
from sources.world.audience.leaving import (
    ACTIVITY,
    BUSIER,
    BUSY,
    CANCELS,
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
)
from sources.world.audience.lives import Lives, first_days
from sources.world.audience.users import Users, seconds_as_timestamps
from sources.world.calendar import SECONDS_A_DAY, weekday

HORIZON = 14
"""Days after as_of without a session: what `p_silent` is the chance of."""
ACTIVE_WITHIN = 28
"""Days up to as_of in which a user must have begun a session."""
_SUNDAY = 6


@dataclass(frozen=True)
class Belief:
    """How likely each state is, or a part of it: together at most 1."""

    present: Floats
    """[state, ...]: has not left, and is in the state."""
    telling: Floats
    """[reason, ...]: has left for that reason, and is going to cancel."""
    silent: Floats
    """[reason, ...]: has left for that reason, and never says so."""

    def day_later(self, leaving: Floats, journey: Floats, busy: Floats) -> Self:
        """After the moves of a day. `leaving` is [reason, ...], the hazards of one as usual."""
        every, staying = leaving.sum(axis=0), self.present.copy()
        gone = np.zeros_like(self.silent)
        for state in (USUAL, BUSY, BUSIER):
            hazard = every + TIME_HAZARD[state]
            chance = -np.expm1(-hazard)
            by_hazard = self.present[state] * chance / hazard
            gone += by_hazard * leaving
            gone[TIME] += by_hazard * TIME_HAZARD[state]
            staying[state] *= 1 - chance
        stay = moved(staying, journey, busy)
        return type(self)(stay, self.telling + TELLS * gone, self.silent + (1 - TELLS) * gone)

    def without_a_session(self, rate: Floats) -> Self:
        """The part of it in which a day of `rate` sessions of one as usual passes without any."""
        activity = ACTIVITY.reshape(-1, *[1] * rate.ndim)
        return type(self)(self.present * np.exp(-activity * rate), self.telling, self.silent)

    @property
    def total(self) -> Floats:
        """Its sum over all states."""
        whole: Floats = self.present.sum(axis=0) + self.telling.sum(axis=0) + self.silent.sum(axis=0)
        return whole


def users_truth(users: Users, days: Days, lives: Lives) -> pl.DataFrame:
    """The oracle of users: true parameters, the day of leaving and the true reason.

    left_at is the first moment of the UTC day on which a user left, before any session of it; empty for those who
    were still there at the world's end.
    """
    left = lives.left >= 0
    moment = (days.number[0] + lives.left.clip(0)) * SECONDS_A_DAY
    return pl.DataFrame(
        {
            "user_id": users.ids,
            "sessions_a_day": pl.Series(users.rate).round(5),
            "later_hours": pl.Series(users.shift).round(3),
            "connection": pl.Series(users.connection).round(4),
            "tolerance": pl.Series(users.tolerance).round(4),
            "price_sensitivity": pl.Series(users.price_sensitivity).round(4),
            "demands": pl.Series(users.demands).round(4),
            "busyness": pl.Series(users.busyness).round(6),
            "left_at": seconds_as_timestamps(pl.Series(moment)).set(pl.Series(~left), None),
            "reason": pl.Series(REASONS).gather(lives.reason.clip(0)).set(pl.Series(~left), None),
        }
    )


def chances_frame(users: Users, days: Days, lives: Lives) -> pl.DataFrame:
    """The oracle of events: a row for each user and Sunday (UTC, the day's end), sorted by user, then Sunday.

    The users are those who began a session in the 28 days up to it, and have not cancelled by then. Columns: user_id,
    as_of, p_silent = P(no session begins in the 14 days after as_of), and p_<reason> for each of REASONS = P(that is
    the stated reason | silent for these 14 days, having left by their end, and going to state a reason).
    """
    sundays = np.flatnonzero((weekday(days.number) == _SUNDAY) & (np.arange(len(days)) < len(days) - HORIZON))
    known = beliefs(users, days, lives, sundays)
    ahead = _two_weeks_later(known, lives.pressures, lives.felt[sundays], sundays)
    stated = ahead.telling / ahead.telling.sum(axis=0)
    stated = (1 - VAGUE) * stated
    stated[REASONS.index("other")] += VAGUE
    user, sunday = np.nonzero(_asked(days, lives, sundays).T)
    chances = {f"p_{reason}": stated[place, sunday, user] for place, reason in enumerate(REASONS)}
    return pl.DataFrame(
        {
            "user_id": users.ids.gather(user),
            "as_of": pl.Series(days.number[sundays[sunday]].astype("datetime64[D]")),
            "p_silent": pl.Series(ahead.total[sunday, user]).round(6),
            **{name: pl.Series(chance).round(6) for name, chance in chances.items()},
        }
    )


def beliefs(users: Users, days: Days, lives: Lives, at: Ints) -> Belief:
    """What is known of each user's state at the end of the days `at`; arrays are [state or reason, place in at, user].

    Before a user has registered they are as usual, whatever the day.
    """
    pressed, begin = lives.pressures, first_days(users, days)
    belief = _newcomers(len(users))
    found: list[Belief] = []
    wanted = set(at.tolist())
    for day in range(int(at[-1]) + 1):
        felt = lives.felt[day - 1] if day else users.connection
        annoyed = annoyance(felt, pressed.tolerance)
        leaving = hazards(pressed, day, annoyed)
        rate = pressed.rate[day] * pressed.unforeseen[day] * patience(annoyed)
        later = belief.day_later(leaving, pressed.journey[day], pressed.busy)
        later = _seen(later, rate, lives.sessions[day])
        belief = _where(begin < day, later, _newcomers(len(users)))
        if day in wanted:
            found.append(belief)
    return Belief(*(np.stack(parts, axis=1) for parts in zip(*map(_arrays, found), strict=True)))


def _newcomers(users: int) -> Belief:
    present, left = np.zeros((len(ACTIVITY), users)), np.zeros((len(REASONS), users))
    present[USUAL] = 1.0
    return Belief(present, left, left)


def _seen(belief: Belief, rate: Floats, sessions: Ints) -> Belief:
    """The belief after a day with so many sessions, and without a cancellation; it sums to 1."""
    quiet = belief.without_a_session(rate)
    there = sessions > 0
    present = quiet.present * ACTIVITY[:, None] ** np.minimum(sessions, 50)
    telling = np.where(there, 0.0, quiet.telling * (1 - CANCELS))
    seen = Belief(present, telling, np.where(there, 0.0, quiet.silent))
    return Belief(*(part / seen.total for part in _arrays(seen)))


def _where(chosen: Flags, one: Belief, other: Belief) -> Belief:
    return Belief(*(np.where(chosen, a, b) for a, b in zip(_arrays(one), _arrays(other), strict=True)))


def _arrays(belief: Belief) -> tuple[Floats, Floats, Floats]:
    return belief.present, belief.telling, belief.silent


def _two_weeks_later(belief: Belief, pressed: Pressures, felt: Floats, at: Ints) -> Belief:
    """The part of the belief in which no session begins in the days after those at which it was held."""
    annoyed = annoyance(felt, pressed.tolerance)
    for ahead in range(1, HORIZON + 1):
        day = at + ahead
        leaving = hazards(pressed, day, annoyed)
        belief = belief.day_later(leaving, pressed.journey[day][:, None], pressed.busy)
        belief = belief.without_a_session(pressed.rate[day] * patience(annoyed))
    return belief


def _asked(days: Days, lives: Lives, at: Ints) -> Flags:
    """[place in at, user]: began a session in the 28 days up to the day's end, and has not cancelled by then."""
    total = np.concatenate([np.zeros((1, lives.sessions.shape[1]), np.int64), np.cumsum(lives.sessions, axis=0)])
    active = total[at + 1] > total[np.maximum(at + 1 - ACTIVE_WITHIN, 0)]
    cancelled = np.where(lives.cancelled >= 0, lives.cancelled // SECONDS_A_DAY - days.number[0], len(days))
    asked: Flags = active & (cancelled[None] > at[:, None])
    return asked
