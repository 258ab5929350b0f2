"""From records as they come to the numbers a model takes: typed, complete, scaled where the model needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

LARGEST = 1e30
"""Numbers beyond it are taken for it."""
_QUANTILES = 200


@dataclass(frozen=True)
class Columns:
    """Names of the features, by kind."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All features, in the order a model takes them."""
        return (*self.numeric, *self.categorical, *self.text)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where among the numeric features each of them stands."""
        return {name: place for place, name in enumerate(self.numeric)}


class FeatureTable(TransformerMixin, BaseEstimator):
    """Any frame of records -> a frame with exactly the features, in order and typed.

    An absent column, a null, an infinity or a word where a number belongs becomes missing: NaN in a numeric feature,
    "" in a categorical or text one. Columns that are no feature are dropped. The input is left as it is.
    """

    def __init__(
        self, numeric: tuple[str, ...] = (), categorical: tuple[str, ...] = (), text: tuple[str, ...] = ()
    ) -> None:
        self.numeric = numeric
        self.categorical = categorical
        self.text = text

    def fit(self, X: pd.DataFrame, y: Any = None) -> "FeatureTable":  # noqa: N803 - scikit-learn's name
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """The features of `X`, one row for each of its rows."""
        numbers = {name: _numbers(X, name) for name in self.numeric}
        words = {name: _words(X, name) for name in (*self.categorical, *self.text)}
        return pd.DataFrame({**numbers, **words}, index=X.index)


class Bends(TransformerMixin, BaseEstimator):
    """Numbers spread over [0, 1] -> themselves and, for each of `knots` evenly spaced places, what lies above it.

    A linear model of these is a line that may bend at every place. (Of our own: scikit-learn's splines hold functions,
    which a stored model may not.)
    """

    def __init__(self, knots: int = 4) -> None:
        self.knots = knots

    def fit(self, X: Any, y: Any = None) -> "Bends":  # noqa: N803
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Shape (rows, columns) -> (rows, columns * (1 + knots))."""
        values = np.asarray(X, dtype=np.float64)
        return np.hstack([values, *(np.maximum(values - place, 0.0) for place in self.places)])

    @property
    def places(self) -> NDArray[np.float64]:
        """Where the line may bend, shape (knots,)."""
        return np.arange(1, self.knots + 1) / (self.knots + 1)


def tamed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same numbers, an infinity being missing (NaN), and none beyond 1e30: forests compute in 32 bits."""
    if not (np.abs(values) > LARGEST).any():
        return values
    return np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)


def _numbers(frame: pd.DataFrame, name: str) -> Any:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return tamed(pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def _words(frame: pd.DataFrame, name: str) -> Any:
    if name not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values = frame[name].astype(object)
    return values.where(values.notna(), "").map(str).to_numpy(dtype=object)


def for_trees(columns: Columns, min_frequency: int = 20) -> Pipeline:
    """For trees: numbers as they are (a tree knows where to send a missing one), one column a category.

    Text features are not read: counts and flags made of a title say more to a tree than its words (see the feature
    files), at a tenth of the time.
    """
    return _pipeline(columns, [("numeric", "passthrough", list(columns.numeric)), *_one_hot(columns, min_frequency)])


def for_linear(columns: Columns, knots: int = 4, words: int = 256, min_frequency: int = 20) -> Pipeline:
    """For linear models: numbers imputed (and said to be), spread evenly, with bends; categories; hashed words.

    `knots`: places where a line may bend (0: one straight line, on the normal scale); `words`: columns that the
    words of each text are hashed to (0: none). Heavy tails (plays, counts) are what the even spread is for.
    """
    impute = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)
    spread = QuantileTransformer(
        n_quantiles=_QUANTILES, output_distribution="uniform" if knots else "normal", subsample=None
    )
    steps: list[tuple[str, Any]] = [("impute", impute), ("spread", spread)]
    if knots:
        steps.append(("bends", Bends(knots)))
    parts: list[tuple[str, Any, Any]] = [("numeric", Pipeline(steps), list(columns.numeric))]
    parts += _one_hot(columns, min_frequency)
    if words:
        parts += [
            (name, HashingVectorizer(n_features=words, alternate_sign=False, norm="l2"), name) for name in columns.text
        ]
    return _pipeline(columns, parts)


def _one_hot(columns: Columns, min_frequency: int) -> list[tuple[str, Any, Any]]:
    if not columns.categorical:
        return []
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=min_frequency, sparse_output=False)
    return [("categorical", encoder, list(columns.categorical))]


def _pipeline(columns: Columns, parts: list[tuple[str, Any, Any]]) -> Pipeline:
    table = FeatureTable(columns.numeric, columns.categorical, columns.text)
    # Never sparse: XGBoost would take the zeros of a sparse row for missing values.
    together = ColumnTransformer([part for part in parts if len(part[2])], sparse_threshold=0.0)
    return Pipeline([("features", table), ("columns", together)])
