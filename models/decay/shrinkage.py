"""Empirical Bayes: a track's own rate, drawn towards the catalogue's the more, the less history it rests on.

With own rates r_i of sampling variance s2 / S_i (s2: noise of a month, S_i: spread of the months known) around a rate
that varies between tracks by t2, the best guess is B_i * r_i + (1 - B_i) * the catalogue's, B_i = t2 / (t2 + s2 / S_i)
[Efron and Morris, Data Analysis Using Stein's Estimator and its Generalizations, 1975]. s2 and t2 come from the
catalogue itself, by moments; medians stand for means, since streams have jumps.
"""

import numpy as np

from models.decay.histories import Numbers
from models.decay.track_shapes import Slope

_NORMAL = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""
_SMALLEST = 1e-8


def variances(slope: Slope, center: Numbers) -> tuple[float, float]:
    """(s2, t2): the noise of a month, and the variance of tracks' true rates around `center`, shape (n,)."""
    measured = (slope.spread > 0) & (slope.points > 2)
    if not measured.any():
        return 1.0, _SMALLEST
    noise = np.median(slope.residual[measured] / (slope.points[measured] - 2.0)) + _SMALLEST
    away = np.abs(slope.rate[measured] - center[measured])
    total = (_NORMAL * np.median(away)) ** 2
    between = total - np.median(noise / slope.spread[measured])
    return float(noise), float(max(between, 0.05 * total, _SMALLEST))


def trust(slope: Slope, noise: float, between: float) -> Numbers:
    """B, shape (n,): 0 (nothing is known of the track) to 1 (its own rate is all that counts)."""
    return np.asarray(slope.spread / (slope.spread + noise / between))
