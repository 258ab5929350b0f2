"""A line's score as a sum of one function of each feature, straight between a few places: one look-up a feature.

What prepares a row for a line (imputed, drawn in, spread evenly, bent, scaled) treats each feature by itself, and bends
only at places that it has learned. So the whole way from a feature to its part of the score is one such function. It is
tabulated by asking the fitted steps themselves at these places, and beside them: at a value that many training rows
share, an even spread has a step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from models.compiled.prepared import step_of
from models.compiled.rows import Numbers
from models.prepared_columns import features_behind
from models.preprocessing import LARGEST, Bends
from models.streams.preparation import EvenSpread, Winsorised

_LEARNED: dict[type, Callable[[Any], Numbers]] = {
    QuantileTransformer: lambda step: step.quantiles_,
    Winsorised: lambda step: step.bounds_,
    EvenSpread: lambda step: step.values_,
}
"""Steps that bend a feature at places that they have learned, shape (places, features), and not beyond them."""
_STRAIGHT = (SimpleImputer, Bends, StandardScaler)
_SAME = 1e-13
"""Share of a function's largest value below which a difference is none."""


@dataclass(frozen=True)
class Additive:
    """`base`, the score of a row of which nothing is known, plus what each known feature adds to it."""

    base: float
    terms: tuple[tuple[int, Numbers, Numbers], ...]
    """Feature, places in rising order, and what it adds there. Features that never add anything are left out."""

    def scores(self, columns: Numbers) -> Numbers:
        """Of `columns`, shape (features, rows), NaN where missing and nothing beyond 1e30: shape (rows,)."""
        missing: NDArray[np.bool_] = np.isnan(columns)
        unknown: NDArray[np.bool_] = np.logical_and.reduce(missing, axis=1)
        places = np.where(missing, np.inf, columns)
        found = np.full(columns.shape[1], self.base)
        for feature, at, adds in self.terms:
            if not unknown[feature]:
                found += np.interp(places[feature], at, adds, right=0.0)
        return found


def additive(steps: Sequence[Any], weights: Numbers, intercept: float, features: int) -> Additive | None:
    """The score `weights` @ what the fitted `steps` make of a row + `intercept`, of rows of so many features.

    None where a step mixes features, or one goes on rising beyond the last place.
    """
    if steps and isinstance(steps[-1], PCA) and not steps[-1].whiten:
        components = steps[-1]
        weights = weights @ components.components_
        return additive(steps[:-1], weights, intercept - float(weights @ components.mean_), features)
    if not all(isinstance(step, (*_STRAIGHT, *_LEARNED)) and not _is_normal(step) for step in steps):
        return None
    if not any(isinstance(step, tuple(_LEARNED)) for step in steps):
        return None
    return _tabulated(steps, weights, intercept, features)


def _is_normal(step: Any) -> bool:
    return isinstance(step, QuantileTransformer) and bool(step.output_distribution == "normal")


def _tabulated(steps: Sequence[Any], weights: Numbers, intercept: float, features: int) -> Additive:
    behind = np.array(_behind(steps, features))

    def adds(columns: Numbers) -> Numbers:
        """What each feature adds to the score, shape (features, rows)."""
        weighed = _applied(steps, columns) * weights[:, None]
        return np.array([weighed[behind == feature].sum(axis=0) for feature in range(features)])

    nothing = adds(np.full((features, 1), np.nan))
    at = _places(steps, features)
    below, here, above = (adds(np.nextafter(at, towards)) - nothing for towards in (-np.inf, at, np.inf))
    terms = [
        (feature, *_table(at[feature], below[feature], here[feature], above[feature])) for feature in range(features)
    ]
    return Additive(float(nothing.sum() + intercept), tuple(term for term in terms if term[2].any()))


def _table(at: Numbers, below: Numbers, here: Numbers, above: Numbers) -> tuple[Numbers, Numbers]:
    """Places and values of one feature; one place where it is the same on both sides of it, else the steps' edges."""
    close = _SAME * np.abs([below, here, above]).max()
    step = (np.abs(below - here) > close) | (np.abs(above - here) > close)
    edges = np.nextafter(at[step], -np.inf), np.nextafter(at[step], np.inf)
    places, first = np.unique(np.concatenate([at, *edges]), return_index=True)
    values = np.concatenate([here, below[step], above[step]])[first]
    return np.append(places, 2 * LARGEST), np.append(values, values[-1])


def _places(steps: Sequence[Any], features: int) -> Numbers:
    """Where each feature's function bends, shape (features, places), in rising order, the last one repeated."""
    found: list[Numbers] = [np.empty(0)] * features
    for number, step in enumerate(steps):
        learned = _LEARNED.get(type(step))
        if learned is not None:
            found = [np.unique([*at, *values]) for at, values in zip(found, learned(step).T, strict=False)]
        if isinstance(step, Bends):
            found = _with_bends(found, steps[:number], step)
    return _side_by_side(found)


def _with_bends(found: list[Numbers], before: Sequence[Any], bends: Bends) -> list[Numbers]:
    """`found`, and where between these a feature, as the steps `before` give it, passes a bend."""
    at = _side_by_side(found)
    first, last = np.nextafter(at, np.inf)[:, :-1], np.nextafter(at, -np.inf)[:, 1:]
    low, high = (_applied(before, ends)[: len(at)] for ends in (first, last))
    passed = []
    for place in bends.places:
        inside = (low < place) & (place < high)
        share = np.where(inside, (place - low) / np.where(inside, high - low, 1.0), 0.0)
        passed.append(np.where(inside, first + share * (last - first), np.nan))
    together = np.concatenate([at, *passed], axis=1)
    return [np.unique(of_feature[~np.isnan(of_feature)]) for of_feature in together]


def _side_by_side(found: Sequence[Numbers]) -> Numbers:
    longest = max(len(at) for at in found)
    return np.array([np.pad(at, (0, longest - len(at)), mode="edge") for at in found])


def _applied(steps: Sequence[Any], columns: Numbers) -> Numbers:
    for step in steps:
        columns = step_of(step)(columns)
    return columns


def _behind(steps: Sequence[Any], features: int) -> list[int]:
    """The feature behind each column that the steps give."""
    names = [str(feature) for feature in range(features)]
    for step in steps:
        names = features_behind(step, names)
    return [int(name) for name in names]
