"""The exponential nearest to a few points: a * exp(-k * t), k >= 0, for many sets of points at once."""

import numpy as np

from models.decay.histories import Numbers

_GRID = np.concatenate([[0.0], np.geomspace(1e-5, 8.0, 48)])
_STEPS = 60


def decay_rates(times: Numbers, values: Numbers) -> Numbers:
    """Rate k of the least-squares fit of a * exp(-k * t), k >= 0, to the points of each row: shape (n,).

    `times`, `values`: shape (n, points); a point whose value is NaN is left out. 0 where fewer than two times differ.

    For a given k the best a is known, so that only k is sought (variable projection: Golub and Pereyra, The
    Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems Whose Variables Separate, 1973): the best of
    a grid, and then the place where the slope of the squared error changes sign, by halving.
    """
    known = np.isfinite(values)
    y = np.where(known, values, 0.0)
    t = np.where(known, times - np.min(times, axis=1, keepdims=True), 0.0)
    errors = np.stack([_error(rate, t, y, known) for rate in _GRID])
    best = np.argmin(errors, axis=0)
    low, high = _GRID[np.maximum(best - 1, 0)], _GRID[np.minimum(best + 1, len(_GRID) - 1)]
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        falls = _slope(middle, t, y, known) < 0.0
        low, high = np.where(falls, middle, low), np.where(falls, high, middle)
    rates = 0.5 * (low + high)
    # Halving from the grid's first interval ends beside 0, never on it.
    at_zero = (best <= 1) & (_slope(np.zeros(len(y)), t, y, known) >= 0.0)
    spread = np.where(known, t, -np.inf).max(axis=1) > np.where(known, t, np.inf).min(axis=1)
    return np.where(at_zero | ~spread, 0.0, rates)


def _error(rate: float, t: Numbers, y: Numbers, known: Numbers) -> Numbers:
    shape = np.exp(-rate * t) * known
    size = np.sum(shape * y, axis=1) / np.maximum(np.sum(shape * shape, axis=1), 1e-300)
    return np.asarray(np.sum((y - size[:, None] * shape) ** 2, axis=1))


def _slope(rate: Numbers, t: Numbers, y: Numbers, known: Numbers) -> Numbers:
    """Sign of the squared error's slope in the rate."""
    shape = np.exp(-rate[:, None] * t) * known
    size = np.sum(shape * y, axis=1) / np.maximum(np.sum(shape * shape, axis=1), 1e-300)
    return np.asarray(size * np.sum((y - size[:, None] * shape) * t * shape, axis=1))
