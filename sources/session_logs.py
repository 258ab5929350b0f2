"""Users, shows and sessions from CSVs: with the collector's field names, or those that others give them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from refrain.datasets import DATASETS, EVENTS, SHOWS, USERS, Dataset
from refrain.errors import InputError
from refrain.sessions import SEPARATOR
from sources.addresses import without_address, without_addresses
from sources.canonical import TYPES
from sources.cells import CellReader, read_cells
from sources.folders import text_files
from sources.importing import Import, Plan, chosen_dataset, existing_path, importing, with_notes
from sources.once_per_key import LINES_A_FILE, OncePerKey
from sources.rejects import Reject
from sources.revision import LINE
from sources.session_cells import REASON, Times, faults, first_fault, minutes_between, readers_of
from sources.session_columns import END, NAME, Layout, find_layout, fits, require_known
from sources.session_relations import Unlisted
from sources.source import Destination, ImportReport, Source
from sources.tabular import Batch, FileOptions, cells_at, header_row, in_batches, read_rows
from sources.times import TimeFormat, TimeZone


class Options(FileOptions):
    """What may be said about the files."""

    timezone: TimeZone = "UTC"
    """The zone of times that carry none."""
    time_format: TimeFormat | None = None
    """strftime's letters, where the times are written in a way that is not understood by itself."""
    separator: str | None = None
    """What stands between the entries of a list, where it is neither | nor ;: a comma, say."""
    missing: tuple[str, ...] = ("nan", "NaN", "null", "NULL", "None")
    """Cells that mean "none", besides the empty one."""


@dataclass(frozen=True)
class _File:
    path: Path
    layout: Layout
    readers: list[CellReader]
    faults: list[tuple[pl.Expr, str]]


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import `path` as `users`, `shows` or `events`; see sources.source.Source. Memory does not grow with the files.

    * Columns are known by the names in sources.session_columns, or by `columns`; others are left out. Of a folder, the
      files that have the columns of `dataset` are read.
    * Lists are read as sources.list_cells says.
    * E-mail addresses reach neither the dataset nor the refused rows nor the report: columns of them are left out, a
      row with one in another column is refused, and they are struck out of what is kept of refused rows.
    * Minutes that no column states are those from login to logout, where that is a column.
    * A session with the same user, login time and content as another is the same session. A user or a show that is
      listed again with other values is refused; the one that comes first in the dataset's order stays.
    * Sessions of users, and with shows, that no file of the folder lists are kept and counted in a note.
    * A reason for leaving without the time of leaving is left out: from when on it was known is unknown.
    """
    kind, place = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    require_known(columns or {})
    times = Times(options.timezone, options.time_format)
    files = _files(kind, place, options, columns or {}, times, destination)
    notes = _Notes(Unlisted(place, options, columns or {}) if kind is EVENTS else None)
    together = place.is_dir()
    header = without_addresses(files[0].layout.header)
    reread = _Reread(files, options, together)
    revision = None if kind is EVENTS else OncePerKey(kind.key[0], f"{kind.key[0]} is listed before, otherwise", reread)
    same = kind.key if kind is EVENTS else None
    plan = Plan(place, kind, ["file", *header] if together else header, same=same, revision=revision)
    with importing(plan, destination) as under_way:
        for number, file in enumerate(files):
            rows = read_rows(file.path, options, NAME)
            next(rows)
            for batch in in_batches(rows, len(file.layout.header)):
                _take(under_way, kind, files, number, batch, options, together, notes)
        report = under_way.finish()
    return with_notes(report, [*notes.said(), *_about_times(times, options)])


def _files(
    kind: Dataset, place: Path, options: Options, columns: Mapping[str, str], times: Times, destination: Destination
) -> list[_File]:
    found = []
    for path in text_files(place):
        header = header_row(path, read_rows(path, options, NAME))
        if place.is_dir() and not fits(kind, header, columns):
            continue
        # Of a file without a header line, what is said to be missing would otherwise show the first row's address.
        layout = find_layout(path, kind, without_addresses(header), columns)
        readers = readers_of(kind, layout, times, options.separator)
        found.append(_File(path, layout, readers, faults(kind, layout.labels, destination.received_on)))
    if not found:
        needed = ", ".join(kind.required)
        raise InputError(f"No file in {place} has the columns of {kind.name} ({needed}).", hint="Name the file itself.")
    return found


def _take(
    under_way: Import,
    kind: Dataset,
    files: Sequence[_File],
    number: int,
    batch: Batch,
    options: Options,
    together: bool,
    notes: "_Notes",
) -> None:
    """Bring a batch of the file of that `number` into the import."""
    file = files[number]
    typed = read_cells(batch, file.readers, options.missing)
    judged = first_fault(typed.frame, file.faults)
    refused = judged.filter(pl.col(REASON).is_not_null()).select(LINE, REASON)
    cells = {row.line: row.cells for row in batch.rows} if refused.height else {}
    rejects = [*typed.rejects, *(Reject(line, why, cells[line]) for line, why in refused.iter_rows())]
    kept = judged.filter(pl.col(REASON).is_null()).with_columns(pl.col(LINE) + number * LINES_A_FILE)
    under_way.take(
        len(batch.rows) + len(batch.torn),
        _completed(kind, kept, files, notes, options),
        [_located(file, reject, together) for reject in rejects],
    )


def _completed(
    kind: Dataset, rows: pl.DataFrame, files: Sequence[_File], notes: "_Notes", options: Options
) -> pl.DataFrame:
    """The rows with every column that any of the files has, and what follows from others."""
    present = {name for file in files for name in file.layout.positions}
    if kind is EVENTS and END in present:
        present.add("total_watch_time")
    absent = [column for column in kind.columns if column.name in present and column.name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, TYPES[column.type]).alias(column.name) for column in absent)
    if kind is EVENTS:
        if END in rows.columns:
            minutes = minutes_between("login_time", END).clip(0)
            rows = rows.with_columns(pl.col("total_watch_time").fill_null(minutes))
        lists = [name for name in ("content_watched", "genres_watched") if name in rows.columns]
        notes.see_lists(rows, lists, options)
        rows = rows.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in lists)
        if notes.unlisted is not None:
            notes.unlisted.see(rows)
    if "churn_reason" in rows.columns:
        dated = pl.col("cancelled_at").is_not_null() if "cancelled_at" in rows.columns else pl.lit(False)
        undated = pl.col("churn_reason").is_not_null() & ~dated
        notes.reasons += int(rows.select(undated.sum()).item())
        rows = rows.with_columns(churn_reason=pl.when(dated).then(pl.col("churn_reason")))
    return rows


def _located(file: _File, reject: Reject, together: bool) -> Reject:
    struck = without_address(reject)
    return struck._replace(cells=[file.path.name, *struck.cells]) if together else struck


class _Reread:
    """Reads the cells of kept rows again, by the numbers that their lines have among all files."""

    def __init__(self, files: Sequence[_File], options: Options, together: bool) -> None:
        self._files, self._options, self._together = files, options, together

    def __call__(self, lines: Collection[int]) -> Mapping[int, Sequence[str]]:
        found: dict[int, Sequence[str]] = {}
        for number, file in enumerate(self._files):
            own = {line % LINES_A_FILE for line in lines if line // LINES_A_FILE == number}
            for line, cells in (cells_at(file.path, self._options, NAME, own) if own else {}).items():
                reject = _located(file, Reject(line, "", cells), self._together)
                found[line + number * LINES_A_FILE] = reject.cells
        return found


class _Notes:
    """What a person should know about the rows that were kept."""

    def __init__(self, unlisted: Unlisted | None) -> None:
        self.unlisted = unlisted
        self.reasons = 0
        self._commas: dict[str, int] = {}

    def see_lists(self, rows: pl.DataFrame, lists: Sequence[str], options: Options) -> None:
        """Count cells that are one entry with a comma in it."""
        if options.separator is None:
            for name in lists:
                single = pl.col(name).str.contains(",", literal=True) & ~pl.col(name).str.contains(
                    SEPARATOR, literal=True
                )
                self._commas[name] = self._commas.get(name, 0) + int(rows.select(single.sum()).item() or 0)

    def said(self) -> list[str]:
        """The notes."""
        found = [
            f"{count:,} cells of {name} are one entry with a comma in it."
            f' If a comma parts entries, set sources.{NAME}.separator: "," in params.yaml.'
            for name, count in self._commas.items()
            if count
        ]
        if self.reasons:
            found.append(f"{self.reasons:,} reasons for leaving without the time of it were left out.")
        return [*found, *(self.unlisted.notes if self.unlisted is not None else ())]


def _about_times(times: Times, options: Options) -> list[str]:
    if not times.naive or options.timezone != "UTC":
        return []
    return [f"Times without a zone were taken as UTC; if they are not, set sources.{NAME}.timezone in params.yaml."]


def _holds(path: Path, options: Options, columns: Mapping[str, str] | None) -> tuple[str, ...]:
    headers = [header_row(file, read_rows(file, options, NAME)) for file in text_files(path)]
    found = [name for name in SOURCE.datasets if any(fits(DATASETS[name], header, columns or {}) for header in headers)]
    return tuple(found)


SOURCE = Source(
    name=NAME,
    title="users, shows and sessions of a streaming platform: a CSV, or a folder of them",
    datasets=(USERS.name, SHOWS.name, EVENTS.name),
    options_type=Options,
    load=load,
    reads_folder=True,
    holds=_holds,
)
