"""The audience's datasets: users, shows and events (sessions), with the truth beside them."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from refrain.sessions import REASONS
from sources.world.audience.days import Days, days_of
from sources.world.audience.lives import Lives, lives_of
from sources.world.audience.sessions import choice_of, events_frame, sessions_of
from sources.world.audience.shows import Shows, shows_frame, shows_of
from sources.world.audience.truth import chances_frame, users_truth
from sources.world.audience.users import Users, user_blocks, users_frame
from sources.world.calendar import SECONDS_A_DAY
from sources.world.settings import WorldSettings

Batch = tuple[pl.DataFrame, pl.DataFrame | None]
_CHUNK_DAYS = 28


def audience_users(settings: WorldSettings) -> Iterator[Batch]:
    """Users, a block at a time, and their true selves (see truth.users_truth)."""
    days = days_of(settings)
    for users, lives in _blocks(settings, days, shows_of(settings)):
        yield told_users(users, lives), users_truth(users, days, lives)


def told_users(users: Users, lives: Lives) -> pl.DataFrame:
    """The rows of the users dataset: what these users told of themselves, and of their leaving."""
    return users_frame(users, lives.cancelled, pl.Series(REASONS).gather(lives.stated.clip(0)))


def audience_shows(settings: WorldSettings) -> Iterator[Batch]:
    """All shows; they have no truth."""
    yield shows_frame(shows_of(settings)), None


def audience_truth(settings: WorldSettings) -> Iterator[pl.DataFrame]:
    """The true chances of each user and week end (see truth.chances_frame), a block of users at a time."""
    days = days_of(settings)
    for users, lives in _blocks(settings, days, shows_of(settings)):
        yield chances_frame(users, days, lives)


def audience_events(
    settings: WorldSettings, each_block: Callable[[Users, Lives], None] | None = None
) -> Iterator[pl.DataFrame]:
    """Sessions in the order of their beginning (then of user), four weeks at a time.

    They are made a block of users at a time (each of which `each_block` is shown) and wait on disk until those of all
    users are there: what is held at once is a block's sessions, or four weeks' of all users.
    """
    days, shows = days_of(settings), shows_of(settings)
    choice = choice_of(shows, days)
    with tempfile.TemporaryDirectory(prefix="refrain-audience-") as folder:
        chunks = [Path(folder) / f"{number:04d}" for number in range(-(-len(days) // _CHUNK_DAYS))]
        for chunk in chunks:
            chunk.mkdir()
        for users, lives in _blocks(settings, days, shows):
            sessions = sessions_of(settings, users, days, shows, choice, lives)
            if each_block is not None:
                each_block(users, lives)
            _set_aside(sessions, int(days.number[0]), chunks, f"{users.block:06d}.arrow")
        for chunk in chunks:
            waiting = [pl.read_ipc(part) for part in sorted(chunk.iterdir())]
            if waiting:
                yield events_frame(pl.concat(waiting).sort("login", "user"), shows)


def _blocks(settings: WorldSettings, days: Days, shows: Shows) -> Iterator[tuple[Users, Lives]]:
    for users in user_blocks(settings):
        yield users, lives_of(settings, users, days, shows)


def _set_aside(sessions: pl.DataFrame, first_day: int, chunks: list[Path], name: str) -> None:
    """Write each four weeks' sessions to its chunk."""
    chunk = (pl.col("login") // SECONDS_A_DAY - first_day) // _CHUNK_DAYS
    numbered = sessions.with_columns(chunk.alias("chunk"))
    for (number,), part in numbered.partition_by("chunk", as_dict=True, include_key=False).items():
        part.write_ipc(chunks[int(number)] / name)
