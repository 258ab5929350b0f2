"""Linear models that minimise absolute errors, some labels being known only as upper bounds."""

import numpy as np
from numpy.typing import NDArray

from models.decay.histories import Numbers

_ROUNDS = 30


def least_absolute(
    columns: Numbers, target: Numbers, weight: Numbers, hidden: NDArray[np.bool_], penalty: Numbers, width: float
) -> Numbers:
    """Coefficients, shape (columns,), that minimise the weighted absolute errors plus `penalty` * their squares.

    A row that is `hidden` has a label of at most `target`: an answer below that is no error [Powell, Least Absolute
    Deviations Estimation for the Censored Regression Model, 1984, turned over]. Solved by least squares reweighted
    with 1 / sqrt(error^2 + width^2), which is the absolute error rounded off within `width`.
    """
    shares: Numbers = np.asarray(weight / np.sum(weight))
    coefficients: Numbers = np.zeros(columns.shape[1])
    for step in range(_ROUNDS):
        errors = target - columns @ coefficients
        counts: Numbers = np.asarray(shares / np.sqrt(errors**2 + width**2))
        if step:
            counts = counts * ~(hidden & (errors > 0))
        weighted = columns * counts[:, None]
        normal = weighted.T @ columns
        normal[np.diag_indices_from(normal)] += penalty
        coefficients = np.asarray(np.linalg.solve(normal, weighted.T @ target))
    return np.asarray(coefficients)
