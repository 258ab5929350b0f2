"""What a source is: an adapter that turns a file found in the wild into a dataset."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import sources
from refrain.errors import UsageError
from refrain.settings import Frozen


@dataclass(frozen=True)
class ImportReport:
    """What an import read, kept and rejected. `read` = `kept` + merged + the sum of `rejected`."""

    read: int
    kept: int
    merged: int = 0
    """Rows folded into another row that says the same (a track on several playlists)."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Reason, as a phrase for a person -> number of rows."""
    notes: tuple[str, ...] = ()
    """What a person should know about the file besides (a time zone that was assumed, say)."""


@dataclass(frozen=True)
class Destination:
    """Where a source writes: the dataset's CSV, the rows it refused (CSV: line, reason, the cells), and the oracle."""

    dataset: Path
    rejects: Path
    oracle: Path | None = None
    """Only written by `simulated`: true probabilities, for tests and reports, never read by a stage that trains."""
    received_on: date | None = None
    """The day the data was received (UTC), where it is known: a source may refuse rows that are dated later. The
    contract refuses the whole file over one."""


@dataclass(frozen=True)
class Source:
    """An adapter.

    `load(dataset, path, options, columns, destination)` writes the canonical CSV of `dataset`, streaming where it can,
    and returns the report. It raises InputError, and leaves nothing behind, where the file is not what it says it is.
    `path` is None for a source that generates, and a folder only where the source `reads_folder`.
    """

    name: str
    title: str
    """One line for `refrain sources`."""
    datasets: tuple[str, ...]
    options_type: type[Frozen]
    load: Callable[[str, Path | None, Any, Mapping[str, str] | None, Destination], ImportReport]
    reads_file: bool = True
    reads_folder: bool = False
    """Whether `path` may also be a folder, of which all files are read."""
    holds: Callable[[Path, Any, Mapping[str, str] | None], tuple[str, ...]] | None = None
    """Which of its datasets a path holds, given options and columns, where that can be several: an import fills all of
    them then, those that others refer to first. None where a path is read as the one dataset that a person names."""


@cache
def all_sources() -> dict[str, Source]:
    """Source name -> source: every module in sources/ that has a SOURCE."""
    found: dict[str, Source] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(sources.__path__)):
        source = getattr(importlib.import_module(f"sources.{module}"), "SOURCE", None)
        if source is not None:
            found[source.name] = source
    return found


def find_source(name: str) -> Source:
    """The source called `name`; UsageError, listing the known ones, if there is none."""
    known = all_sources()
    if name not in known:
        raise UsageError(f"There is no source called {name!r}.", hint=f"Known sources: {', '.join(known)}.")
    return known[name]
