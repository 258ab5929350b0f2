"""What a family of candidates is, and what a set of them is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from models.preprocessing import Columns

Examples = tuple[pd.DataFrame, NDArray[Any]]
"""Features, and the labels of the same rows."""
Settings = Mapping[str, Any]

Fit = Callable[[Columns, Settings, Examples, int, Examples | None], tuple[Any, dict[str, Any]]]
"""(columns, complete settings, rows to learn from, seed, rows to stop on) -> the fitted estimator, and the settings it
was fitted with.

A family that stops early (boosting) adds rounds until its loss on the rows to stop on gets no better, and says in the
settings how many it made; without such rows it makes as many as the settings say. Others leave the settings alone.
"""


@dataclass(frozen=True)
class Family:
    """A family: the settings it understands with their defaults, and how it is fitted."""

    defaults: Settings
    fit: Fit


@dataclass(frozen=True)
class FamilySet:
    """The families that answer one kind of question, and the baselines that are known by name.

    Estimators of chances have `predict_proba(frame) -> (rows, 2)`, those of amounts `predict(frame) -> (rows,)`.
    """

    candidates: Mapping[str, Family]
    baselines: Mapping[str, Family] = field(default_factory=dict)
