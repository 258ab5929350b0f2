"""Any CSV as any dataset, by a mapping of columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import AfterValidator

from refrain.datasets import DAILY_STREAMS, DATASETS, ColumnType, Dataset
from refrain.errors import InputError
from sources.canonical import TYPES
from sources.cells import CellReader, Parse, Thousands, cell_readers, dates, whole_numbers
from sources.counts import COUNTS, DailyCounts, Origin, RunningTotals
from sources.importing import Plan, chosen_dataset, existing_path, import_batches, with_notes
from sources.revision import Revision
from sources.source import Destination, ImportReport, Source
from sources.tabular import FileOptions, cells_at, header_row, in_batches, locate, read_rows
from sources.times import DateFormat, TimeFormat, TimeZone, read_times

NAME = "csv"


def _known_constants(constants: Mapping[str, str | int]) -> Mapping[str, str | int]:
    columns = [column for dataset in DATASETS.values() for column in dataset.columns]
    texts = {column.name for column in columns if column.type is ColumnType.TEXT}
    optional = {column.name for column in columns if column.type is ColumnType.INTEGER and not column.required}
    for name, value in constants.items():
        if name not in texts | optional:
            raise ValueError(f"{name} is no column of text of any dataset, nor an optional one of whole numbers")
        if isinstance(value, int) == (name in texts):
            raise ValueError(
                f"{name} is a column of {'text' if name in texts else 'whole numbers'}, and {value!r} is not"
            )
    return constants


class Options(FileOptions):
    """What may be said about the file."""

    date_format: DateFormat | None = None
    """strftime's letters for date cells, "%b %d, %Y" say; ISO (YYYY-MM-DD) where absent. Never guessed: 03/04 may be
    either of two days."""
    timestamp_format: TimeFormat | None = None
    timezone: TimeZone = "UTC"
    """The zone of timestamps that carry none."""
    missing: tuple[str, ...] = ()
    """Cells that mean "none", besides the empty one: [NA, null] say."""
    constants: Annotated[Mapping[str, str | int], AfterValidator(_known_constants)] = {}
    """Canonical column -> its value in every row of a file that leaves it out: all is about one artist, say, or counts
    a week (days: 7)."""
    thousands: Thousands | None = None
    """What sets the thousands of whole numbers apart, where that is a point: 1.234 may also be a fraction."""
    cumulative: bool = False
    """Whether the streams of a track are a running total: what was added is taken from one row to the next then."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import `path` as `dataset`; see sources.source.Source.

    `columns` maps a canonical name to the file's name; a column it does not speak of is looked for under its canonical
    name. Rows that agree in every kept column are one; rows that share a key but differ are left for the contract,
    since which one is right cannot be known here. Of counts by day, gaps are told, and running totals are refused
    unless `options.cumulative` says that all are (see sources.counts).
    """
    kind, file = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    labels = _labels(kind, columns or {})
    rows = read_rows(file, options, NAME)
    header = header_row(file, rows)
    mapped = columns or {}
    needed = [name for name in labels if name in mapped or (name in kind.required and name not in options.constants)]
    positions = locate(file, header, labels, needed, source=NAME)
    times = _Times(options)
    readers = [
        _told(kind, reader, options) for reader in cell_readers(kind, labels, positions, _parsers(kind, options, times))
    ]
    hints = {reader.not_parsed: _hint(kind.column(reader.name).type) for reader in readers}
    revision = _revision(kind, file, options, readers)
    plan = Plan(file, kind, header, readers, options.missing, hints=hints, revision=revision)
    absent = {name: value for name, value in options.constants.items() if name in labels and name not in positions}
    constants = [pl.lit(value, TYPES[kind.column(name).type]).alias(name) for name, value in absent.items()]
    batches = in_batches(rows, len(header))
    report = import_batches(plan, batches, destination, lambda frame: frame.with_columns(constants))
    return with_notes(report, times.notes)


def _labels(dataset: Dataset, columns: Mapping[str, str]) -> dict[str, str]:
    names = [column.name for column in dataset.columns]
    for name in columns:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            raise InputError(
                f"The mapping of columns speaks of {name}, which {dataset.name} does not have"
                f"{f' (did you mean {close[0]}?)' if close else ''}.",
                hint=f"Its columns are {', '.join(names)}.",
            )
    return {name: columns.get(name, name) for name in names}


class _Times:
    """Reads timestamps and remembers whether any came without a zone."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._naive = False

    def __call__(self, text: pl.Series) -> pl.Series:
        found, naive = read_times(text, self._options.timezone, self._options.timestamp_format)
        self._naive |= naive
        return found

    @property
    def notes(self) -> list[str]:
        if not self._naive or self._options.timezone != "UTC":
            return []
        return [f"Times without a zone were taken as UTC; if they are not, set sources.{NAME}.timezone in params.yaml."]


def _parsers(dataset: Dataset, options: Options, times: _Times) -> dict[str, Parse]:
    parsers: dict[str, Parse] = {}
    for column in dataset.columns:
        if column.type is ColumnType.TIMESTAMP:
            parsers[column.name] = times
        if column.type is ColumnType.DATE and options.date_format is not None:
            pattern = options.date_format
            parsers[column.name] = partial(dates, pattern=pattern)
        if column.type is ColumnType.INTEGER and options.thousands is not None:
            parsers[column.name] = partial(whole_numbers, thousands=options.thousands)
    return parsers


def _revision(dataset: Dataset, path: Path, options: Options, readers: Sequence[CellReader]) -> Revision | None:
    """How counts are looked at once they stand in order; None where the dataset has none."""
    if dataset.name not in COUNTS:
        return None
    count = next(reader for reader in readers if reader.name == COUNTS[dataset.name])
    origin = Origin(path, count.label, NAME, partial(_cells_at, path, options))
    entity = dataset.key[0]
    if dataset is not DAILY_STREAMS:
        return DailyCounts(entity, count.name, origin, levels=True)
    return (RunningTotals if options.cumulative else DailyCounts)(entity, count.name, origin)


def _cells_at(path: Path, options: Options, lines: Collection[int]) -> Mapping[int, Sequence[str]]:
    return cells_at(path, options, NAME, lines)


def _told(dataset: Dataset, reader: CellReader, options: Options) -> CellReader:
    """The reader, with the format that a person gave in its reason for refusing a cell, and whether it counts."""
    reader = replace(reader, counts=COUNTS.get(dataset.name) == reader.name)
    match dataset.column(reader.name).type:
        case ColumnType.DATE if options.date_format is not None:
            return replace(reader, kind=f"a date ({options.date_format})")
        case ColumnType.TIMESTAMP if options.timestamp_format is not None:
            return replace(reader, kind=f"a time ({options.timestamp_format})")
        case _:
            return reader


def _hint(kind: ColumnType) -> str:
    if kind is ColumnType.DATE:
        return f'If dates are written in another way, set sources.{NAME}.date_format ("%d/%m/%Y" say) in params.yaml.'
    if kind is ColumnType.TIMESTAMP:
        return f'If times are written in another way, set sources.{NAME}.timestamp_format ("%d/%m/%Y %H:%M" say).'
    return f"If such cells mean that there is no value, list them in sources.{NAME}.missing ([NA] say) in params.yaml."


SOURCE = Source(
    name=NAME,
    title="any CSV, with a mapping from the dataset's columns to the file's",
    datasets=tuple(DATASETS),
    options_type=Options,
    load=load,
)
