"""Forecasts of tracks added up: of one, of an artist's, of all of a catalogue."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.decay.baselines import Flat
from models.decay.classic import ClassicDecay
from models.valuation import added_up
from tasks.forecasting.forecaster import Forecaster
from tasks.forecasting.measured import Measured

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Together:
    """What is expected of the months after an as_of of some groups of tracks."""

    values: Numbers
    """Shape (groups, months, 5): streams of each month, as models.intervals.ANSWER calls the columns."""
    totals: Numbers
    """Shape (groups, months, 5): of all months up to each one together, with an interval of its own."""
    flat: Numbers
    """Shape (groups, months): every month as the last."""
    classic: Numbers
    """Shape (groups, months): by the published decay rates (models/decay/classic.py)."""


def together(
    forecaster: Forecaster, measured: Measured, as_of: date, months: int, groups: NDArray[np.int64]
) -> Together:
    """The forecasts of n tracks, added up by `groups`: each track's, numbered from 0 on, shape (n,).

    Intervals of sums are those of models.valuation.added_up, with the share of errors that the model found tracks to
    have in common. Raises InputError if `months` is not 1 to 400.
    """
    forecasts = forecaster.of_measured(measured, as_of, months)
    share, columns = forecaster.common_share, forecasts.columns
    totals = [forecaster.model.totals(columns, month, forecasts.values[:, :month]) for month in range(1, months + 1)]
    return Together(
        np.stack([added_up(forecasts.values[:, month], groups, share) for month in range(months)], axis=1),
        np.stack([added_up(total, groups, share) for total in totals], axis=1),
        _sums(Flat().curves(columns, months), groups),
        _sums(ClassicDecay().curves(columns, months), groups),
    )


def _sums(curves: Numbers, groups: NDArray[np.int64]) -> Numbers:
    """Of each group, shape (groups, months)."""
    count = int(groups.max()) + 1 if len(groups) else 0
    return np.column_stack([np.bincount(groups, weights=month, minlength=count) for month in curves.T])
