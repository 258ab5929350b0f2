"""The market's own movement: what all tracks of a chart share, seen in its cutoff, and what to make of it.

A chart's counts rise and fall together by a tenth and more a year. The few years that a model learns from say little
about the next ones, and each of them is thousands of rows. So labels are rid of the movement that happened, and given
one drawn from what movements there were, around the part of their mean that so few years can vouch for.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decay.censoring import groups_of
from models.decay.histories import MONTH_DAYS, Numbers
from refrain.track_months import CUTOFF, MONTH_AHEAD

_MOST = 1.0


def market_shifts(
    X: pd.DataFrame,  # noqa: N803 - scikit-learn's name
    y: Numbers,
    hidden: NDArray[np.bool_],
    *,
    drift: float,
    shock: float,
    seed: int,
) -> Numbers:
    """What to add to the logarithm of each label, shape (rows,); 0 where a source has no cutoff.

    `drift`: share of the mean movement that is kept; `shock`: how large drawn movements are, 1 as large as those seen.
    """
    shifts = np.zeros(len(y))
    if not hidden.any():
        return shifts
    group = groups_of(X)
    months = X[MONTH_AHEAD].to_numpy(dtype=np.float64)
    years = months * (MONTH_DAYS / 365.0)
    seen = pd.DataFrame({"group": group[hidden], "years": years[hidden]})
    seen["moved"] = np.log(np.maximum(y[hidden], 1e-9) / np.maximum(X[CUTOFF].to_numpy(dtype=np.float64)[hidden], 1e-9))
    seen = seen.groupby("group", sort=True).first()
    moved = np.clip(seen["moved"].to_numpy(), -_MOST, _MOST)
    at = seen["years"].to_numpy()
    mean = float(np.sum(moved) / np.sum(at))
    spread = float(np.sqrt(np.mean((moved - mean * at) ** 2 / at)))
    drawn = np.random.default_rng(seed).standard_normal(len(seen))
    new = drift * mean * at + shock * spread * np.sqrt(at) * drawn
    by_group = pd.Series(new - moved, index=seen.index)
    return by_group.reindex(group).fillna(0.0).to_numpy()
