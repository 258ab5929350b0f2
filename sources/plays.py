"""From what people played to users, shows and sessions: the part that all histories of plays share."""

from collections.abc import Mapping
from itertools import pairwise

import polars as pl
from pydantic import Field

from refrain.datasets import EVENTS, SHOWS, USERS, Dataset
from refrain.sessions import LONGEST_MINUTES, SEPARATOR
from refrain.settings import Frozen
from sources.addresses import without_addresses

PLAYS: Mapping[str, pl.DataType] = {
    "user": pl.String(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "show_id": pl.String(),
    "title": pl.String(),
    "country": pl.String(),
}
"""Columns of a frame of plays: one row a play. `country` may be null."""
_MINUTE = 60_000_000  # microseconds


class PlayOptions(Frozen):
    """What may be said about a history of plays."""

    gap_minutes: float = Field(default=30, gt=0, le=LONGEST_MINUTES)
    """A session ends where nothing is played for so long."""
    country: str = Field(default="unknown", min_length=1)
    """Of users whose plays do not say it."""
    subscription: str = Field(default="unknown", min_length=1)
    """The users' plan: no history says it."""


def rows_of(dataset: Dataset, plays: pl.DataFrame, options: PlayOptions) -> pl.DataFrame:
    """What `plays` are in a dataset: its users, its shows, or sessions."""
    made = {USERS.name: _users, SHOWS.name: _shows, EVENTS.name: _sessions}
    return made[dataset.name](plays.unique(maintain_order=True), options)


def plain(text: str) -> str:
    """A name that can stand in a list: in one line, without the list's separator and without e-mail addresses."""
    (struck,) = without_addresses([text])
    return " ".join(struck.replace(SEPARATOR, "/").replace("\0", " ").split())


def _users(plays: pl.DataFrame, options: PlayOptions) -> pl.DataFrame:
    """A user for each one who plays, registered with the first play, in the country of the first that says one."""
    return (
        plays.sort("user", "start", "end", "show_id")
        .group_by("user", maintain_order=True)
        .agg(
            registered_at=pl.col("start").first().dt.truncate("1s"),
            country=pl.col("country").drop_nulls().first(),
        )
        .select(
            pl.col("user").alias("user_id"),
            "registered_at",
            pl.col("country").fill_null(options.country),
            pl.lit(options.subscription).alias("subscription"),
        )
    )


def _shows(plays: pl.DataFrame, _: PlayOptions) -> pl.DataFrame:
    """A show for each id; of several titles, the first in byte order."""
    return plays.group_by("show_id").agg(pl.col("title").min()).sort("show_id")


def _sessions(plays: pl.DataFrame, options: PlayOptions) -> pl.DataFrame:
    """Plays of a user with less than a gap between them are one session, but none is longer than a day.

    Its minutes are those from the first play's beginning to the last one's end, silences within them included: that is
    when it is over, and known.
    """
    ordered = plays.sort("user", "start", "end", "show_id")
    numbers = _numbered(ordered, round(options.gap_minutes * _MINUTE))
    begun, ended = pl.col("start").min().dt.truncate("1s"), pl.col("end").max()
    return (
        ordered.with_columns(pl.Series("session", numbers, dtype=pl.Int64))
        .group_by("session", maintain_order=True)
        .agg(
            user_id=pl.col("user").first(),
            login_time=begun,
            content_watched=pl.col("show_id").str.join(SEPARATOR),
            total_watch_time=((ended - begun).dt.total_microseconds() / _MINUTE).clip(0, LONGEST_MINUTES).round(2),
        )
        .drop("session")
    )


def _numbered(ordered: pl.DataFrame, gap: int) -> list[int]:
    """The session's number of each play."""
    longest = int(LONGEST_MINUTES * _MINUTE)
    rows = list(zip(ordered["user"], ordered["start"].dt.timestamp(), ordered["end"].dt.timestamp(), strict=True))
    numbers, number = [0] * min(1, len(rows)), 0
    if rows:
        _, begun, over = rows[0]
    for (user, _, _), (next_user, start, end) in pairwise(rows):
        if next_user != user or start - over >= gap or max(over, end) - begun > longest:
            number, begun, over = number + 1, start, end
        over = max(over, end)
        numbers.append(number)
    return numbers
