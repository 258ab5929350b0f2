"""Any CSV as any dataset, by a mapping of columns."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import AfterValidator

from refrain.datasets import DATASETS, ColumnType, Dataset
from refrain.errors import InputError
from sources.cells import CellReader, Parse, cell_readers, dates
from sources.importing import Plan, chosen_dataset, existing_path, import_batches, with_notes
from sources.source import Destination, ImportReport, Source
from sources.tabular import FileOptions, header_row, in_batches, locate, read_rows
from sources.times import DateFormat, TimeFormat, TimeZone, read_times

NAME = "csv"


def _known_texts(constants: Mapping[str, str]) -> Mapping[str, str]:
    columns = [column for dataset in DATASETS.values() for column in dataset.columns]
    known = {column.name for column in columns if column.type is ColumnType.TEXT}
    for name in constants:
        if name not in known:
            raise ValueError(f"{name} is no column of text of any dataset")
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
    constants: Annotated[Mapping[str, str], AfterValidator(_known_texts)] = {}
    """Canonical text column -> its value in every row of a file that leaves it out (all is about one artist, say)."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import `path` as `dataset`; see sources.source.Source.

    `columns` maps a canonical name to the file's name; a column it does not speak of is looked for under its canonical
    name. Rows that agree in every kept column are one; rows that share a key but differ are left for the contract,
    since which one is right cannot be known here.
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
    plan = Plan(file, kind, header, readers, options.missing, hints=hints)
    absent = {name: value for name, value in options.constants.items() if name in labels and name not in positions}
    constants = [pl.lit(value).alias(name) for name, value in absent.items()]
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
    return parsers


def _told(dataset: Dataset, reader: CellReader, options: Options) -> CellReader:
    """The reader, with the format that a person gave in its reason for refusing a cell."""
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
