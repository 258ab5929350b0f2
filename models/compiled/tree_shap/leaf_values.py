"""The Shapley values of a leaf's columns, for every outcome of the splits that it depends on.

A leaf of value v is a game whose players are the n columns on the way to it. Knowing some columns, it is worth v times,
for each of these, whether the row takes all of the way's steps on it (met, 0 or 1), and for each other column the share
of the training rows that do. A player's Shapley value is the integral over t from 0 to 1 of how much it adds where each
other player is known with the chance t [Owen, Multilinear extensions of games, 1972]:

    v (met_i - share_i) * integral of the product over the others of (t met_j + (1 - t) share_j)

The product is a polynomial of degree n - 1, so that n/2 Gauss-Legendre nodes give its integral exactly. This is what
path-dependent TreeSHAP computes [Lundberg et al., 2020]. It depends on a row through the outcomes of the splits alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.compiled.tree_shap.parts import Leaf

Numbers = NDArray[np.float64]


def leaf_values(leaves: Sequence[Leaf], bits: int) -> Numbers:
    """What each step's column adds in each outcome, shape (leaves, steps of the longest way, outcomes).

    An outcome is a number of `bits` bits, one for each split, the first one's the highest; 1 is left. Of a column with
    several steps all stands at its first one; at the others, and behind the end of a shorter way, stands 0.
    """
    met, share = _players(leaves, bits)
    nodes, weights = np.polynomial.legendre.leggauss((met.shape[1] + 1) // 2)
    integral = np.zeros_like(met)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        factors = node * met + (1 - node) * share
        integral += weight * (factors.prod(axis=1, keepdims=True) / factors)  # no share is 0, so no factor is
    values = np.array([leaf.value for leaf in leaves])
    return np.asarray(values[:, None, None] * (met - share) * integral, dtype=np.float64)


def _players(leaves: Sequence[Leaf], bits: int) -> tuple[Numbers, Numbers]:
    """`met`, shape (leaves, steps, outcomes), and `share`, (leaves, steps, 1); both 1 where no player stands."""
    steps = max(len(leaf.steps) for leaf in leaves)
    split, left, share, first = (np.full((len(leaves), steps), filling) for filling in (0, False, 1.0, steps))
    for number, leaf in enumerate(leaves):
        here = slice(len(leaf.steps))
        split[number, here] = [step.split for step in leaf.steps]
        left[number, here] = [step.left for step in leaf.steps]
        share[number, here] = [step.share for step in leaf.steps]
        seen: dict[int, int] = {}
        first[number, here] = [seen.setdefault(step.column, place) for place, step in enumerate(leaf.steps)]
    outcomes = np.arange(1 << bits)
    met = (outcomes >> (bits - 1 - split)[..., None] & 1 == 1) == left[..., None]
    met[first == steps] = True
    for place in range(1, steps):
        [again] = np.nonzero(first[:, place] < place)
        met[again, first[again, place]] &= met[again, place]
        share[again, first[again, place]] *= share[again, place]
        met[again, place], share[again, place] = True, 1.0
    return met.astype(np.float64), share[..., None]
