"""What is learned from: rows of a catalogue's past as logarithms of ratios, with what they count for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decay.censoring import hidden_labels
from models.decay.histories import Histories, Numbers
from models.decay.market import market_shifts
from refrain.errors import TooFewRowsError

_LEAST_SHARE = 1e-5
"""A month below this share of the level counts as this: none has a logarithm of its own."""


@dataclass(frozen=True)
class Lessons:
    """n rows to learn from."""

    histories: Histories
    months: Numbers
    """Shape (n,): the month ahead."""
    target: Numbers
    """Shape (n,): logarithm of that month's streams over the track's level, the market's own movement taken out."""
    hidden: NDArray[np.bool_]
    """Shape (n,): whether the target is only the most that it can be."""
    weight: Numbers
    """Shape (n,): what an error counts for; 1 on average."""


def lessons_of(
    X: pd.DataFrame,  # noqa: N803 - scikit-learn's name
    y: NDArray[Any],
    *,
    size: float,
    drift: float,
    shock: float,
    max_rows: int,
    seed: int,
) -> Lessons:
    """Rows of refrain.track_months.COLUMNS and the streams of their months, made ready.

    `size`: power of a track's level that its errors count for; `drift`, `shock`: see models/decay/market.py; of more
    than `max_rows` rows so many are drawn. Raises TooFewRowsError if no track has streams.
    """
    labels = np.asarray(y, dtype=np.float64)
    hidden = hidden_labels(X, labels)
    shifts = market_shifts(X, labels, hidden, drift=drift, shock=shock, seed=seed)
    kept = _drawn(len(labels), max_rows, seed)
    level = Histories(X.iloc[kept]).level
    kept, level = kept[level > 0], level[level > 0]
    if not len(kept):
        raise TooFewRowsError(
            "The catalogue's decay cannot be learned: no track has streams.", hint="Look at daily_streams."
        )
    histories = Histories(X.iloc[kept])
    target = np.log(np.maximum(labels[kept] / level, _LEAST_SHARE)) + shifts[kept]
    weight = level**size
    return Lessons(histories, histories.months_ahead(), target, hidden[kept], weight / weight.mean())


def _drawn(rows: int, most: int, seed: int) -> NDArray[np.intp]:
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
