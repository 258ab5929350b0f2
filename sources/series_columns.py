"""Which column of a series holds the times and which the numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from refrain.datasets import HOURLY_USERS
from refrain.errors import InputError
from sources.tabular import Row, locate, trimmed_header
from sources.times import looks_like_time, read_times

NAME = "hourly-series"
_TIMES = ("timestamp", "datetime", "date_time", "time", "ts", "date", "hour", "recorded_at", "at")
_HINT = f"Say which is which: refrain import {NAME} PATH --column hour=THEIRS --column users=THEIRS."


@dataclass(frozen=True)
class SeriesLayout:
    """How a series is laid out."""

    names: list[str]
    """The file's column names; what stands for them where it has no header line."""
    positions: Mapping[str, int]
    """hour, users -> where they stand."""
    first_row: int
    """0 where there is no header line, else 1."""


def find_layout(path: Path, sample: Sequence[Row], columns: Mapping[str, str]) -> SeriesLayout:
    """The layout of a file whose first rows are `sample`; `columns` maps hour and users to the file's names.

    Raises InputError where it cannot be told.
    """
    first = trimmed_header(path, sample)
    headless = not columns and any(looks_like_time(cell) for cell in first)
    names = [f"column {place + 1}" for place in range(len(first))] if headless else first
    rows = [row.cells for row in sample[0 if headless else 1 :] if len(row.cells) == len(names)]
    wanted = {"hour": columns.get("hour") or _times_column(path, names, rows)}
    wanted["users"] = columns.get("users") or _other_column(path, names, rows, wanted["hour"])
    located = locate(path, names, wanted, HOURLY_USERS.required, source=NAME, hint=_HINT)
    return SeriesLayout(names, located, 0 if headless else 1)


def _times_column(path: Path, names: list[str], rows: Sequence[Sequence[str]]) -> str:
    plain = {re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_"): name for name in reversed(names)}
    named = next((plain[known] for known in _TIMES if known in plain), None)
    if named is not None:
        return named
    found = [name for place, name in enumerate(names) if _holds_times([row[place] for row in rows])]
    if not found:
        raise InputError(f"No column of {path} holds times; it has: {', '.join(names)}.", hint=_HINT)
    return found[0]


def _other_column(path: Path, names: list[str], rows: Sequence[Sequence[str]], times: str) -> str:
    others = {name: place for place, name in enumerate(names) if name != times}
    found = [name for name, place in others.items() if _holds_numbers([row[place] for row in rows])]
    if len(others) == 1:
        return next(iter(others))
    if len(found) != 1:
        some = f"{', '.join(found)} all hold numbers" if found else f"none of {', '.join(others) or 'no columns'} does"
        raise InputError(f"Which column of {path} counts cannot be told: {some}.", hint=_HINT)
    return found[0]


def _holds_times(cells: Sequence[str]) -> bool:
    known = read_times(_text(cells))[0].drop_nulls()
    return 2 * int((known.dt.year() > 1970).sum()) > len(cells)


def _holds_numbers(cells: Sequence[str]) -> bool:
    return 2 * _text(cells).cast(pl.Float64, strict=False).is_finite().sum() > len(cells)


def _text(cells: Sequence[str]) -> pl.Series:
    return pl.Series([cell.strip() for cell in cells], dtype=pl.String)
