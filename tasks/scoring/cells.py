"""Columns of cells as a model takes them: whole columns at once, and cell by cell where one of them is in doubt."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.target import Target
from models.compiled.rows import Numbers, Rows
from tasks.champions.loaded import columns_of

MISSING = ("", "nan", "-nan", "na", "null", "none")
"""What stands for a missing number, in any case."""
_SPELT = pa.array(MISSING)


class Fault(NamedTuple):
    """A cell that a model cannot take."""

    row: int
    """Of the batch, from 0."""
    column: str
    what: str


def rows_of(target: Target, cells: Mapping[str, Any], count: int) -> tuple[Rows, list[Fault]]:
    """`count` rows of Arrow columns -> the features, and what is wrong with them.

    A feature that the cells lack is missing in every row.
    """
    columns = columns_of(target)
    faults: list[Fault] = []
    numbers = np.full((count, len(columns.numeric)), np.nan)
    for place, name in enumerate(columns.numeric):
        if name in cells:
            numbers[:, place] = _numbers(name, _plain(cells[name]), name in target.required, faults)
    words = {
        name: _words(name, _plain(cells[name]), name in target.required, faults) if name in cells else [""] * count
        for name in (*columns.categorical, *columns.text)
    }
    return Rows(columns, numbers, words), faults


def sure_numbers(cells: Any, required: bool) -> Numbers | None:
    """A plain Arrow column as numbers, NaN where missing; None where a cell must be looked at."""
    try:
        values = _as_doubles(cells)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    finite = np.isfinite(values)
    if finite.all():
        return values
    doubtful = np.isinf(values).any() or required
    return None if doubtful else values


def _as_doubles(cells: Any) -> NDArray[np.float64]:
    if pa.types.is_temporal(cells.type):
        raise pa.ArrowInvalid("a moment is no number")
    if not _is_text(cells.type):
        # Not safe: a whole number beyond 2 ** 53 is rounded, as Python's float does.
        return _doubles(cells.cast(pa.float64(), safe=False))
    try:
        return _doubles(cells.cast(pa.float64()))
    except pa.ArrowInvalid:  # an empty cell among others
        trimmed = pc.utf8_trim_whitespace(cells.cast(pa.string()))
        missing = pc.is_in(pc.utf8_lower(trimmed), _SPELT)
        return _doubles(pc.if_else(missing, pa.scalar(None, pa.string()), trimmed).cast(pa.float64()))


def _doubles(cells: Any) -> NDArray[np.float64]:
    return np.asarray(cells.to_numpy(zero_copy_only=False), dtype=np.float64)


def _numbers(name: str, cells: Any, required: bool, faults: list[Fault]) -> Sequence[float] | Numbers:
    values = sure_numbers(cells, required)
    if values is not None:
        return values
    looked_at = [_number(cell) for cell in cells.to_pylist()]
    _note(name, cells.to_pylist(), looked_at, required, faults)
    return [math.nan if value is None else value for value, _ in looked_at]


def _words(name: str, cells: Any, required: bool, faults: list[Fault]) -> list[str]:
    texts = cells if _is_text(cells.type) else pa.array([_text(cell) for cell in cells.to_pylist()], pa.string())
    words: list[str] = texts.fill_null("").to_numpy(zero_copy_only=False).tolist()
    if required and "" in words:
        _note(name, words, [(word or None, "") for word in words], required, faults)
    return words


def _note(
    name: str, cells: Sequence[Any], looked_at: Sequence[tuple[Any, str]], required: bool, faults: list[Fault]
) -> None:
    for row, (cell, (value, fault)) in enumerate(zip(cells, looked_at, strict=True)):
        if fault:
            faults.append(Fault(row, name, fault))
        elif value is None and required:
            missing = f"{cell!r} is a missing value in a required column" if cell else "the cell is empty, but required"
            faults.append(Fault(row, name, missing))


def _number(cell: Any) -> tuple[float | None, str]:
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING):
        return None, ""
    try:
        number = math.nan if isinstance(cell, str) and "_" in cell else float(cell)
    except OverflowError:  # a whole number beyond all that a float can be
        number = math.inf
    except (TypeError, ValueError):
        return None, f"{cell!r} is not a number"
    if isinstance(cell, str) and math.isnan(number):
        return None, f"{cell!r} is not a number"
    if math.isinf(number):
        return None, f"{cell!r} is infinite"
    return (None if math.isnan(number) else number), ""


def _text(cell: Any) -> str | None:
    return None if cell is None else str(cell)


def _plain(cells: Any) -> Any:
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
