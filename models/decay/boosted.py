"""Boosted trees: one model for all tracks and months of a catalogue, on logarithms of ratios to the level."""

from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np
import pandas as pd
import xgboost
from numpy.typing import NDArray

from models.decay.curves import CurveModel
from models.decay.histories import Histories, Numbers, season_ahead
from models.decay.lessons import lessons_of
from models.decay.ratios import RATIOS, ratios_at, ratios_of
from models.decay.segments import SegmentedDecay, SegmentState, scaled_up

_KNOTS = (1.0, 3.0, 6.0, 12.0, 18.0, 24.0)
"""Months ahead for which the trees are asked; between two of them their answers are joined by a line."""
_FURTHEST = 12.0
_SAYING = Lock()
_SINGLE_THREADED: "WeakSet[xgboost.Booster]" = WeakSet()


@dataclass(frozen=True)
class BoostedState:
    """Of n tracks: their segmented curve, and how far above it (in logarithms) the trees lie at each knot."""

    segments: SegmentState
    added: Numbers
    """Shape (n, knots)."""


class BoostedDecay(CurveModel):
    """Month h ahead is level * exp(trees(what is known of the track, h)), at some months (knots).

    Between two knots, and beyond the last, it follows the segmented curve (SegmentedDecay), moved to where the trees
    are.

    The trees minimise absolute errors of logarithms, rounded off within `width` so that they have curvature; a month
    that a chart hides is no error below its cutoff, and pulls with the curvature `stay` towards where it is.

    `share`: how far from the segmented curve to the trees the answer lies, in logarithms (0.5: their geometric mean).
    `rounds`, `max_depth`, `learning_rate`, `min_child_weight`, `subsample`, `colsample`, `reg_lambda`: as XGBoost calls
    them; the others as in SegmentedDecay.
    """

    def __init__(
        self,
        rounds: int = 200,
        max_depth: int = 4,
        learning_rate: float = 0.06,
        min_child_weight: float = 30.0,
        subsample: float = 0.7,
        colsample: float = 0.5,
        reg_lambda: float = 5.0,
        width: float = 0.05,
        stay: float = 1.0,
        share: float = 1.0,
        size: float = 0.5,
        max_rows: int = 200_000,
        drift: float = 0.5,
        shock: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.rounds = rounds
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample = colsample
        self.reg_lambda = reg_lambda
        self.width = width
        self.stay = stay
        self.share = share
        self.size = size
        self.max_rows = max_rows
        self.drift = drift
        self.shock = shock
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "BoostedDecay":  # noqa: N803 - scikit-learn's name
        """Learn from rows of refrain.track_months.COLUMNS and the streams of their months."""
        lessons = lessons_of(
            X, y, size=self.size, drift=self.drift, shock=self.shock, max_rows=self.max_rows, seed=self.seed
        )
        self.segmented_ = SegmentedDecay().learn(lessons)
        rows = ratios_at(ratios_of(lessons.histories), lessons.months, lessons.histories)
        self.knots_ = np.array([knot for knot in _KNOTS if knot <= self.segmented_.longest_])
        self.trees_ = xgboost.train(
            {
                "tree_method": "hist",
                "max_depth": self.max_depth,
                "eta": self.learning_rate,
                "min_child_weight": self.min_child_weight,
                "subsample": self.subsample,
                "colsample_bytree": self.colsample,
                "reg_lambda": self.reg_lambda,
                "base_score": 0.0,
                "nthread": 1,
                "seed": self.seed,
            },
            xgboost.DMatrix(rows, lessons.target, feature_names=list(RATIOS), nthread=1),
            self.rounds,
            obj=_absolute_error(lessons.weight, lessons.hidden, self.width, self.stay),
        )
        return self

    def state(self, histories: Histories) -> BoostedState:
        """Each track's segmented curve, and what the trees add."""
        ratios = ratios_of(histories)
        rows = np.vstack([ratios_at(ratios, np.full(len(histories), knot), histories) for knot in self.knots_])
        matrix = xgboost.DMatrix(rows, feature_names=list(RATIOS), nthread=1)
        said = np.asarray(_single_threaded(self.trees_).predict(matrix), dtype=np.float64).reshape(
            len(self.knots_), len(histories)
        )
        segments, season_from = self.segmented_.state(histories), histories.season_from()
        for number, knot in enumerate(self.knots_):
            said[number] -= self.segmented_.log_ratio(segments, float(knot), season_ahead(season_from, float(knot)))
        return BoostedState(segments, np.ascontiguousarray(self.share * said.T))

    def log_ratio(self, state: BoostedState, month: Numbers | float, season_to: Numbers) -> Numbers:
        """Logarithm of the month's streams over the track's level, shape (n,)."""
        total = self.segmented_.log_ratio(state.segments, month, season_to)
        shares = np.broadcast_to(self._between(month), (len(total), len(self.knots_)))
        total += np.sum(state.added * shares, axis=1)
        return np.clip(total, -_FURTHEST, _FURTHEST, out=total)

    def at(self, state: BoostedState, month: Numbers | float, season_to: Numbers) -> Numbers:
        """Streams of the month."""
        return np.asarray(state.segments.level * np.exp(self.log_ratio(state, month, season_to)))

    def whole(self, state: BoostedState, season_from: Numbers, months: int) -> Numbers:
        """Streams of the months 1 to `months` ahead: shape (n, months)."""
        total = self.segmented_.log_ratios(state.segments, months)
        total += state.added @ self._between(np.arange(1.0, months + 1.0)).T
        return scaled_up(np.clip(total, -_FURTHEST, _FURTHEST, out=total), state.segments.level)

    def _between(self, month: Numbers | float) -> Numbers:
        """How far each month lies at each knot: shape (months, knots), each row sums to 1."""
        months = np.atleast_1d(np.asarray(month, dtype=np.float64))
        return np.column_stack([np.interp(months, self.knots_, row) for row in np.eye(len(self.knots_))])

    def segments(self, tracks: pd.DataFrame, months: int) -> NDArray[np.int8]:
        """Number of the segment that each month ahead lies in: shape (tracks, months)."""
        return self.segmented_.segments(tracks, months)


def _single_threaded(trees: xgboost.Booster) -> xgboost.Booster:
    """The same trees, asked by one thread: a loaded model has forgotten how many it may use.

    Said once only, for it must not be said while another thread asks them.
    """
    with _SAYING:
        if trees not in _SINGLE_THREADED:
            trees.set_param({"nthread": 1})
            _SINGLE_THREADED.add(trees)
    return trees


def _absolute_error(weight: Numbers, hidden: NDArray[np.bool_], width: float, stay: float) -> Any:
    """XGBoost's way to ask for slope and curvature of sqrt(error^2 + width^2), of each row's weighted error."""

    def slope_and_curvature(said: Any, rows: xgboost.DMatrix) -> tuple[Any, Any]:
        error = np.asarray(said, dtype=np.float64) - rows.get_label()
        size = np.sqrt(1.0 + (error / width) ** 2)
        free = hidden & (error <= 0)
        return np.where(free, 0.0, weight * error / width / size), weight * np.where(free, stay, 1.0 / width / size)

    return slope_and_curvature
