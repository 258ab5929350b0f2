"""The rows of a chart's file, typed, with what the file says about the chart as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import polars as pl

from refrain.errors import InputError
from sources.cells import CellReader, Thousands, read_cells, whole_numbers
from sources.chart_columns import FileName, Layout, find_layout, read_name
from sources.chart_dates import KINDS, NAME, is_range, last_day_of, read_dates
from sources.rejects import Reject
from sources.tabular import Batch, FileOptions, Row, decodes, in_batches, read_rows
from sources.times import DateFormat

_TRACK = r"^(?:spotify:track:|https?://open\.spotify\.com/(?:[^?#]*/)?track/)?([0-9A-Za-z]{22})/?(?:[?#].*)?$"
_SCHEMA = {
    "line": pl.Int64,
    "track_id": pl.String,
    "date": pl.Date,
    "whole": pl.Boolean,
    "streams": pl.Int64,
    "position": pl.Int64,
    "region": pl.String,
}


class ChartOptions(FileOptions):
    """How the cells of a chart are written, where that is not as usual; and which chart of several is meant."""

    region: str | None = None
    """The chart's region as the file writes it (us, global, Brazil), where there are several."""
    date_format: DateFormat | None = None
    """strftime's letters for dates, where they are not ISO (YYYY-MM-DD)."""
    thousands: Thousands | None = None
    """What sets the thousands of counts apart, where that is a point: 1.234 may also be a fraction."""


@dataclass(frozen=True)
class ChartFile:
    """A chart's file: what its name and its columns say."""

    path: Path
    options: ChartOptions
    name: FileName
    layout: Layout
    not_utf8: bool = False
    """Whether it is read as latin-1 because it is not the UTF-8 that was expected."""

    @property
    def days(self) -> int | None:
        """What its counts cover, 1 or 7 days; None where neither name nor columns say. InputError if they disagree."""
        if self.name.days and self.layout.days and self.name.days != self.layout.days:
            raise InputError(
                f"{self.path} is a {KINDS[self.name.days]} chart by its name and a {KINDS[self.layout.days]} one by its"
                " columns.",
                hint="Rename the file.",
            )
        return self.layout.days or self.name.days


@dataclass
class ChartRows:
    """The rows of one file."""

    frame: pl.DataFrame
    """line, track_id, date, whole (whether `date` surely is the last day covered), streams, position, region ("" where
    nothing says it)."""
    read: int = 0
    rejects: list[Reject] = field(default_factory=list)
    other_regions: Counter[str] = field(default_factory=Counter)
    """Region that was not asked for -> its rows, which are not among those read."""
    viral: int = 0
    """Rows of viral charts, which are not among those read either."""


def open_chart(path: Path, options: ChartOptions, columns: Mapping[str, str]) -> tuple[ChartFile, Iterator[Row]]:
    """A chart's file, and its rows below the header line, unread as yet.

    Text that is not UTF-8 is read as latin-1: all that is kept of it is ASCII in both. Raises NoChartError where the
    file has not the columns of a chart, InputError where it cannot be read.
    """
    not_utf8 = options.encoding == "utf-8" and not decodes(path, options, NAME)
    if not_utf8:
        options = options.model_copy(update={"encoding": "latin-1"})
    rows = read_rows(path, options, NAME)
    return ChartFile(path, options, read_name(path), find_layout(path, rows, columns, NAME), not_utf8), rows


def read_chart(file: ChartFile, rows: Iterator[Row]) -> ChartRows:
    """The rows of a chart, but for those of other regions or of a chart that counts no streams."""
    readers, constants = _readers(file), _constants(file)
    wanted = _Wanted(file)
    found = ChartRows(pl.DataFrame(schema=_SCHEMA))
    frames = [found.frame]
    for batch in in_batches(rows, len(file.layout.header)):
        chosen = Batch([row for row in batch.rows if wanted(row)], batch.torn)
        typed = read_cells(chosen, readers)
        found.read += len(chosen.rows) + len(chosen.torn)
        found.rejects += typed.rejects
        frames.append(typed.frame.with_columns(constants).select(*_SCHEMA))
    found.frame = pl.concat(frames).with_columns(pl.col("region").fill_null(""))
    found.other_regions, found.viral = wanted.other_regions, wanted.viral
    return found


class _Wanted:
    """Whether a row is of the chart that is meant."""

    def __init__(self, file: ChartFile) -> None:
        self._chart = file.layout.positions.get("chart")
        self._place = file.layout.positions.get("region")
        region = file.options.region
        self._region = region.strip().casefold() if region is not None and self._place is not None else None
        self.other_regions: Counter[str] = Counter()
        self.viral = 0

    def __call__(self, row: Row) -> bool:
        if self._chart is not None and "viral" in row.cells[self._chart].casefold():
            self.viral += 1
            return False
        if self._place is None or self._region is None:
            return True
        region = row.cells[self._place].strip().casefold()
        if region == self._region:
            return True
        self.other_regions[region] += 1
        return False


def _readers(file: ChartFile) -> list[CellReader]:
    options, positions = file.options, file.layout.positions
    counts = partial(whole_numbers, thousands=options.thousands)
    written = options.date_format or "YYYY-MM-DD"
    known = {
        "track_id": CellReader("track_id", "", 0, True, _track_ids, "a track of Spotify's"),
        "date": CellReader(
            "date", "", 0, True, partial(read_dates, pattern=options.date_format), f"a date ({written})"
        ),
        "streams": CellReader(
            "streams", "", 0, True, counts, "a whole number", stands_for_missing=lambda typed: typed == 0, counts=True
        ),
        "position": CellReader("position", "", 0, False, whole_numbers, "a whole number"),
        "region": CellReader("region", "", 0, False, lambda text: text.str.to_lowercase(), "text"),
    }
    readers = [_at(reader, file.layout, name) for name, reader in known.items() if name in positions]
    if "date" in positions:
        readers.append(_at(CellReader("whole", "", 0, False, is_range, "a date"), file.layout, "date"))
    return readers


def _at(reader: CellReader, layout: Layout, column: str) -> CellReader:
    label = layout.label(column)
    absent = f"{label} is empty or zero" if reader.counts else ""
    return replace(reader, label=label, position=layout.positions[column], absent=absent)


def _constants(file: ChartFile) -> Sequence[pl.Expr]:
    """What the columns do not say and the file's name may."""
    constants: dict[str, object] = {}
    if "date" not in file.layout.positions:
        told = last_day_of(file.name.dates)
        if told is None:
            raise InputError(
                f"{file.path} has no column of dates, and its name does not hold the date of a day or of a week.",
                hint="Name it as it was downloaded: regional-us-weekly-2023-01-05.csv say.",
            )
        constants |= {"date": told[0], "whole": told[1]}
    if "region" not in file.layout.positions:
        constants["region"] = file.name.region
    if "position" not in file.layout.positions:
        constants["position"] = None
    return [pl.lit(value, _SCHEMA[name]).alias(name) for name, value in constants.items()]


def _track_ids(text: pl.Series) -> pl.Series:
    return text.str.extract(_TRACK)
