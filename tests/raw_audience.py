"""Small random audiences for tests: silences, midnights, clock changes, leavers with and without a word."""

import random
from datetime import datetime, timedelta
from typing import Any

from refrain.sessions import REASONS, SEPARATOR

Row = dict[str, Any]

START = datetime(2023, 10, 16)
"""Before the clocks go back, in Europe and in America; `DAYS` later they have gone forward again."""
DAYS = 175
_USERS = 100
_GENRES = ("comedy", "crime", "drama", "sport")
_WORDS = (*REASONS, "too dear", " Quality ", "moved away", "", None)


def random_users(seed: int, users: int = _USERS) -> list[Row]:
    """Users, some registered long before or only late, some who say that they leave, with a reason or without one.

    `user 3`, 13 and so on have sessions and are not listed.
    """
    chance = random.Random(f"users {seed}")
    listed = []
    for number in range(users):
        person = {
            "user_id": f"user {number}",
            "registered_at": START + timedelta(days=chance.randrange(-300, 120), seconds=_second(chance)),
            "age": chance.choice([None, 9, 17, 18, 24, 33, 54, 65, 90]),
            "country": chance.choice(["BR", "DE", "US"]),
            "preferred_genre": chance.choice([None, *_GENRES, "opera"]),
            "subscription": chance.choice(["basic", "free", "premium"]),
            "cancelled_at": None,
            "churn_reason": None,
        }
        left = _left_on(seed, number)
        if left < DAYS and chance.random() < 0.8:
            said = timedelta(days=left + chance.randrange(20), seconds=_second(chance))
            person |= {"cancelled_at": START + said, "churn_reason": chance.choice(_WORDS)}
        if number % 10 != 3:
            listed.append(person)
    return listed


def random_events(seed: int, users: int = _USERS) -> list[Row]:
    """Sessions of users of all rhythms: gone for good or silent for weeks, over midnight, at the same second, unstated.

    `user 7`, 17 and so on begin only near the end.
    """
    chance = random.Random(f"events {seed}")
    sessions = []
    for number in range(users):
        first, last = (DAYS - 30 if number % 10 == 7 else chance.randrange(40)), _left_on(seed, number)
        rate, pause = chance.choice([0.08, 0.3, 0.8]), chance.randrange(DAYS)
        for day in range(first, last):
            if pause <= day < pause + 25:
                continue
            sessions += [_session(chance, number, day) for _ in range(2) if chance.random() < rate]
    # Two users in the same second, and one user's two shows at once.
    sessions += [row | {"user_id": "user 1", "content_watched": "show 0"} for row in sessions[::40]]
    return list({(row["user_id"], row["login_time"], row["content_watched"]): row for row in sessions}.values())


def random_shows(seed: int, shows: int = 40) -> list[Row]:
    """Shows of before and within the days of the events; some are of no genre or day."""
    chance = random.Random(f"shows {seed}")
    return [
        {
            "show_id": f"show {number}",
            "title": f"The {number}",
            "genre": chance.choice([None, *_GENRES]),
            "duration_min": chance.choice([None, 22.0, 95.5]),
            "released_at": chance.choice([None, (START + timedelta(days=chance.randrange(-40, DAYS))).date()]),
            "rating": chance.choice([None, round(chance.uniform(0, 10), 1)]),
        }
        for number in range(shows)
    ]


def random_hourly_users(seed: int, days: int = 120) -> list[Row]:
    """Users by hour with a daily and a weekly rhythm, hours without any, and gaps of an hour, of a day and of weeks."""
    chance = random.Random(f"hourly users {seed}")
    gaps = dict(zip(chance.sample(range(days), 4), (1, 5, 24, 400), strict=True))
    missing = {24 * day + hour for day, length in gaps.items() for hour in range(7, 7 + length)}
    readings = []
    for place in range(24 * days):
        moment = START + timedelta(hours=place)
        rhythm = (1 + (place % 24)) * (1.5 if moment.weekday() > 4 else 1.0)
        users = 0.0 if chance.random() < 0.02 else round(rhythm * chance.uniform(5, 9), chance.randrange(3))
        if place not in missing:
            readings.append({"hour": moment, "users": users})
    return readings


def _left_on(seed: int, number: int) -> int:
    """The day after which a user has no session: beyond the last for those who stay."""
    chance = random.Random(f"leaving {seed} {number}")
    return chance.choice([DAYS, chance.randrange(45, DAYS), chance.randrange(45, DAYS)])


def _session(chance: random.Random, number: int, day: int) -> Row:
    return {
        "user_id": f"user {number}",
        "login_time": START + timedelta(days=day, seconds=_second(chance)),
        "content_watched": _list(chance, [f"show {show}" for show in range(45)]),
        "genres_watched": _list(chance, _GENRES),
        "total_watch_time": chance.choice([None, 0.0, 30.0, 1440.0, round(chance.lognormvariate(3.5, 1), 2) % 1440]),
        "num_pauses": chance.choice([None, *range(6)]),
        "buffer_events": chance.choice([None, *range(4)]),
        "was_recommended": chance.choice([None, 0, 1]),
    }


def _second(chance: random.Random) -> int:
    """A second of the day, often its first, its last, or one in the evening."""
    return chance.choice([0, 3_600, 84_600, 86_399, chance.randrange(86_400), chance.randrange(60_000, 86_400)])


def _list(chance: random.Random, entries: Any) -> str | None:
    return SEPARATOR.join(chance.choices(entries, k=chance.randrange(4))) or None
