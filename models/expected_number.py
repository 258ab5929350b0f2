"""How many of some rows will be positive: the sum of their probabilities, with intervals of the number that comes.

Were rows independent and probabilities right, the number would be that of many unlike coins: its variance is the sum of
p (1 - p). [Poisson binomial distribution.] Neither is so: a holiday silences many users at once. What rows of one day
have in common moves all their probabilities by one factor, so that its part of the error grows with the number and does
not average out: variance = sum of p (1 - p) + (shared * sum of p)^2.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.base import BaseEstimator

from models.intervals import ANSWER, LEVELS

Numbers = NDArray[np.float64]

COLUMNS = ANSWER
"""What `answer` gives."""


class ExpectedNumber(BaseEstimator):
    """Learns from groups of rows (those of an as_of, say) how far their number is from the sum of their probabilities.

    `overlap`: how many successive groups have labels of partly the same days, and so err alike; 1 where none do.
    """

    def __init__(self, overlap: int = 1) -> None:
        self.overlap = overlap

    def fit(self, probabilities: Numbers, y: NDArray[Any], groups: NDArray[np.int64]) -> "ExpectedNumber":
        """Learn from calibrated probabilities of 1, what came (0 or 1), and the group of each row, counted from 0.

        Few groups make wide intervals: quantiles are those of Student's t with as many degrees of freedom as there are
        groups that share no days.
        """
        expected, variance, came = (
            np.bincount(groups, weights=values) for values in (probabilities, probabilities * (1 - probabilities), y)
        )
        beyond = ((came - expected) ** 2 - variance).sum()
        self.shared_ = float(np.sqrt(max(beyond, 0.0) / max((expected**2).sum(), 1e-12)))
        self.freedom_ = max(1.0, len(expected) / self.overlap)
        return self

    def answer(self, probabilities: Numbers) -> Numbers:
        """The number expected of rows with these probabilities, and whole numbers that it lies between, shape (5,).

        In the order of COLUMNS; between 0 and the number of rows, as the number itself is.
        """
        expected = float(probabilities.sum())
        spread = np.sqrt((probabilities * (1 - probabilities)).sum() + (self.shared_ * expected) ** 2)
        bounds = []
        for level in LEVELS:
            reach = float(t.ppf((1 + level) / 2, self.freedom_)) * spread
            bounds += [np.floor(expected - reach), np.ceil(expected + reach)]
        return np.array([expected, *np.clip(bounds, 0, len(probabilities))], dtype=np.float64)
