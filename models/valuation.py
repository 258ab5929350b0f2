"""What future streams are worth today: present values of tracks, artists and a catalogue, with intervals.

A month's streams are worth what refrain/present_value.py says, month i of a year's m months being paid after i / m
years.

Intervals are arrays of shape (..., 5) as models.intervals.ANSWER names their columns: prediction, low_80, high_80,
low_95, high_95. Amounts of money are in the currency of the rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from refrain.errors import InputError
from refrain.present_value import factors_after, worth_today

Numbers = NDArray[np.float64]

OTHER = "other"
"""The country that stands for all that have no rate of their own."""
MONTHS_A_YEAR: Mapping[str, float] = {"30 days": 365 / 30, "calendar": 12.0}
"""Kind of month -> how many make a year."""
_LOW, _HIGH = [1, 3], [2, 4]  # columns of an answer


@dataclass(frozen=True)
class Valuation:
    """Present values with intervals, each with the columns of models.intervals.ANSWER."""

    tracks: Numbers
    """Shape (tracks, 5)."""
    artists: Numbers
    """Shape (artists, 5), in the order of their codes."""
    catalogue: Numbers
    """Shape (5,)."""


def value_catalogue(
    curves: Numbers,
    totals: Numbers,
    artists: NDArray[np.int64],
    *,
    rate: float | Numbers,
    yearly_discount: float,
    common_share: float,
    months_a_year: float = MONTHS_A_YEAR["30 days"],
) -> Valuation:
    """The present value of each track, each artist and all together.

    `curves`: streams of each month ahead, shape (tracks, months, 5); `totals`: of all these months together, shape
    (tracks, 5). `artists`: each track's artist, numbered from 0 on. `rate`: royalty per stream, one or one a track.
    `common_share`: as `common_share` estimates it. The other arguments are explained at `present_values`.
    """
    tracks = present_values(curves, totals, rate=rate, yearly_discount=yearly_discount, months_a_year=months_a_year)
    # As one group, also where there is no track.
    catalogue = added_up(tracks, np.zeros(len(tracks), dtype=np.int64), common_share).sum(axis=0)
    return Valuation(tracks, added_up(tracks, artists, common_share), catalogue)


def present_values(
    curves: Numbers,
    totals: Numbers,
    *,
    rate: float | Numbers,
    yearly_discount: float,
    months_a_year: float = MONTHS_A_YEAR["30 days"],
) -> Numbers:
    """The present value of each track's months ahead, shape (tracks, 5).

    `curves`, `totals`: as in `value_catalogue`. `yearly_discount`: 0.08 for 8 % a year. `months_a_year`: of
    MONTHS_A_YEAR, how many of the curves' months make a year.

    Their intervals are explained at refrain.present_value.

    Raises InputError for a negative rate, or a discount rate of -100 % or less.
    """
    factors = discount_factors(curves.shape[1], yearly_discount, months_a_year)
    return worth_today(curves[:, :, 0], totals, rate, factors)


def discount_factors(months: int, yearly_discount: float, months_a_year: float = 12.0) -> Numbers:
    """What one unit of money at the end of each month ahead is worth today, shape (months,).

    Raises InputError for a discount rate of -100 % or less.
    """
    return factors_after(np.arange(1, months + 1) / months_a_year, yearly_discount)


def blended_rate(rates: Mapping[str, float], shares: Mapping[str, float]) -> float:
    """The mean royalty per stream where `shares` of the streams come from each country.

    Shares need not add up to 1: they are weights. A country without a rate takes that of "other". Raises InputError
    where there is none, or for shares that are negative or add up to nothing.
    """
    total = sum(shares.values())
    if not total > 0 or min(shares.values()) < 0:
        raise InputError("The shares of countries are negative or add up to nothing.", hint="Give streams by country.")
    unknown = sorted(country for country in shares if country not in rates)
    if unknown and OTHER not in rates:
        raise InputError(
            f"There is no royalty rate for {', '.join(unknown)}.", hint=f"Add one for each, or one for {OTHER!r}."
        )
    return float(sum(share * rates.get(country, rates.get(OTHER, 0.0)) for country, share in shares.items()) / total)


def added_up(values: Numbers, groups: NDArray[np.int64], common_share: float) -> Numbers:
    """Sums with intervals of the values of each group, shape (groups, 5).

    `values`: shape (n, 5). `groups`: each one's group, numbered from 0 on. `common_share`: rho, the share of the
    variance of errors that all have in common. The half-widths w on either side of the predictions become
    sqrt(rho * (sum of w)^2 + (1 - rho) * sum of w^2): their sum where all errors are one (rho = 1), the root of their
    sum of squares where none has to do with another (rho = 0). [Variance of a sum of equally correlated errors.]
    """
    count = int(groups.max()) + 1 if len(groups) else 0
    predicted = values[:, :1]

    def added(columns: Numbers) -> Numbers:
        return np.column_stack([np.bincount(groups, weights=column, minlength=count) for column in columns.T])

    sums = np.empty((count, values.shape[1]))
    sums[:, :1] = added(predicted)
    for columns, side in ((_LOW, -1.0), (_HIGH, 1.0)):
        widths = np.maximum(side * (values[:, columns] - predicted), 0.0)
        together = np.sqrt(common_share * added(widths) ** 2 + (1.0 - common_share) * added(widths**2))
        sums[:, columns] = np.maximum(sums[:, :1] + side * together, 0.0)
    return sums


def common_share(errors: Numbers, widths: Numbers, origins: NDArray[Any], *, confidence: float = 0.9) -> float:
    """The share rho of the variance of errors that tracks have in common at an origin, from 0 to 1.

    `errors`: what came less what was said, of rows that the model had not learned from (the tune window), shape (n,).
    `widths`: the half-widths of their intervals. `origins`: which rows were predicted together (as_of, or as_of and
    month ahead), at least two rows each.

    With e_i = w_i (sqrt(rho) C + sqrt(1 - rho) u_i) for one common C a group, (sum of e)^2 - sum of e^2 is on average
    s^2 rho ((sum of w)^2 - sum of w^2), and the sum of e^2 is s^2 times the sum of w^2: both are added over the groups
    and their quotients divided (method of moments, large rows counting for as much as they do in a sum).

    There are as many draws of C as origins, and hardly ever many. So what is given is not the estimate but the upper
    end of its one-sided interval at `confidence` (k / chi2 of k degrees of freedom times it): too wide an interval
    rather than too narrow a one. Not advised below 4 origins; 1 where there are none with two rows.
    """
    numbered = np.unique(origins, return_inverse=True)[1].ravel() if len(origins) else np.zeros(0, dtype=np.int64)
    count = int(numbered.max()) + 1 if len(numbered) else 0

    def added(values: Numbers) -> Numbers:
        return np.bincount(numbered, weights=values, minlength=count).astype(np.float64)

    crossed_errors = added(errors) ** 2 - added(errors**2)
    crossed_widths = added(widths) ** 2 - added(widths**2)
    groups = int((crossed_widths > 0).sum())
    squares = float((errors**2).sum())
    if groups == 0 or squares == 0:
        return 1.0
    share = float(crossed_errors.sum() / crossed_widths.sum()) / (squares / float((widths**2).sum()))
    upper = share * groups / float(chi2.ppf(1.0 - confidence, groups))
    return float(np.clip(upper, 0.0, 1.0))
