"""A Netflix account's viewing activity: the list that the site shows, or the file that comes with all of one's data."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

import polars as pl
from pydantic import Field

from refrain.datasets import EVENTS, SHOWS, USERS
from refrain.sessions import LONGEST_MINUTES
from sources.addresses import without_address
from sources.cells import CellReader, dates, read_cells
from sources.importing import Plan, chosen_dataset, existing_path, importing, with_notes
from sources.netflix_dates import told_format
from sources.netflix_titles import show_of
from sources.plays import PLAYS, PlayOptions, plain, rows_of
from sources.rejects import Reject
from sources.source import Destination, ImportReport, Source
from sources.tabular import Batch, FileOptions, Row, header_row, in_batches, locate, read_rows
from sources.times import DateFormat, TimeZone, read_times

NAME = "netflix"
_TRAILER = "a trailer or a scene, no show"
_LATER = "later than the day the data was received"
_TOO_LONG = "watched for longer than a day"
_SAMPLE_ROWS = 5000


class Options(FileOptions, PlayOptions):
    """What may be said about the file."""

    user: str = Field(default="viewer", min_length=1, pattern=r"^[^@]*$")
    """Who watched, where the file does not say."""
    date_format: DateFormat | None = None
    """strftime's letters for the days of the short form, where what they mean cannot be told."""
    timezone: TimeZone = "UTC"
    """The zone of times that carry none: Netflix writes UTC."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import a history as `users`, `shows` or `events`; see sources.source.Source. Holds some 200 bytes a row.

    * With Start Time and Duration: each Profile Name is a user, and what a profile watches with less than `gap_minutes`
      between is one session; see sources.plays. What is marked as a trailer, a hook or the like is refused.
    * With Title and Date alone: what was watched on a day is one session, which begins with the day; for how long is
      unknown. How days are written is told by their sequence.
    * "Show: Season 1: Episode" is of the show; any other title is a show by itself.
    """
    kind, file = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    rows = read_rows(file, options, NAME)
    header = header_row(file, rows)
    detailed = "Start Time" in {*header, *(columns or {}).values()} or "start" in (columns or {})
    names = _DETAILED if detailed else _SHORT
    wanted = {name: (columns or {}).get(name, theirs) for name, theirs in names.items()}
    required = ("title", "start", "duration") if detailed else ("title", "day")
    positions = locate(file, header, wanted, [*required, *(columns or {})], source=NAME, hint=_HINT)
    latest = None if destination.received_on is None else destination.received_on + timedelta(days=1)
    notes: list[str] = []
    pattern = None
    if not detailed:
        sample = list(islice(rows, _SAMPLE_ROWS))
        pattern = options.date_format or _format_of(file, sample, positions["day"], len(header), notes)
        rows = chain(sample, rows)
    readers = _readers(header, positions, options, pattern)
    frames, rejects, read = [pl.DataFrame(schema=dict(PLAYS))], list[Reject](), 0
    with importing(Plan(file, kind, header), destination) as under_way:
        for batch in in_batches(rows, len(header)):
            plays, refused = _typed(batch, readers, options, latest)
            read += len(batch.rows) + len(batch.torn)
            frames.append(plays)
            rejects += map(without_address, refused)
        plays = pl.concat(frames)
        made = rows_of(kind, plays, options) if detailed else _short_rows(kind.name, plays, options)
        under_way.take(read, made, rejects)
        return with_notes(under_way.finish(), notes)


_DETAILED = {
    "user": "Profile Name",
    "start": "Start Time",
    "duration": "Duration",
    "title": "Title",
    "kind": "Supplemental Video Type",
    "country": "Country",
}
_SHORT = {"title": "Title", "day": "Date"}
_HINT = "A history has the columns Title and Date, or Title, Start Time, Duration and Profile Name."


def _format_of(path: Path, sample: list[Row], place: int, width: int, notes: list[str]) -> DateFormat:
    cells = [row.cells[place].strip() for row in sample if len(row.cells) == width]
    pattern, guessed = told_format(path, pl.Series(cells, dtype=pl.String), NAME)
    if guessed:
        notes.append(
            f"Its days may be written in several ways and were taken as {pattern}; if they are not, set"
            f" sources.{NAME}.date_format in params.yaml."
        )
    return pattern


def _readers(
    header: list[str], positions: Mapping[str, int], options: Options, pattern: DateFormat | None
) -> list[CellReader]:
    def times(text: pl.Series) -> pl.Series:
        return read_times(text, options.timezone)[0]

    def days(text: pl.Series) -> pl.Series:
        return dates(text, pattern or "%Y-%m-%d").cast(pl.Datetime("us"))

    kinds = {
        "start": (times, "a time"),
        "day": (days, f"a date ({pattern})"),
        "duration": (_microseconds, "a duration (H:MM:SS)"),
    }
    readers = []
    for name, position in positions.items():
        parse, kind = kinds.get(name, (_as_it_is, "text"))
        required = name not in ("user", "kind", "country")
        readers.append(CellReader(name, header[position], position, required, parse, kind))
    return readers


def _as_it_is(text: pl.Series) -> pl.Series:
    return text


def _microseconds(text: pl.Series) -> pl.Series:
    parts = text.str.extract_groups(r"^(\d{1,4}):([0-5]?\d):([0-5]?\d)$").struct.unnest().cast(pl.Int64)
    hours, minutes, seconds = parts.columns
    total = (pl.col(hours) * 60 + pl.col(minutes)) * 60 + pl.col(seconds)
    return parts.select(total * 1_000_000).to_series()


def _typed(
    batch: Batch, readers: list[CellReader], options: Options, latest: date | None
) -> tuple[pl.DataFrame, list[Reject]]:
    """The plays of a batch, as sources.plays.PLAYS says, and the rows that are none."""
    typed = read_cells(batch, readers)
    rejects = list(typed.rejects)
    cells = {row.line: row.cells for row in batch.rows}
    kept = []
    for row in typed.frame.iter_rows(named=True):
        begun: datetime = row["start"] if "start" in row else row["day"]
        played = timedelta(microseconds=row.get("duration") or 0)
        fault = next(_faults(row, begun + played, played, latest), None)
        if fault is not None:
            rejects.append(Reject(row["line"], fault, cells[row["line"]]))
            continue
        show = show_of(row["title"])
        country = (row.get("country") or "").split(" (")[0]
        kept.append((plain(row.get("user") or options.user), begun, begun + played, show, show, country or None))
    return pl.DataFrame(kept, schema=dict(PLAYS), orient="row"), rejects


def _faults(row: Mapping[str, object], end: datetime, played: timedelta, latest: date | None) -> Iterator[str]:
    """Why a row is nothing that was watched, as phrases."""
    if row.get("kind"):
        yield _TRAILER
    if not plain(str(row["title"])):
        yield "Title is empty"
    if played > timedelta(minutes=LONGEST_MINUTES):
        yield _TOO_LONG
    if latest is not None and end.date() >= latest:
        yield _LATER


def _short_rows(dataset: str, plays: pl.DataFrame, options: Options) -> pl.DataFrame:
    """What days of titles are in a dataset: a day is a session, of its titles in the order they were watched."""
    if dataset != EVENTS.name:
        return rows_of({USERS.name: USERS, SHOWS.name: SHOWS}[dataset], plays, options)
    steps = plays["start"].diff().dt.total_days()
    newest_first = int((steps < 0).sum()) >= int((steps > 0).sum())
    ordered = plays.reverse() if newest_first else plays
    return (
        ordered.group_by("user", "start", maintain_order=True)
        .agg(pl.col("show_id").str.join("|"))
        .rename({"user": "user_id", "start": "login_time", "show_id": "content_watched"})
    )


def _holds(path: Path, options: Options, columns: Mapping[str, str] | None) -> tuple[str, ...]:
    return SOURCE.datasets


SOURCE = Source(
    name=NAME,
    title="a Netflix account's viewing activity: Title and Date, or with profiles, times and durations",
    datasets=(USERS.name, SHOWS.name, EVENTS.name),
    options_type=Options,
    load=load,
    holds=_holds,
)
