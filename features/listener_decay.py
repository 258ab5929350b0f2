"""MLDR: how fast an artist's monthly listeners fall away, as it was known at an origin.

It is b in the least-squares fit of a * exp(-b * t) to the means of the artist's listeners over the last calendar months
that were over by then, t counting months. A month outside 1.5 interquartile ranges (Tukey's fences, quartiles
interpolated linearly) is replaced by the mean of its neighbours before the fit.

The fit is linear in a, so that a can be left out of it (variable projection: Golub and Pereyra, The Differentiation of
Pseudo-Inverses and Nonlinear Least Squares Problems Whose Variables Separate, 1973). With p = exp(-b), the p sought has
the largest S1(p)^2 / S2(p), where S1 = sum of y_t * p^t and S2 = sum of p^2t over the months known. It is looked for
on a grid, and from there on by a fixed number of Newton's steps, none longer than the grid's. Only sums, products and
quotients are needed for that, which come out alike on every engine; the one logarithm at the end is rounded.
"""

import math
from typing import Any

import narwhals as nw

from features.calendar import month_number
from features.held import settled
from features.origins import AS_OF_DAY, WHOLE_MONTH, numbered
from refrain.track_months import MLDR

Lazy = nw.LazyFrame[Any]

FEWEST_MONTHS = 6
"""Months below which no rate is told."""
GRID = tuple(round(-0.5 + 0.05 * number, 2) for number in range(31))
"""Rates among which the largest S1^2 / S2 is looked for first; what is found lies between the first and the last."""
_STEP = 0.05
_NEWTON_STEPS = 6
_FENCE = 1.5
_KEY = ["artist_id", AS_OF_DAY]
_QUARTERS = (1, 3)


def listener_decay(listeners: Lazy, origins: Lazy, months: int) -> Lazy:
    """artist_id, as_of_day, MLDR (a month; negative where listeners grow): one row where a rate can be told.

    `listeners`: artist_id, date, monthly_listeners. `origins`: as features.origins.placed gives them. `months`: how
    many calendar months back are looked at. A month's mean is that of the readings there are of it.
    """
    smoothed = _smoothed(_as_columns(_monthly_means(listeners), origins, months), months)
    fitted = _best_of_grid(smoothed, months)
    for _ in range(_NEWTON_STEPS):
        # Held, so that no engine writes one step's arithmetic into the next one's.
        fitted = settled(_newton(fitted, months))
    # In single precision: the last bits of a logarithm differ between engines.
    return fitted.select(*_KEY, (-nw.col("p").log()).cast(nw.Float32).cast(nw.Float64).alias(MLDR))


def _monthly_means(listeners: Lazy) -> Lazy:
    month = month_number(nw.col("date")).cast(nw.Int64).alias("month")
    sums = (
        listeners.with_columns(month)
        .group_by("artist_id", "month")
        .agg(nw.col("monthly_listeners").cast(nw.Int64).sum().alias("total"), nw.len().cast(nw.Int64).alias("readings"))
    )
    return sums.select("artist_id", "month", (nw.col("total") / nw.col("readings")).alias("mean"))


def _as_columns(means: Lazy, origins: Lazy, months: int) -> Lazy:
    """One row an artist and origin: y_0 (the oldest month) to y_{months - 1}, and the fences `lowest` and `highest`."""
    looked_at = numbered(origins, range(months), "t").with_columns(
        (nw.col(WHOLE_MONTH) - (months - 1) + nw.col("t")).alias("month")
    )
    pairs = looked_at.join(means, on="month").select(*_KEY, "t", "mean")
    placed = settled(pairs.with_columns((nw.col("mean").rank("ordinal").over(*_KEY).cast(nw.Int64) - 1).alias("place")))
    counts = placed.group_by(*_KEY).agg(nw.len().cast(nw.Int64).alias("count"))
    # The q-th quartile of n sorted values lies (n - 1) * q / 4 places after the first.
    below = {q: (nw.col("count") - 1) * q // 4 for q in _QUARTERS}
    at = {
        f"{side}_{q}": nw.col("place") == below[q] + int(side == "above")
        for q in _QUARTERS
        for side in ("under", "above")
    }
    wide = (
        placed.join(counts.filter(nw.col("count") >= FEWEST_MONTHS), on=_KEY)
        .group_by(*_KEY, "count")
        .agg(
            *(nw.when(nw.col("t") == t).then(nw.col("mean")).max().alias(f"y_{t}") for t in range(months)),
            *(nw.when(is_there).then(nw.col("mean")).max().alias(name) for name, is_there in at.items()),
        )
    )
    first, third = (_quartile(q) for q in _QUARTERS)
    reach = (third - first) * _FENCE
    return wide.with_columns((first - reach).alias("lowest"), (third + reach).alias("highest"))


def _quartile(q: int) -> nw.Expr:
    under = nw.col(f"under_{q}")
    between = ((nw.col("count") - 1) * q % 4) / 4
    return under + (nw.col(f"above_{q}").fill_null(0.0) - under) * between


def _smoothed(wide: Lazy, months: int) -> Lazy:
    """w_t of each month: 0 where it is not known; y_t: outliers replaced, 0 where it is not known."""
    replaced = [_without_outlier(t, months).fill_null(0.0).alias(f"y_{t}") for t in range(months)]
    known = [(~nw.col(f"y_{t}").is_null()).cast(nw.Float64).alias(f"w_{t}") for t in range(months)]
    return settled(wide.with_columns(*known, *replaced).filter(_plus([nw.col(f"y_{t}") for t in range(months)]) > 0))


def _without_outlier(t: int, months: int) -> nw.Expr:
    value = nw.col(f"y_{t}")
    beside = [nw.col(f"y_{near}") for near in (t - 1, t + 1) if 0 <= near < months]
    mean = nw.coalesce((beside[0] + beside[-1]) / 2, *beside, value)
    is_outlier = (value < nw.col("lowest")) | (value > nw.col("highest"))
    return nw.when(is_outlier).then(mean).otherwise(value)


def _best_of_grid(wide: Lazy, months: int) -> Lazy:
    """With p = exp(-b) of that b on the grid with the largest S1^2 / S2."""
    # Columns first, then what uses them more than once: nested, they would be computed again and again.
    scored = wide.with_columns(
        _score(math.exp(-rate), months).alias(f"score_{number}") for number, rate in enumerate(GRID)
    )
    scores = [nw.col(f"score_{number}") for number in range(len(GRID))]
    best = scored.with_columns(nw.max_horizontal(*scores).alias("best"))
    p = nw.coalesce(
        *(
            nw.when(score == nw.col("best")).then(nw.lit(math.exp(-rate)))
            for score, rate in zip(scores, GRID, strict=True)
        )
    )
    return best.with_columns(p.alias("p")).drop("best", *(f"score_{number}" for number in range(len(GRID))))


def _score(p: float, months: int) -> nw.Expr:
    one = _plus([nw.col(f"y_{t}") * p**t for t in range(months)])
    two = _plus([nw.col(f"w_{t}") * p ** (2 * t) for t in range(months)])
    return one * one / two


def _newton(wide: Lazy, months: int) -> Lazy:
    """With p one step nearer to where the slope of log(S1^2 / S2) / 2 by b is zero.

    That slope is the mean of t under the weights w_t * p^2t less that under y_t * p^t; its own slope is the variance of
    t under the second less twice that under the first.
    """
    p = nw.col("p")
    moments = {
        f"{name}_{power}": _polynomial([nw.col(f"{letter}_{t}") * t**power for t in range(months)], nw.col(base))
        for name, letter, base in (("listeners", "y", "p"), ("months", "w", "p2"))
        for power in range(3)
    }
    placed = wide.with_columns((p * p).alias("p2")).with_columns(value.alias(name) for name, value in moments.items())
    mean = {name: nw.col(f"{name}_1") / nw.col(f"{name}_0") for name in ("listeners", "months")}
    variance = {name: nw.col(f"{name}_2") / nw.col(f"{name}_0") - mean[name] * mean[name] for name in mean}
    bent = placed.with_columns(
        (mean["months"] - mean["listeners"]).alias("slope"),
        (variance["listeners"] - variance["months"] * 2).alias("bend"),
    )
    newton = nw.when(nw.col("bend") < 0).then(-nw.col("slope") / nw.col("bend")).otherwise(0.0)
    stepped = bent.with_columns(_between(newton, -_STEP, _STEP).alias("step"))
    # exp(-step) to the second order: what is left out is of the order of what a further step removes.
    step = nw.col("step")
    moved = _between(p * (1 - step + step * step / 2), math.exp(-GRID[-1]), math.exp(-GRID[0]))
    return stepped.with_columns(moved.alias("p")).drop("p2", "slope", "bend", "step", *moments)


def _between(value: nw.Expr, lowest: float, highest: float) -> nw.Expr:
    return nw.min_horizontal(nw.max_horizontal(value, nw.lit(lowest)), nw.lit(highest))


def _polynomial(coefficients: list[nw.Expr], p: nw.Expr) -> nw.Expr:
    """The sum of coefficient_t * p^t, by Horner's rule."""
    total = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * p + coefficient
    return total


def _plus(terms: list[nw.Expr]) -> nw.Expr:
    """The sum from left to right: in one order on every engine."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
