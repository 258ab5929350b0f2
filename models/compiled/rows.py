"""Rows of features as arrays: what compiled models are asked with."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.preprocessing import Columns, tamed

Numbers = NDArray[np.float64]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a target's features.

    `numbers`: shape (rows, numeric features), in the order of `columns.numeric`, NaN where missing. `words`: of each
    categorical and each text feature its values, "" where missing. Neither may be changed afterwards: what several
    models of a target make of the same rows is made once and kept with them.
    """

    columns: Columns
    numbers: Numbers
    words: Mapping[str, Sequence[str]]
    made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Numbers:
        """The values of a numeric feature, shape (rows,)."""
        return self.numbers[:, self.columns.places[name]]

    def __contains__(self, name: str) -> bool:
        return name in self.columns.places

    @property
    def index(self) -> range:
        """What the rows are called in errors: their numbers, as in `frame`."""
        return range(len(self.numbers))

    @property
    def tamed(self) -> Numbers:
        """The numeric features, shape (features, rows), each one's values side by side; see models.preprocessing."""
        return self.once("tamed", lambda: tamed(np.ascontiguousarray(self.numbers.T)))

    def tamed_column(self, name: str) -> Numbers:
        """One of these, shape (rows,)."""
        return self.tamed[self.columns.places[name]]

    def once(self, name: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` made of these rows when it was first asked for under that name."""
        found: Made | None = self.made.get(name)
        if found is None:
            found = self.made[name] = make()
        return found

    def part(self, rows: slice) -> "Rows":
        """A run of the rows."""
        return Rows(self.columns, self.numbers[rows], {name: values[rows] for name, values in self.words.items()})

    def frame(self) -> pd.DataFrame:
        """The same as a frame, features in order: what an estimator itself takes."""
        numbers = pd.DataFrame(self.numbers, columns=list(self.columns.numeric))
        return numbers.assign(**{name: pd.Series(list(values), dtype=object) for name, values in self.words.items()})

    @staticmethod
    def of_frame(frame: pd.DataFrame, columns: Columns) -> "Rows":
        """The features in a frame; one that it lacks is missing in every row."""
        numbers = np.full((len(frame), len(columns.numeric)), np.nan)
        for place, name in enumerate(columns.numeric):
            if name in frame.columns:
                numbers[:, place] = pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)
        return Rows(columns, numbers, {name: _words(frame, name) for name in (*columns.categorical, *columns.text)})

    @staticmethod
    def together(parts: Sequence["Rows"]) -> "Rows":
        """Rows of one target one after another."""
        if len(parts) == 1:
            return parts[0]
        words = {name: [word for part in parts for word in part.words[name]] for name in parts[0].words}
        return Rows(parts[0].columns, np.concatenate([part.numbers for part in parts]), words)


def column_of(rows: pd.DataFrame | Rows, name: str) -> Numbers:
    """A column of rows as they come, shape (rows,): NaN where it is missing, no number, or not there at all."""
    if name not in rows:
        return np.full(len(rows), np.nan)
    if isinstance(rows, Rows):
        return rows.column(name)
    values: Any = pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def _words(frame: pd.DataFrame, name: str) -> list[str]:
    if name not in frame.columns:
        return [""] * len(frame)
    values = frame[name].astype(object)
    return [str(value) for value in values.where(values.notna(), "")]
