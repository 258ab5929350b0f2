"""The days of a viewing history, written as its account's language writes them."""

from pathlib import Path

import polars as pl

from refrain.errors import InputError
from sources.cells import dates
from sources.times import DateFormat

_FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%y",
    "%d.%m.%Y",
    "%d-%m-%y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
)


def told_format(path: Path, text: pl.Series, source: str) -> tuple[DateFormat, bool]:
    """Strftime's letters of the days in `text`, in the order of the file; and whether that is a guess.

    The format that reads most of them; of several, the one in which they run from one day to the next in one
    direction: a history is sorted. Raises InputError where none reads any.
    """
    read = {pattern: dates(text, pattern) for pattern in _FORMATS}
    most = max(len(found) - found.null_count() for found in read.values())
    if most == 0:
        hint = f'Say how they are written: sources.{source}.date_format: "%d/%m/%y", say, in params.yaml.'
        raise InputError(f"{path}: no day in it can be read.", hint=hint)
    fitting = {pattern: found for pattern, found in read.items() if len(found) - found.null_count() == most}
    turns = {pattern: _turns(found) for pattern, found in fitting.items()}
    best = [pattern for pattern in fitting if turns[pattern] == min(turns.values())]
    return best[0], len({tuple(fitting[pattern]) for pattern in best}) > 1


def _turns(days: pl.Series) -> int:
    """How many steps from one day to the next go against the direction of most."""
    steps = days.drop_nulls().diff().dt.total_days().drop_nulls()
    return min(int((steps < 0).sum()), int((steps > 0).sum()))
