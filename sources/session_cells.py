"""How the cells of session logs are read, and what no user, show or session can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import polars as pl

from refrain.datasets import EVENTS, SHOWS, USERS, Column, ColumnType, Dataset
from refrain.sessions import LONGEST_MINUTES, MOST_PAUSES, OLDEST, YOUNGEST
from sources.addresses import holds_address
from sources.cells import CellReader, Parse, cell_readers, whole_numbers
from sources.list_cells import KIND, read_lists
from sources.session_columns import END, Layout
from sources.times import read_times

REASON = "reason"
_LISTS = ("content_watched", "genres_watched")
_COUNTS = ("total_watch_time", "num_pauses", "buffer_events", "duration_min")
_YES, _NO = ("1", "true", "t", "yes", "y"), ("0", "false", "f", "no", "n")
_SLACK = 1.0
"""Minutes: watching and logging out are measured by different clocks, and rounded."""
_MINUTE = 60_000_000  # microseconds


class Times:
    """Reads times, and days as their first moment; remembers whether any came without a zone."""

    def __init__(self, zone: str, pattern: str | None) -> None:
        self._zone, self._pattern = zone, pattern
        self.naive = False

    def __call__(self, text: pl.Series) -> pl.Series:
        """Text as naive UTC times; see times.read_times."""
        if self._pattern is None:
            text = text.str.replace(r"^(\d{4}-\d{2}-\d{2})$", "$1 00:00")
        found, naive = read_times(text, self._zone, self._pattern)
        self.naive |= naive
        return found


def readers_of(dataset: Dataset, layout: Layout, times: Times, separator: str | None) -> list[CellReader]:
    """How the columns of a log are read, END among them."""
    columns = dataset.columns
    if END in layout.positions:
        columns = (*columns, Column(END, ColumnType.TIMESTAMP, required=False))
    known = Dataset(dataset.name, columns, dataset.key)
    parsers: dict[str, Parse] = {column.name: times for column in columns if column.type is ColumnType.TIMESTAMP}
    parsers |= {name: partial(read_lists, separator=separator) for name in _LISTS}
    parsers |= {"was_recommended": _flags, "num_pauses": whole_numbers, "released_at": _days}
    parsers |= dict.fromkeys(("total_watch_time", "duration_min", "rating"), _finite)
    kinds = dict.fromkeys(_LISTS, KIND) | {"was_recommended": "yes or no"}
    readers = cell_readers(known, layout.labels, layout.positions, parsers)
    return [
        replace(reader, kind=kinds.get(reader.name, reader.kind), counts=reader.name in _COUNTS) for reader in readers
    ]


def faults(dataset: Dataset, labels: Mapping[str, str], received_on: date | None) -> list[tuple[pl.Expr, str]]:
    """What is true of a typed row that cannot be, each with the reason as a phrase; the first that is true counts."""
    found: list[tuple[pl.Expr, str]] = []
    for column in dataset.columns:
        if column.name not in labels:
            continue
        if column.type is ColumnType.TEXT:
            found.append((holds_address(column.name), f"{labels[column.name]} holds an e-mail address"))
        if column.type is ColumnType.TIMESTAMP and received_on is not None:
            later = pl.col(column.name) >= datetime.combine(received_on + timedelta(days=1), datetime.min.time())
            found.append((later, f"{labels[column.name]} is later than the day the data was received"))
    return [*found, *_OWN[dataset.name](labels)]


def _of_users(labels: Mapping[str, str]) -> list[tuple[pl.Expr, str]]:
    found = []
    if "age" in labels:
        found.append((~pl.col("age").is_between(YOUNGEST, OLDEST), f"{labels['age']} is no age from 5 to 120"))
    if "cancelled_at" in labels:
        early = pl.col("cancelled_at") < pl.col("registered_at")
        found.append((early, f"{labels['cancelled_at']} is before {labels['registered_at']}"))
    return found


def _of_shows(labels: Mapping[str, str]) -> list[tuple[pl.Expr, str]]:
    found = []
    if "rating" in labels:
        found.append((~pl.col("rating").is_between(0, 10), f"{labels['rating']} is not from 0 to 10"))
    if "duration_min" in labels:
        found.append((pl.col("duration_min") > 100_000, f"{labels['duration_min']} is longer than can be"))
    return found


def _of_events(labels: Mapping[str, str]) -> list[tuple[pl.Expr, str]]:
    found, watched = [], pl.col("total_watch_time")
    if END in labels:
        found.append((pl.col(END) < pl.col("login_time"), f"{labels[END]} is before {labels['login_time']}"))
    if "total_watch_time" in labels:
        found.append((watched > LONGEST_MINUTES, f"{labels['total_watch_time']} is longer than a day"))
    if END in labels and "total_watch_time" in labels:
        longer = watched > minutes_between("login_time", END) + _SLACK
        found.append((longer, f"{labels['total_watch_time']} is longer than until {labels[END]}"))
    elif END in labels:
        found.append((minutes_between("login_time", END) > LONGEST_MINUTES, "longer than a day"))
    counted = [name for name in ("num_pauses", "buffer_events") if name in labels]
    return [*found, *((pl.col(name) > MOST_PAUSES, f"{labels[name]} is more than can be") for name in counted)]


_OWN: Mapping[str, Callable[[Mapping[str, str]], list[tuple[pl.Expr, str]]]] = {
    USERS.name: _of_users,
    SHOWS.name: _of_shows,
    EVENTS.name: _of_events,
}


def first_fault(frame: pl.DataFrame, known: Sequence[tuple[pl.Expr, str]]) -> pl.DataFrame:
    """The rows with the first of the `known` faults they have as REASON, null in those that have none."""
    reasons = [pl.when(fault.fill_null(False)).then(pl.lit(phrase)) for fault, phrase in known]
    return frame.with_columns(pl.coalesce(*reasons, pl.lit(None, pl.String)).alias(REASON))


def minutes_between(start: str, end: str) -> pl.Expr:
    """Minutes from one time to the other."""
    return (pl.col(end) - pl.col(start)).dt.total_microseconds() / _MINUTE


def _flags(text: pl.Series) -> pl.Series:
    said = text.str.to_lowercase().str.replace(r"^([01])\.0*$", "$1")
    frame = pl.DataFrame({"said": said})
    yes, no = pl.col("said").is_in(_YES), pl.col("said").is_in(_NO)
    return frame.select(pl.when(yes).then(1).when(no).then(0).cast(pl.Int64)).to_series()


def _finite(text: pl.Series) -> pl.Series:
    number = text.cast(pl.Float64, strict=False)
    return number.set(~number.is_finite().fill_null(False), None)


def _days(text: pl.Series) -> pl.Series:
    """The day of a date or time."""
    return read_times(text.str.replace(r"^(\d{4}-\d{2}-\d{2})$", "$1 00:00"))[0].dt.date()
