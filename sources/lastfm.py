"""A listener's scrobbles as the many Last.fm exporters write them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

import polars as pl

from refrain.datasets import SCROBBLES, Dataset
from sources.cells import CellReader, cell_readers
from sources.importing import Plan, chosen_dataset, existing_path, import_batches, with_notes
from sources.scrobble_columns import Layout, find_layout
from sources.source import Destination, ImportReport, Source
from sources.tabular import FileOptions, in_batches, read_rows
from sources.times import TimeFormat, TimeZone, read_times

NAME = "lastfm"
_SAMPLE_ROWS = 500
_STILL_PLAYING = "still playing when exported: its time is empty or 1970"


class Options(FileOptions):
    """What may be said about the file."""

    header: tuple[str, ...] | None = None
    """Names of the columns in their order, for a file without a header line: [artist, album, track, date] say."""
    timezone: TimeZone = "UTC"
    """The zone of times that carry none."""
    time_format: TimeFormat | None = None
    """strftime's letters, where the times are written in a way that is not understood by itself."""
    listener: str | None = None
    """Whose plays they are, where the file does not say."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import an export of plays as `scrobbles`; see sources.source.Source.

    Columns are known by the names that exporters give them, or by `columns` (canonical name -> the file's); a file
    without a header is known by where its times stand. What was assumed is said in the report's notes. Times may be
    Unix seconds or milliseconds, ISO 8601, or "10 May 2021 09:59", and become UTC. A play that is listed again with the
    same time, artist and track is the same play (nobody starts a track twice in a second): of several albums, the
    first in byte order stays.

    The rows come out oldest first. Memory does not grow with the file.
    """
    kind, file = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    rows = read_rows(file, options, NAME)
    sample = list(islice(rows, _SAMPLE_ROWS))
    layout = find_layout(file, sample, options.header, columns or {})
    times = _Times(options, layout)
    readers = _readers(kind, layout, times)
    plan = Plan(file, kind, layout.names, readers, same=kind.key, hints=_hints(readers))
    body = chain(sample[layout.first_row :], rows)
    report = import_batches(plan, in_batches(body, len(layout.names)), destination, _Listener(options.listener))
    return with_notes(report, [*layout.notes, *times.notes])


def _readers(dataset: Dataset, layout: Layout, times: "_Times") -> list[CellReader]:
    labels = {name: layout.names[position] for name, position in layout.positions.items()}
    readers = cell_readers(dataset, labels, layout.positions, {"played_at": times})
    return [_playing(reader) if reader.name == "played_at" else reader for reader in readers]


def _playing(reader: CellReader) -> CellReader:
    return replace(reader, absent=_STILL_PLAYING, stands_for_missing=_is_zero)


def _is_zero(times: pl.Series) -> pl.Series:
    """Whether times are the zero of Unix time, or the same day or year as some zone shows it."""
    return times.is_between(datetime(1969, 12, 31), datetime(1971, 1, 1), closed="left")


def _hints(readers: list[CellReader]) -> dict[str, str]:
    times = next(reader for reader in readers if reader.name == "played_at")
    hint = f'If times are written in another way, set sources.{NAME}.time_format ("%d/%m/%Y %H:%M" say) in params.yaml.'
    return {times.not_parsed: hint}


class _Times:
    """Reads times of play and remembers whether any came without a zone."""

    def __init__(self, options: Options, layout: Layout) -> None:
        self._options = options
        self._label = layout.names[layout.positions["played_at"]]
        self._says_utc = "utc" in self._label.casefold()
        self._naive = False

    def __call__(self, text: pl.Series) -> pl.Series:
        zone = "UTC" if self._says_utc else self._options.timezone
        found, naive = read_times(text, zone, self._options.time_format)
        self._naive |= naive
        return found

    @property
    def notes(self) -> list[str]:
        if not self._naive or self._says_utc or self._options.timezone != "UTC":
            return []
        return [
            f"The times in {self._label} carry no zone and were taken as UTC;"
            f" if they are not, set sources.{NAME}.timezone in params.yaml."
        ]


class _Listener:
    """Fills in whose plays they are, where an option says so and the file does not."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self._name is None:
            return rows
        known = pl.col("listener") if "listener" in rows.columns else pl.lit(None, pl.String)
        return rows.with_columns(listener=known.fill_null(self._name))


SOURCE = Source(
    name=NAME,
    title="a listener's plays, exported from Last.fm",
    datasets=(SCROBBLES.name,),
    options_type=Options,
    load=load,
)
