"""Which labels of a chart are the most that a month can have been, rather than what it was."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decay.histories import Numbers
from refrain.track_months import CATALOGUE_LEVEL, CUTOFF, MONTH_AHEAD, SEASON_FROM

_ORIGIN = (CUTOFF, CATALOGUE_LEVEL, SEASON_FROM, MONTH_AHEAD)
"""Equal in all rows of an origin and month ahead, and seldom in those of another."""
_TIE = 1e-6


def hidden_labels(X: pd.DataFrame, y: Numbers) -> NDArray[np.bool_]:  # noqa: N803 - scikit-learn's name
    """Shape (rows,): whether a label is the most that a month can have been whose track the source did not list.

    The label of such a month is the sum of its cutoffs, the same for all tracks that were out of the chart throughout,
    and no track that was in it can have had less. So they are those that share the lowest label of their origin and
    month ahead. Nothing is hidden in a source without a cutoff.
    """
    hidden = np.zeros(len(y), dtype=np.bool_)
    if any(name not in X.columns for name in _ORIGIN):
        return hidden
    censored = X[CUTOFF].notna().to_numpy()
    if not censored.any():
        return hidden
    labels = pd.Series(np.asarray(y, dtype=np.float64)[censored])
    group = groups_of(X)[censored]
    lowest = labels.groupby(group).transform("min")
    tied = labels <= lowest * (1.0 + _TIE)
    hidden[censored] = (tied & (tied.groupby(group).transform("sum") >= 2)).to_numpy()
    return hidden


def groups_of(X: pd.DataFrame) -> NDArray[np.intp]:  # noqa: N803
    """Shape (rows,): the number of each row's origin and month ahead."""
    number = X.groupby(list(_ORIGIN), sort=True, dropna=False).ngroup()
    return np.asarray(number, dtype=np.intp)
