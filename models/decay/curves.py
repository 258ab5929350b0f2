"""What all forecasts of a catalogue have in common: one closed form of the month ahead, row by row or whole curves."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from models.decay.histories import Histories, Numbers, season_ahead

_TRACKS_AT_ONCE = 1 << 14
"""Tracks whose curves are made together: their arrays stay in the processor's cache."""


class CurveModel(RegressorMixin, BaseEstimator):
    """Forecasts the months ahead of tracks. A kind of curve says what it needs of a track, and its value at a month."""

    def state(self, histories: Histories) -> Any:
        """What the curve of each track is made of, computed once for all months."""
        raise NotImplementedError

    def at(self, state: Any, month: Numbers | float, season_to: Numbers) -> Numbers:
        """Streams of the month, 0 or more, shape (n,). `month`: one of all n tracks, or one of each."""
        raise NotImplementedError

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "CurveModel":  # noqa: N803 - scikit-learn's name
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def predict(self, X: pd.DataFrame) -> Numbers:  # noqa: N803
        """Streams of the month that each row asks for: shape (rows,). `X`: refrain.track_months.COLUMNS."""
        histories = Histories(X)
        return self.at(self.state(histories), histories.months_ahead(), histories.season_to())

    def curves(self, tracks: pd.DataFrame, months: int) -> Numbers:
        """Streams of the months 1 to `months` ahead: shape (tracks, months). `tracks`: refrain.track_months.HISTORY."""
        curves = np.empty((len(tracks), months))
        for first in range(0, len(tracks), _TRACKS_AT_ONCE):
            some = Histories(tracks.iloc[first : first + _TRACKS_AT_ONCE])
            curves[first : first + len(some)] = self.whole(self.state(some), some.season_from(), months)
        return curves

    def whole(self, state: Any, season_from: Numbers, months: int) -> Numbers:
        """Streams of the months 1 to `months` ahead of n tracks: shape (n, months)."""
        ahead = [float(month) for month in range(1, months + 1)]
        return np.stack([self.at(state, month, season_ahead(season_from, month)) for month in ahead], axis=1)
