"""A Spotify account's streaming history, as Spotify sends it: short or extended."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from math import isnan
from pathlib import Path

import polars as pl
from pydantic import Field

from refrain.datasets import EVENTS, SHOWS, USERS
from refrain.errors import InputError
from refrain.sessions import LONGEST_MINUTES
from sources.addresses import without_address
from sources.importing import Plan, chosen_dataset, existing_path, importing
from sources.plays import PLAYS, PlayOptions, plain, rows_of
from sources.rejects import Reject
from sources.source import Destination, ImportReport, Source
from sources.spotify_files import CELLS, Play, read_plays
from sources.times import read_times

NAME = "spotify-history"
_BATCH = 50_000
_UNKNOWN_COUNTRY = "ZZ"


class Options(PlayOptions):
    """What may be said about the history."""

    user: str = Field(default="listener", min_length=1, pattern=r"^[^@]*$")
    """What the account's holder is called in the datasets: the account's name is read nowhere."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import a history as `users`, `shows` or `events`; see sources.source.Source. Holds some 200 bytes a play.

    * `path` is a file of the history, a folder or the zip with its files; what else they hold is left alone.
    * A record is of the end of a play (UTC), in the short form to the minute. What was played is a show: a track, an
      episode, a chapter. It is named by its URI, in the short form by who made it and its title.
    * Plays with less than `gap_minutes` between them are one session; see sources.plays.
    * The account's name, its addresses on the network and its devices reach neither the dataset nor the refused rows.

    Raises InputError where there are plays of several accounts.
    """
    kind, place = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    if columns:
        raise InputError(f"{NAME} knows its columns, and takes no mapping of them.", hint="Leave --column out.")
    records, accounts, frames = read_plays(place), set[str](), [pl.DataFrame(schema=dict(PLAYS))]
    rejects, read = [], 0
    with importing(Plan(place, kind, CELLS), destination) as under_way:
        while batch := list(islice(records, _BATCH)):
            _require_one_account(place, accounts, batch)
            plays, refused = _typed(batch, options.user, destination.received_on)
            read += len(batch)
            frames.append(plays)
            rejects += refused
        under_way.take(read, rows_of(kind, pl.concat(frames), options), rejects)
        return under_way.finish()


def _require_one_account(place: Path, known: set[str], batch: list[Play]) -> None:
    known.update(str(play.account) for play in batch if play.account is not None)
    if len(known) > 1:
        raise InputError(f"{place} holds the plays of {len(known)} accounts.", hint="Import one account's at a time.")


def _typed(batch: list[Play], user: str, received_on: date | None) -> tuple[pl.DataFrame, list[Reject]]:
    ended, _ = read_times(pl.Series([_text(play.ended) for play in batch], dtype=pl.String))
    latest = None if received_on is None else datetime.combine(received_on + timedelta(days=1), datetime.min.time())
    kept: list[dict[str, object]] = []
    rejects = []
    for play, end in zip(batch, ended, strict=True):
        fault = _fault(play, end, latest)
        if fault is None:
            kept.append(_row(play, end, user))
        else:
            rejects.append(without_address(Reject(play.number, fault, play.cells)))
    return pl.DataFrame(kept, schema=dict(PLAYS)), rejects


def _fault(play: Play, end: datetime | None, latest: datetime | None) -> str | None:
    """Why a record is no play, as a phrase."""
    return next(_faults(play, end, latest), None)


def _faults(play: Play, end: datetime | None, latest: datetime | None) -> Iterator[str]:
    played = play.milliseconds
    if end is None:
        yield "its time is none" if play.ended is not None else "it has no time"
    elif latest is not None and end >= latest:
        yield "ended later than the day the data was received"
    if isinstance(played, bool) or not isinstance(played, int | float) or isnan(played):
        yield "the time played is not a number"
    elif played < 0:
        yield "the time played is negative"
    elif played > LONGEST_MINUTES * 60_000:
        yield "played for longer than a day"
    elif played == 0:
        yield "played for no time"
    if _name(play) is None:
        yield "names nothing that was played"


def _row(play: Play, end: datetime, user: str) -> dict[str, object]:
    name = _name(play)
    country = _text(play.country)
    known = country is not None and country != _UNKNOWN_COUNTRY
    return {
        "user": user,
        "start": end - timedelta(milliseconds=float(play.milliseconds)),
        "end": end,
        "show_id": plain(str(play.uri)) if play.uri is not None else name,
        "title": name,
        "country": plain(country) if country is not None and known else None,
    }


def _name(play: Play) -> str | None:
    """Who made it and its title; None where it has no title."""
    title = plain(_text(play.title) or "")
    by = plain(_text(play.by) or "")
    return (f"{by} - {title}" if by else title) or None if title else None


def _text(value: object) -> str | None:
    return None if value is None else str(value).encode("utf-8", "replace").decode()


def _holds(path: Path, options: Options, columns: Mapping[str, str] | None) -> tuple[str, ...]:
    return SOURCE.datasets


SOURCE = Source(
    name=NAME,
    title="a Spotify account's streaming history: a JSON file, a folder of them, or the zip that Spotify sends",
    datasets=(USERS.name, SHOWS.name, EVENTS.name),
    options_type=Options,
    load=load,
    reads_folder=True,
    holds=_holds,
)
