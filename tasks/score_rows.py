"""Rows to score: read as a stream from CSV or Parquet, every cell checked, in the form that a model takes."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd

from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Target
from refrain.errors import InputError
from sources.tabular import FileOptions, Row, read_rows, trimmed_header

PARQUET = ".parquet"
_CHUNK = 20_000
_SHOWN = 3
_MISSING = frozenset({"", "nan", "na", "null", "none"})


@dataclass(frozen=True)
class Layout:
    """Which columns of an input are what."""

    header: tuple[str, ...]
    keys: tuple[str, ...]
    """Columns that say who or what a row is about; they are passed through."""
    features: tuple[str, ...]
    absent: tuple[str, ...]
    """Features that the input does not have; the model imputes them."""
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Chunk:
    """A run of rows: the keys as they came, the features typed."""

    keys: pd.DataFrame
    features: pd.DataFrame


def lay_out(target: Target, path: Path, header: Sequence[str]) -> Layout:
    """Sort the columns of an input into keys, features and others.

    Raises InputError for a column that stands there twice, a required feature that is missing, and a column that nobody
    knows but that looks like a misspelt feature.
    """
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(
            f"{path}, line 1: the header has {', '.join(twice)} more than once.", hint="Remove or rename one of them."
        )
    known_keys = dict.fromkeys((*target.entity, *target.cluster, AS_OF, LABEL_KNOWN_AT, LABEL))
    keys = tuple(name for name in header if name in known_keys)
    unknown = [name for name in header if name not in target.features and name not in keys]
    absent = tuple(name for name in target.features if name not in header)
    misspelt = _misspelt(unknown, absent)
    missing = [name for name in absent if name in target.required]
    if missing or misspelt:
        guesses = "; ".join(f"did you mean {right} by {wrong}?" for wrong, right in misspelt.items())
        fault = f"lacks {', '.join(missing)}" if missing else "has columns that nobody knows"
        raise InputError(
            f"{path}, line 1: the header {fault}{f' ({guesses})' if guesses else ''}.",
            hint=f"{target.name} needs {', '.join(target.required)}, and takes {_others(target)}.",
        )
    features = tuple(name for name in target.features if name in header)
    return Layout(tuple(header), keys, features, absent, tuple(unknown))


def read_chunks(target: Target, path: Path) -> tuple[Layout, Iterator[Chunk]]:
    """The layout of an input and its rows, chunk by chunk: memory does not grow with the file.

    A cell of a feature that is missing stays missing (the model imputes it), unless the feature is required. Raises
    InputError, naming line and column, for a cell that is no number where one belongs, an infinity, or a missing value
    in a required column; and for a file that is missing, empty, torn or not UTF-8.
    """
    if path.suffix.lower() == PARQUET:
        return _read_parquet(target, path)
    return _read_csv(target, path)


def _read_csv(target: Target, path: Path) -> tuple[Layout, Iterator[Chunk]]:
    rows = _explained(path)
    layout = lay_out(target, path, trimmed_header(path, list(islice(rows, 1))))
    first = list(islice(rows, 1))
    if not first:
        raise _no_rows(path)
    return layout, _csv_chunks(target, path, layout, chain(first, rows))


def _explained(path: Path) -> Iterator[Row]:
    try:
        yield from read_rows(path, FileOptions(), "csv")
    except InputError as error:
        raise InputError(error.message, hint="Export it again, as UTF-8 text with commas.") from None


def _csv_chunks(target: Target, path: Path, layout: Layout, rows: Iterator[Row]) -> Iterator[Chunk]:
    while taken := list(islice(rows, _CHUNK)):
        for row in taken:
            if row.fault or len(row.cells) != len(layout.header):
                fault = row.fault or f"{len(row.cells)} cells where the header has {len(layout.header)}"
                raise InputError(f"{path}, line {row.line}: {fault}.", hint="Mend that line or export it again.")
        columns = dict(zip(layout.header, zip(*(row.cells for row in taken), strict=True), strict=True))
        places = [f"line {row.line}" for row in taken]
        yield _chunk(target, path, layout, columns, places)


def _read_parquet(target: Target, path: Path) -> tuple[Layout, Iterator[Chunk]]:
    from pyarrow import ArrowException  # noqa: PLC0415 - a CSV needs none of it
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    try:
        file = ParquetFile(path)
    except (OSError, ArrowException) as error:
        raise InputError(f"{path} is not a readable Parquet file: {error}.", hint="Write it again.") from None
    layout = lay_out(target, path, file.schema_arrow.names)
    if file.metadata.num_rows == 0:
        raise _no_rows(path)

    def chunks() -> Iterator[Chunk]:
        start = 1
        for batch in file.iter_batches(_CHUNK, columns=list(dict.fromkeys((*layout.keys, *layout.features)))):
            places = [f"row {number}" for number in range(start, start + batch.num_rows)]
            start += batch.num_rows
            columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
            yield _chunk(target, path, layout, columns, places)

    return layout, chunks()


def _chunk(
    target: Target, path: Path, layout: Layout, columns: Mapping[str, Sequence[Any]], places: list[str]
) -> Chunk:
    faults: list[str] = []
    features = {
        name: _typed(name, columns[name], name in target.numeric, name in target.required, places, faults)
        for name in layout.features
    }
    if faults:
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise InputError(f"{path}: {'; '.join(faults[:_SHOWN])}{more}.", hint="Mend these cells or leave the rows out.")
    return Chunk(pd.DataFrame({name: columns[name] for name in layout.keys}), pd.DataFrame(features))


def _typed(
    name: str, cells: Iterable[Any], numeric: bool, required: bool, places: list[str], faults: list[str]
) -> list[Any]:
    typed: list[Any] = []
    for place, cell in zip(places, cells, strict=True):
        value, fault = (_number if numeric else _word)(cell)
        if value is None and required and not fault:
            fault = f"{cell!r} is a missing value in a required column" if cell else "the cell is empty, but required"
        if fault:
            faults.append(f"{place}, column {name}: {fault}")
        typed.append(math.nan if value is None and numeric else value)
    return typed


def _number(cell: Any) -> tuple[float | None, str]:
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in _MISSING):
        return None, ""
    try:
        number = math.nan if isinstance(cell, str) and "_" in cell else float(cell)
    except (TypeError, ValueError):
        return None, f"{cell!r} is not a number"
    if isinstance(cell, str) and math.isnan(number):
        return None, f"{cell!r} is not a number"
    if math.isinf(number):
        return None, f"{cell!r} is infinite"
    return (None if math.isnan(number) else number), ""


def _word(cell: Any) -> tuple[str | None, str]:
    return (None if cell is None or cell == "" else str(cell)), ""


def _misspelt(unknown: Sequence[str], absent: Sequence[str]) -> dict[str, str]:
    """Unknown column -> the absent feature that it looks like."""
    folded = {name.casefold(): name for name in absent}
    matches = {name: get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.8) for name in unknown}
    return {name: folded[match[0]] for name, match in matches.items() if match}


def _others(target: Target) -> str:
    others = [name for name in (*target.entity, AS_OF, *target.features) if name not in target.required]
    return ", ".join(dict.fromkeys(others))


def _no_rows(path: Path) -> InputError:
    return InputError(f"{path} has a header and no rows.", hint="Give at least one row to score.")


def write_csv_header(stream: Any, names: Sequence[str]) -> Any:
    """A CSV writer that has written its header: commas, Unix line ends."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    return writer
