"""Names for the shapes of numpy arrays that recur, and the one operation on ragged groups."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def positions(counts: Ints) -> Ints:
    """0, 1, .. count-1 for each of `counts`, one after the other: [2, 3] -> [0, 1, 0, 1, 2]."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - counts, counts)
