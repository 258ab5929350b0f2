"""What features add to boosted trees' scores, looked up: it depends on the outcomes of a few splits at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Numbers = NDArray[np.float64]
Whole = NDArray[np.intp]

_ROWS_AT_ONCE = 64  # what is in hand stays in the processor's cache


@dataclass(frozen=True)
class TreeTables:
    """Parts of trees as tables. A cell is a part and a target (a feature of a margin); its table has all outcomes."""

    columns: Whole
    """Shape (comparisons,): which of the values to compare, those where missing is low first."""
    thresholds: NDArray[np.float32]
    """Shape (comparisons, 1): left is below."""
    splits: Whole
    """Shape (splits of the largest part, parts): the comparison of each."""
    part: Whole
    """Shape (cells,)."""
    starts: NDArray[np.int32]
    """Shape (cells, 1): where the cell's table begins in `tables`."""
    tables: NDArray[np.float32]
    together: csr_array
    """Shape (targets, cells): 1 where the cell is one of the target."""
    shape: tuple[int, int]
    """Margins and features."""

    def values(self, prepared: Numbers) -> Numbers:
        """What each feature adds to each margin, shape (rows, margins, features), for columns (columns, rows)."""
        found = np.empty((prepared.shape[1], self.together.shape[0]))
        for start in range(0, len(found), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            cells = self.starts + self._outcomes(prepared[:, rows]).take(self.part, axis=0)
            found[rows] = (self.together @ self.tables.take(cells)).T
        return found.reshape(len(found), *self.shape)

    def _outcomes(self, prepared: Numbers) -> NDArray[np.uint8]:
        """Of each part and row the outcomes of its splits as a number, see leaf_values, shape (parts, rows)."""
        values = prepared.astype(np.float32)  # as XGBoost compares them
        missing = np.isnan(values)
        either = np.concatenate([np.where(missing, -np.inf, values), np.where(missing, np.inf, values)])
        left = (either.take(self.columns, axis=0) < self.thresholds).view(np.uint8)
        found = left.take(self.splits[0], axis=0)
        for comparisons in self.splits[1:]:
            found <<= 1
            found |= left.take(comparisons, axis=0)
        return found
