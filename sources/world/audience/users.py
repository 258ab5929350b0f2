"""Users: who they are, what they like and what they put up with."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from sources.world.arrays import Flags, Floats, Ints
from sources.world.audience.hours import drawn_hours, utc_seconds, zone_offsets
from sources.world.audience.shows import GENRES
from sources.world.calendar import SECONDS_A_DAY, day_number
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

BLOCK = 1500
"""Users made at a time."""
PLANS = ("free", "basic", "standard", "premium")
PRICES: Floats = np.array([0.0, 6.99, 10.99, 15.99])
"""A month of each plan."""
_PLAN_SHARES = (0.22, 0.26, 0.34, 0.18)
_COUNTRIES = ("DE", "AT", "CH", "NL", "PL", "FR", "GB")
_COUNTRY_SHARES = (0.62, 0.10, 0.08, 0.06, 0.06, 0.05, 0.03)
_GENRE_SHARES = np.array([0.16, 0.17, 0.13, 0.10, 0.08, 0.10, 0.10, 0.07, 0.05, 0.04])
_FOUNDERS = 0.25
"""Share of users who had registered before the world began, and were still there then."""
_UNSTATED = 0.04


@dataclass(frozen=True)
class Users:
    """One block of users; arrays are [user] where nothing else is said. Only the first part is ever told."""

    block: int
    number: Ints
    registered: Ints
    """Seconds since 1970, UTC."""
    plan: Ints
    age: Ints
    country: Ints
    preferred: Ints
    """The genre named on registering: not always the one liked best."""
    unstated: Flags
    """[2, user]: who left out age, and who the genre."""

    tastes: Floats
    """[user, genre]: shares that sum to 1."""
    rate: Floats
    """Sessions on a usual day."""
    weekend: Floats
    """Activity at weekends relative to working days."""
    shift: Floats
    """Hours by which the user is later (or earlier) than others."""
    connection: Floats
    """Buffering in a session of the usual length and load."""
    tolerance: Floats
    """Buffering in a session that is put up with."""
    price_sensitivity: Floats
    demands: Floats
    """How much a lack of anything new matters."""
    busyness: Floats
    """Chance a day that something begins to take the user's time."""
    recommended: Floats
    """Share of sessions that begin with a recommendation."""
    pauses: Floats
    """Pauses an hour."""

    def __len__(self) -> int:
        return len(self.number)

    @property
    def ids(self) -> pl.Series:
        """The user ids."""
        return user_ids(pl.Series(self.number))


def user_ids(numbers: pl.Series) -> pl.Series:
    """The id of each user number."""
    return "U" + numbers.cast(pl.String).str.zfill(7)


def user_blocks(settings: WorldSettings) -> Iterator[Users]:
    """All users of the world, one block at a time."""
    for block in range(-(-settings.users // BLOCK)):
        yield _users(settings, block)


def _users(settings: WorldSettings, block: int) -> Users:
    random = generator(settings.seed, Stream.AUDIENCE_USERS, block)
    number = np.arange(block * BLOCK, min((block + 1) * BLOCK, settings.users))
    size = len(number)

    def about(median: float, spread: float) -> Floats:
        return median * np.exp(spread * random.standard_normal(size))

    age = np.clip(np.round(14 + random.gamma(3.2, 7.5, size)), 14, 88).astype(np.int64)
    tastes = random.dirichlet(3.0 * _GENRE_SHARES, size)
    preferred = np.where(
        random.random(size) < 0.8, tastes.argmax(axis=1), random.choice(len(GENRES), size, p=_GENRE_SHARES)
    )
    plan = random.choice(len(PLANS), size=size, p=_PLAN_SHARES)
    shift = np.clip(random.normal(0.0, 1.4, size) + np.where(age < 30, 0.7, 0.0) - np.where(age > 60, 0.8, 0.0), -4, 4)
    young = np.where(age < 28, 1.5, 1.0)
    return Users(
        block, number, _registered(settings, shift, random), plan, age,
        country=random.choice(len(_COUNTRIES), size=size, p=_COUNTRY_SHARES),
        preferred=preferred,
        unstated=random.random((2, size)) < _UNSTATED,
        tastes=tastes,
        rate=about(0.74, 0.35) * np.array([0.8, 0.95, 1.05, 1.2])[plan],
        weekend=random.uniform(0.8, 1.5, size),
        shift=shift,
        connection=about(0.8, 0.6),
        tolerance=about(3.0, 0.15),
        price_sensitivity=about(1.0, 0.3) * young,
        demands=about(1.0, 0.3),
        busyness=about(0.0017, 0.25),
        recommended=random.beta(3.0, 4.0, size),
        pauses=about(0.9, 0.6),
    )  # fmt: skip


def users_frame(users: Users, cancelled: Ints, stated: pl.Series) -> pl.DataFrame:
    """The rows of the users dataset. `cancelled` is in seconds since 1970, below 0 where nobody said anything; `stated`
    holds the reasons that they gave.
    """
    silent = pl.Series(cancelled < 0)
    return pl.DataFrame(
        {
            "user_id": users.ids,
            "registered_at": seconds_as_timestamps(pl.Series(users.registered)),
            "age": pl.Series(users.age).set(pl.Series(users.unstated[0]), None),
            "country": pl.Series(_COUNTRIES).gather(users.country),
            "preferred_genre": pl.Series(GENRES).gather(users.preferred).set(pl.Series(users.unstated[1]), None),
            "subscription": pl.Series(PLANS).gather(users.plan),
            "cancelled_at": seconds_as_timestamps(pl.Series(cancelled)).set(silent, None),
            "churn_reason": stated.set(silent, None),
        }
    )


def seconds_as_timestamps(seconds: pl.Series) -> pl.Series:
    """Seconds since 1970 as timestamps without a zone (UTC)."""
    return (seconds * 1_000_000).cast(pl.Datetime("us"))


def _registered(settings: WorldSettings, shift: Floats, random: np.random.Generator) -> Ints:
    """When each user registered: some before the world began, the others ever more a day."""
    size = len(shift)
    first, last = day_number(settings.start), day_number(settings.end)
    before = first - 1 - np.floor(np.minimum(random.exponential(300.0, size), 900.0))
    since = first + np.floor((last - first + 1) * random.random(size) ** 0.85)
    day = np.where(random.random(size) < _FOUNDERS, before, since).astype(np.int64)
    days, place = np.unique(day, return_inverse=True)
    hour = drawn_hours(np.zeros(size, np.bool_), shift, random)
    # Never in the last minutes of a UTC day: the first session follows soon and still belongs to it.
    latest = day * SECONDS_A_DAY + SECONDS_A_DAY - 1200
    return np.minimum(utc_seconds(day, hour, zone_offsets(days)[place]), latest)
