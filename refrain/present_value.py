"""What streams that are expected are worth today: said here once, for the API and for the pages.

A month's streams earn a rate each, paid at the month's end. Money that comes t years later is worth (1 + r)^-t of what
it is worth today, r being the effective yearly discount rate. [Brealey, Myers, Allen, Principles of Corporate Finance,
chapter 2.]
"""

import numpy as np
from numpy.typing import NDArray

from refrain.errors import InputError

Numbers = NDArray[np.float64]


def factors_after(years: Numbers, yearly_discount: float) -> Numbers:
    """What one unit of money after each of `years` is worth today, of the same shape.

    Raises InputError for a discount rate of -100 % or less.
    """
    if not (np.isfinite(yearly_discount) and yearly_discount > -1):
        raise InputError(
            f"A discount rate of {yearly_discount!r} a year means nothing.", hint="Give 0.08 for 8 % a year."
        )
    return np.asarray((1.0 + yearly_discount) ** (-years), dtype=np.float64)


def worth_today(predicted: Numbers, totals: Numbers, rate: float | Numbers, factors: Numbers) -> Numbers:
    """The present value of n curves with its intervals, shape (n, 5): prediction, low_80, high_80, low_95, high_95.

    `predicted`: streams of each month ahead, shape (n, months); `totals`: of all these months together, with intervals,
    shape (n, 5). `rate`: money per stream, one or one a curve. `factors`: of the months' ends, shape (months,).

    The interval is that of the total, which knows how much the errors of a curve's months have in common, brought down
    by as much as the prediction is. Discounting counts the later, less certain months for less: it is wide enough.

    Raises InputError for a rate that is negative or no number.
    """
    each = np.broadcast_to(np.asarray(rate, dtype=np.float64), (len(predicted),))
    if not np.all(np.isfinite(each) & (each >= 0)):
        raise InputError(
            "A royalty rate is negative or no number.", hint="Give what a stream earns, 0.003 for example."
        )
    discounted, streams = predicted @ factors, predicted.sum(axis=1)
    kept = np.divide(discounted, streams, out=np.full(len(predicted), factors.mean()), where=streams > 0)
    values = totals * (kept * each)[:, None]
    values[:, 0] = discounted * each
    return np.asarray(values, dtype=np.float64)
