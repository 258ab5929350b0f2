"""Lists in one cell, as programs and people write them, in the one way that the events dataset knows."""

import json
import re
from ast import literal_eval
from collections.abc import Sequence
from typing import Any

import polars as pl

from refrain.sessions import SEPARATOR

KIND = "a list that can be read"
_SEPARATORS = (SEPARATOR, ";")
_LONGEST = 20_000
_ENTRY = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|None)"""
# An entry at a time: Python itself would take ['a' 'b'], as NumPy writes two entries, for one.
_PYTHON = re.compile(rf"[\[(]\s*(?:{_ENTRY}(?:\s*,\s*{_ENTRY})*\s*,?)?\s*[\])]")
_ENTRIES = re.compile(_ENTRY)
_BARE = re.compile(r"\[[^\[\]'\"]*\]")


def read_lists(text: pl.Series, separator: str | None = None) -> pl.Series:
    """Cells of lists -> the entries with refrain.sessions.SEPARATOR between them; null where a cell is no list.

    Understood are ["a", "b"] as JSON writes it, ['a', 'b'] as Python does, [a, b], a|b, a;b, and one entry alone; with
    `separator`, what stands between entries instead of | or ;. A comma alone parts nothing, unless it is said to be the
    separator: titles have commas. Entries are trimmed, blank ones left out; a cell without entries becomes "". An entry
    that holds the separator of the dataset makes the cell unreadable.
    """
    written = text.unique().drop_nulls()
    found = [_canonical(cell, separator) for cell in written]
    table = pl.DataFrame({"written": written, "found": pl.Series(found, dtype=pl.String)})
    cells = pl.DataFrame({"written": text})
    return cells.join(table, on="written", how="left", maintain_order="left")["found"]


def _canonical(cell: str, separator: str | None) -> str | None:
    entries = _entries(cell, separator)
    if entries is None:
        return None
    kept = [entry for entry in (entry.strip() for entry in entries) if entry]
    return None if any(SEPARATOR in entry or "\0" in entry for entry in kept) else SEPARATOR.join(kept)


def _entries(cell: str, separator: str | None) -> list[str] | None:
    if len(cell) > _LONGEST:
        return None
    if cell[:1] == "[" or _PYTHON.fullmatch(cell):
        return _bracketed(cell)
    separators = (separator,) if separator else _SEPARATORS
    return cell.split(next((mark for mark in separators if mark in cell), SEPARATOR))


def _bracketed(cell: str) -> list[str] | None:
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        values = _python_list(cell)
    if values is None or not all(isinstance(value, str | int | float | None) for value in values):
        return None
    return ["" if value is None else str(value) for value in values]


def _python_list(cell: str) -> Sequence[Any] | None:
    if _PYTHON.fullmatch(cell):
        if "\\" not in cell:
            return [_unquoted(entry) for entry in _ENTRIES.findall(cell)]
        try:
            values = literal_eval(f"[{cell[1:-1]}]")
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
        return list(values)
    return cell[1:-1].split(",") if _BARE.fullmatch(cell) else None


def _unquoted(entry: str) -> str | None:
    return entry[1:-1] if entry[0] in "'\"" else None if entry == "None" else entry
