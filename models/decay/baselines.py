"""What a sceptic would forecast a catalogue with."""

from dataclasses import dataclass

import numpy as np

from models.decay.curves import CurveModel
from models.decay.histories import Histories, Numbers

YEAR_MONTHS = 12
_FEWEST = 3
_FURTHEST = float(np.log(1e6))


class Flat(CurveModel):
    """Every month is as the last."""

    def state(self, histories: Histories) -> Numbers:
        """The last month."""
        return histories.last_month

    def at(self, state: Numbers, month: Numbers | float, season_to: Numbers) -> Numbers:
        """The last month, whichever is asked for."""
        return state


class SeasonalNaive(CurveModel):
    """A month is as the same one was a year before; where that is unknown, as the last month."""

    def state(self, histories: Histories) -> Numbers:
        """Shape (n, 12): the next twelve months as they were a year before."""
        year = histories.back[:, YEAR_MONTHS - 1 :: -1]
        return np.where(np.isnan(year), histories.last_month[:, None], year)

    def at(self, state: Numbers, month: Numbers | float, season_to: Numbers) -> Numbers:
        """The same month of the last year that is known."""
        places = np.broadcast_to((np.asarray(month, dtype=np.intp) - 1) % YEAR_MONTHS, len(state))
        return np.asarray(state[np.arange(len(state)), places])


@dataclass(frozen=True)
class Line:
    """A straight line through logarithms: the value in the last month, and what is added each month."""

    last: Numbers
    slope: Numbers


class LogLinear(CurveModel):
    """The line through the logarithms of the last twelve months, drawn on; flat with fewer than three of them.

    Months without streams are left out. What it says is kept within a millionfold of the last month.
    """

    def state(self, histories: Histories) -> Line:
        """Each track's line."""
        year = histories.back[:, :YEAR_MONTHS]
        known = np.isfinite(year) & (year > 0)
        logs = np.log(np.where(known, year, 1.0))
        ago = -np.arange(YEAR_MONTHS, dtype=np.float64)
        count = np.maximum(known.sum(axis=1), 1)
        mean_ago, mean_log = (known @ ago) / count, logs.sum(axis=1) / count
        away = np.where(known, ago - mean_ago[:, None], 0.0)
        slope = np.sum(away * (logs - mean_log[:, None]), axis=1) / np.maximum(np.sum(away**2, axis=1), 1e-12)
        drawn = known.sum(axis=1) >= _FEWEST
        last = histories.last_month
        at_last = np.where(drawn, np.exp(np.clip(mean_log - slope * mean_ago, -700.0, 700.0)), last)
        return Line(at_last, np.where(drawn, slope, 0.0))

    def at(self, state: Line, month: Numbers | float, season_to: Numbers) -> Numbers:
        """The line's value at the month."""
        return state.last * np.exp(np.clip(state.slope * month, -_FURTHEST, _FURTHEST))
