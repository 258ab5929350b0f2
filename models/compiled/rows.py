"""Rows of features as arrays: what compiled models are asked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.preprocessing import Columns

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a target's features.

    `numbers`: shape (rows, numeric features), in the order of `columns.numeric`, NaN where missing. `words`: of each
    categorical and each text feature its values, "" where missing.
    """

    columns: Columns
    numbers: Numbers
    words: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Numbers:
        """The values of a numeric feature, shape (rows,)."""
        return self.numbers[:, self.columns.numeric.index(name)]

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


def _words(frame: pd.DataFrame, name: str) -> list[str]:
    if name not in frame.columns:
        return [""] * len(frame)
    values = frame[name].astype(object)
    return [str(value) for value in values.where(values.notna(), "")]
