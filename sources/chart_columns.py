"""What a chart's file says of itself: by its name, and by the columns of its header line, wherever that stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from refrain.errors import InputError
from sources.tabular import Row, locate

_NAMES: Mapping[str, tuple[str, ...]] = {
    # In the order of preference: an id says more surely than an address which track is meant.
    "track_id": ("track_id", "uri", "track_uri", "spotify_uri", "spotify_id", "url", "track_url", "spotify_url", "id"),
    "date": ("end_date", "week_end", "chart_date", "date", "day", "week", "snapshot_date", "week_date"),
    "streams": ("streams", "stream_count", "streams_count", "num_streams", "plays"),
    "region": ("region", "country", "market", "territory", "country_code"),
    "position": ("position", "rank"),
    "chart": ("chart", "chart_name", "chart_type"),
}
COLUMNS = tuple(_NAMES)
_NEEDED = ("track_id", "streams")
_DAYS_BY_COLUMN = {"days_on_chart": 1, "weeks_on_chart": 7}
_DAYS_BY_WORD = {"daily": 1, "weekly": 7}
_LONGEST = 300
"""Characters of a header that are shown."""
_HEADER_WITHIN = 10
"""Rows in which the header is looked for: official downloads have a note above it."""
_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_REGION = re.compile(r"(?:^|[^a-z])([a-z]{2}|global)[-_ ](?:daily|weekly)(?![a-z])")


@dataclass(frozen=True)
class FileName:
    """What the name of a chart's file says: regional-us-weekly-2019-01-04--2019-01-11.csv."""

    region: str | None
    days: int | None
    dates: tuple[date, ...]


def read_name(path: Path) -> FileName:
    """What the file's name says; what is no date of the calendar is passed over."""
    name = path.name.casefold()
    region = _REGION.search(name)
    said = {days for word, days in _DAYS_BY_WORD.items() if re.search(rf"(?<![a-z]){word}(?![a-z])", name)}
    dates = (_date(text) for text in _DATE.findall(name))
    return FileName(
        region=region[1] if region else None,
        days=said.pop() if len(said) == 1 else None,
        dates=tuple(day for day in dates if day is not None),
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Layout:
    """Where a chart's columns stand."""

    header: list[str]
    positions: Mapping[str, int]
    """Those of COLUMNS that are there -> where they stand."""
    days: int | None
    """What a count covers, as far as the columns say so."""

    def label(self, name: str) -> str:
        """What the file calls a column."""
        return self.header[self.positions[name]]


class NoChartError(InputError):
    """A file, at `path`, whose columns are not those of a chart."""

    def __init__(self, message: str, *, path: Path, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.path = path


def find_layout(path: Path, rows: Iterator[Row], columns: Mapping[str, str], source: str) -> Layout:
    """The layout of a chart's file; takes the rows up to the header line from `rows`.

    `columns` maps canonical names to the file's. Raises NoChartError where no line near the top names a track and a
    count of streams, and InputError where a column is there twice.
    """
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise InputError(
            f"The mapping of columns speaks of {unknown[0]}, which a chart does not have.",
            hint=f"Its columns are {', '.join(COLUMNS)}.",
        )
    seen: list[list[str]] = []
    for row in islice(rows, _HEADER_WITHIN):
        header = [cell.strip() for cell in row.cells]
        wanted = {name: columns.get(name) or _by_alias(name, header) for name in COLUMNS}
        if row.fault is None and all(wanted[name] in header for name in (*_NEEDED, *columns)):
            positions = locate(path, header, wanted, (), source=source)
            plain = {_plain(cell) for cell in header}
            said = {days for column, days in _DAYS_BY_COLUMN.items() if column in plain}
            return Layout(header, positions, said.pop() if len(said) == 1 else None)
        seen.append(header)
    raise _no_chart(path, seen, columns)


def _by_alias(name: str, header: Sequence[str]) -> str:
    """The file's name for a column; the canonical name where it has none."""
    plain = {_plain(given): given for given in reversed(header)}
    return next((plain[alias] for alias in _NAMES[name] if alias in plain), name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def _no_chart(path: Path, seen: Sequence[Sequence[str]], columns: Mapping[str, str]) -> NoChartError:
    if not seen:
        return NoChartError(f"{path} is empty.", path=path, hint="Export or download it again.")
    header = max(seen, key=len)
    shown = ", ".join(header)
    missing = [name for name in (*_NEEDED, *columns) if columns.get(name, _by_alias(name, header)) not in header]
    wanted = " and ".join(dict.fromkeys(columns.get(name, name) for name in missing))
    close = get_close_matches(wanted.casefold(), [cell.casefold() for cell in header], n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return NoChartError(
        f"{path} has no header line with the columns of a chart: it lacks {wanted}{guess}; it has:"
        f" {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '...'}.",
        path=path,
        hint="Known names are "
        + "; ".join(f"for {name}: {', '.join(_NAMES[name])}" for name in (*_NEEDED, "date"))
        + ". Map others with --column streams=Plays.",
    )
