"""Whether enough of a track's last days are known, before a model refuses them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.conformal_model import ConformalModel
from models.streams.blend import GeometricMean
from models.streams.cleaning import CleanWindow
from serving.predictions.faults import MOST_OF_A_KIND, unfit
from serving.predictions.records import Records
from tasks.champions.loaded import LoadedTarget
from tasks.collected.outcome import Refusal


class Windows:
    """Checks the days of rows. `days`: their columns, the newest first."""

    def __init__(self, days: Sequence[str]) -> None:
        self._days = days
        self._loaded: LoadedTarget | None = None
        self._needed = 0
        self._places: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def check(self, records: Records, loaded: LoadedTarget) -> None:
        """Raise ProblemError (422), naming the records, where fewer days are known than the models need."""
        if loaded is not self._loaded:
            self._look_at(loaded)
        missing = np.isnan(records.rows.numbers[:, self._places])
        if not missing.any():  # as of most records, told in a third of the time
            return
        known = len(self._days) - np.count_nonzero(missing, axis=1)
        few = np.flatnonzero(known < self._needed)
        if len(few):
            places = [None] if records.single else [int(at) + 1 for at in few[:MOST_OF_A_KIND]]
            raise unfit([self._refusal(int(known[at]), line) for at, line in zip(few, places, strict=False)])

    def _look_at(self, loaded: LoadedTarget) -> None:
        columns = loaded.champion.target.numeric
        self._needed = max(_needed(model.model) for model in (loaded.champion, *loaded.families.values()))
        self._places = np.array([columns.index(day) for day in self._days], dtype=np.intp)
        self._loaded = loaded

    def _refusal(self, known: int, line: int | None) -> Refusal:
        first, last, days = self._days[0], self._days[-1], len(self._days)
        reason = f"and the days before it up to {last}: {known} of the {days} are known, and {self._needed} must be"
        return Refusal(first, reason, f"Give more of {first} to {last}, the streams of each day.", line)


def _needed(model: Any) -> int:
    """Days that a stored model of streams must know; 0 of one that fills none in."""
    estimator = model.estimator if isinstance(model, ConformalModel) else model
    if isinstance(estimator, GeometricMean):
        return max(map(_needed, estimator.models), default=0)
    window = getattr(estimator, "window", None)
    return window.needed if isinstance(window, CleanWindow) else 0
