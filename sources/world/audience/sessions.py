"""Sessions: what a day's visits were like. How many there are, and how much stalls, is said by the lives."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from refrain.sessions import LONGEST_MINUTES, SEPARATOR
from sources.world.arrays import Floats, Ints
from sources.world.audience.days import OUTAGE_BUFFERING, OUTAGE_LOST, Days
from sources.world.audience.hours import LOAD, drawn_hours, utc_seconds
from sources.world.audience.lives import Lives, first_days
from sources.world.audience.shows import GENRES, Shows
from sources.world.audience.users import Users, seconds_as_timestamps, user_ids
from sources.world.calendar import SECONDS_A_DAY, weekday
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

MOST_SHOWS = 3
_MORE_SHOWS = 0.33
_LEAST_APART = 240
"""Seconds between two logins of a user."""
_REDRAWS = 8
_MINUTES, _MINUTES_SPREAD = 46.0, 0.7
_NEW_FOR = 40.0
_ALWAYS = 0.12
"""Appeal of a show that is not new any more, relative to its first day."""
_WEEK = 7


@dataclass(frozen=True)
class Choice:
    """What a show's chances are, by genre and week: one rising line of numbers, to be looked up in at once."""

    until: Floats
    """[week, genre, show in the genre], flat: the cumulative share plus the number of the (week, genre) before it."""
    show: Ints
    """The show of each place."""
    first: int
    """Day number on which the first week begins: a Friday, as shows come out on Fridays."""

    def drawn(self, day: Ints, genre: Ints, random: np.random.Generator) -> Ints:
        """A show of each genre that was out on each day."""
        table = (day - self.first) // _WEEK * len(GENRES) + genre
        place = np.searchsorted(self.until, table + random.random(len(day)), side="right")
        return self.show[place]


def choice_of(shows: Shows, days: Days) -> Choice:
    """The chances of all shows in all weeks."""
    first = int(days.number[0] - (weekday(days.number[:1])[0] - 4) % _WEEK)
    weeks = first + _WEEK * np.arange((int(days.number[-1]) - first) // _WEEK + 1)
    until: list[Floats] = []
    place: list[Ints] = []
    for week in weeks:
        age = week - shows.day
        weight = np.where(age >= 0, shows.appeal * (_ALWAYS + np.exp(-np.maximum(age, 0) / _NEW_FOR)), 0.0)
        for genre in range(len(GENRES)):
            mine = np.flatnonzero((shows.genre == genre) & (age >= 0))
            share = np.cumsum(weight[mine])
            until.append(len(until) + np.minimum(share / share[-1], 1.0))
            place.append(mine)
    return Choice(np.concatenate(until), np.concatenate(place), first)


def sessions_of(
    settings: WorldSettings, users: Users, days: Days, shows: Shows, choice: Choice, lives: Lives
) -> pl.DataFrame:
    """The sessions of one block of users, in no particular order, as numbers (see `events_frame`)."""
    random = generator(settings.seed, Stream.AUDIENCE_SESSIONS, users.block)
    user, day = _visits(lives)
    login = _logins(users, days, lives, user, day, random)
    order = np.lexsort((login, user))
    user, day, login = user[order], day[order], login[order]
    kept = np.r_[True, (np.diff(login) >= _LEAST_APART) | (np.diff(user) != 0)][: len(user)]
    user, day, login = user[kept], day[kept], login[kept]
    level = lives.pressures.content_level[day, user]
    watched, genres = _watched(users, days, choice, user, day, level, random)
    minutes = _minutes(user, login, (watched >= 0).sum(axis=0), level, random)
    hours = minutes / 60
    frame = pl.DataFrame(
        {
            "user": users.number[user],
            "login": login,
            **{f"show_{place}": watched[place].astype(np.int32) for place in range(MOST_SHOWS)},
            **{f"genre_{place}": genres[place].astype(np.int8) for place in range(MOST_SHOWS)},
            "minutes": minutes,
            "pauses": random.poisson(users.pauses[user] * hours),
            "buffering": _buffering(users, days, lives, user, day, login, minutes, random),
            "recommended": random.random(len(user)) < np.clip(users.recommended[user] * (1.3 - 0.3 * level), 0, 1),
        }
    )
    # A session is reported when it ends: those still running when the world ends are not known.
    end = (int(days.number[-1]) + 1) * SECONDS_A_DAY
    return frame.filter(pl.Series(login + 60 * minutes < end))


def events_frame(sessions: pl.DataFrame, shows: Shows) -> pl.DataFrame:
    """The rows of the events dataset, in the order of the sessions given."""
    ids = shows.ids
    return pl.DataFrame(
        {
            "user_id": user_ids(sessions["user"]),
            "login_time": seconds_as_timestamps(sessions["login"]),
            "content_watched": _listed(sessions, "show", ids),
            "genres_watched": _listed(sessions, "genre", pl.Series(GENRES)),
            "total_watch_time": sessions["minutes"],
            "num_pauses": sessions["pauses"],
            "buffer_events": sessions["buffering"],
            "was_recommended": sessions["recommended"].cast(pl.Int64),
        }
    )


def _listed(sessions: pl.DataFrame, name: str, words: pl.Series) -> pl.Series:
    """The words of the numbered columns, each once, in one cell."""
    cells = []
    for place in range(MOST_SHOWS):
        number = sessions[f"{name}_{place}"]
        again = number < 0
        for earlier in range(place):
            again |= number == sessions[f"{name}_{earlier}"]
        cells.append(words.gather(number.clip(0)).set(again, None).alias(f"{place}"))
    return pl.select(pl.concat_str(cells, separator=SEPARATOR, ignore_nulls=True)).to_series()


def _visits(lives: Lives) -> tuple[Ints, Ints]:
    """User and day (places) of every session, sorted by both."""
    user, day = np.nonzero(lives.sessions.T)
    count = lives.sessions[day, user]
    return np.repeat(user, count), np.repeat(day, count)


def _logins(users: Users, days: Days, lives: Lives, user: Ints, day: Ints, random: np.random.Generator) -> Ints:
    """Seconds since 1970 at which each session begins: soon after registering, and any hour that is no outage."""
    free, shift = days.free[day], users.shift[user]
    hour = drawn_hours(free, shift, random)
    lost = random.random(len(hour)) < OUTAGE_LOST
    for _ in range(_REDRAWS):
        mine = np.flatnonzero(lost & days.out_of_order(day, hour))
        hour[mine] = drawn_hours(free[mine], shift[mine], random)
    login = utc_seconds(days.number[day], hour, days.offset[day])
    soon = users.registered[user] + random.integers(30, 900, len(user))
    return np.where(first_days(users, days)[user] == day, soon, login)


def _watched(
    users: Users, days: Days, choice: Choice, user: Ints, day: Ints, level: Floats, random: np.random.Generator
) -> tuple[Ints, Ints]:
    """[place, session]: shows and their genres, -1 where no further one was watched.

    Genres are drawn by taste, with a look elsewhere now and then, more often where there is nothing new.
    """
    size = len(user)
    until = np.cumsum(users.tastes, axis=1)
    count = 1 + random.binomial(MOST_SHOWS - 1, _MORE_SHOWS, size)
    shows, genres = np.full((MOST_SHOWS, size), -1), np.full((MOST_SHOWS, size), -1)
    for place in range(MOST_SHOWS):
        by_taste = np.minimum((random.random(size)[:, None] >= until[user]).sum(axis=1), len(GENRES) - 1)
        elsewhere = random.random(size) < np.clip(0.45 - 0.40 * level, 0.05, 0.45)
        genre = np.where(elsewhere, random.integers(0, len(GENRES), size), by_taste)
        show = choice.drawn(days.number[day], genre, random)
        watched = place < count
        shows[place], genres[place] = np.where(watched, show, -1), np.where(watched, genre, -1)
    return shows, genres


def _minutes(user: Ints, login: Ints, shows: Ints, level: Floats, random: np.random.Generator) -> Floats:
    """Minutes watched, to a tenth: less where there is little new, and never into the user's next session."""
    usual = _MINUTES * np.sqrt(shows) * np.clip(level, 0.15, 2.0) ** 0.4
    minutes = usual * np.exp(_MINUTES_SPREAD * random.standard_normal(len(user)))
    free = np.r_[np.diff(login), SECONDS_A_DAY].astype(np.float64)
    last = np.r_[np.diff(user) != 0, True][: len(user)]
    until_next = np.where(last, LONGEST_MINUTES, (free - 60) / 60)
    return np.floor(10 * np.clip(minutes, 1.0, np.minimum(until_next, 600.0))) / 10


def _buffering(
    users: Users, days: Days, lives: Lives, user: Ints, day: Ints, login: Ints, minutes: Floats,
    random: np.random.Generator,
) -> Ints:  # fmt: skip
    """The day's buffering, split among its sessions: more in long ones, busy hours and outages."""
    hour = (login // 3600 + days.offset[day]) % 24
    weight = LOAD[days.free[day].astype(np.int64), hour] * np.sqrt(minutes)
    local = (login % SECONDS_A_DAY) / 3600 + days.offset[day]
    weight *= np.where(days.out_of_order(day, local), 1 + OUTAGE_BUFFERING, 1.0)
    begins = np.flatnonzero(np.r_[True, (np.diff(user) != 0) | (np.diff(day) != 0)][: len(user)])
    count = np.diff(np.r_[begins, len(user)])
    stalls = lives.buffering[day[begins], user[begins]]
    until = np.cumsum(weight)
    before, whole = np.r_[0.0, until][begins], np.add.reduceat(weight, begins)
    where = np.repeat(before, stalls) + random.random(int(stalls.sum())) * np.repeat(whole, stalls)
    low, high = np.repeat(begins, stalls), np.repeat(begins + count - 1, stalls)
    return np.bincount(np.clip(np.searchsorted(until, where, side="right"), low, high), minlength=len(user))
