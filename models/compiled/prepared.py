"""What a pipeline of models.preprocessing makes of rows for its model, from arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, QuantileTransformer

from models.compiled.rows import Numbers, Rows
from models.means import RememberedMeans
from models.prepared_columns import features_behind
from models.preprocessing import Bends, Columns, FeatureTable

Prepare = Callable[[Rows], Numbers]
"""Rows -> what the model takes, shape (columns, rows): each column's values side by side in memory."""
Step = Callable[[Numbers], Numbers]
"""Columns, shape (columns, rows) -> columns, of the same rows."""

_NORMAL_EDGE = 1e-7
"""How near to the smallest and the largest value scikit-learn's normal spread takes a value for these."""
_LOWEST, _HIGHEST = ndtri(_NORMAL_EDGE - np.spacing(1)), ndtri(1 - (_NORMAL_EDGE - np.spacing(1)))


def prepared(prepare: Pipeline, columns: Columns) -> Prepare | None:
    """What the fitted `prepare` makes of rows of the features `columns`, without a frame.

    The same numbers as its own `transform` gives, the other way round. None for a pipeline of other parts or features.
    """
    found = parts(prepare, columns)
    if found is None:
        return None
    makers = [maker(transformer, names, columns) for transformer, names in found]
    known = [make for make in makers if make is not None]
    if len(known) < len(makers):
        return None
    return known[0] if len(known) == 1 else lambda rows: np.concatenate([make(rows) for make in known])


def parts(prepare: Pipeline, columns: Columns) -> list[tuple[Any, list[str]]] | None:
    """The fitted transformers that `prepare` puts beside each other, each with the features that it takes."""
    table, together, *rest = [step for _, step in prepare.steps]
    if not (isinstance(table, FeatureTable) and isinstance(together, ColumnTransformer)):
        return None
    if Columns(tuple(table.numeric), tuple(table.categorical), tuple(table.text)) != columns:
        return None
    if not all(isinstance(step, RememberedMeans) for step in rest):
        return None
    return [
        (transformer, [names] if isinstance(names, str) else list(names))
        for name, transformer, names in together.transformers_
        if name != "remainder"
    ]


def maker(transformer: Any, names: list[str], columns: Columns) -> Prepare | None:
    """What one of these transformers makes of rows; None for one of another make."""
    if isinstance(transformer, OneHotEncoder):
        return OneHot.of(transformer, names)
    if isinstance(transformer, HashingVectorizer):
        return lambda rows: _hashed(transformer, rows.words[names[0]])
    if tuple(names) != columns.numeric:
        return None
    if isinstance(transformer, FunctionTransformer) and transformer.func is None:
        return lambda rows: rows.tamed
    if isinstance(transformer, Pipeline):
        return _of_steps([step for _, step in transformer.steps])
    return None


def _of_steps(steps: list[Any]) -> Prepare | None:
    """Numbers prepared for a line, step by step."""
    if not all(isinstance(step, SimpleImputer | QuantileTransformer | Bends) for step in steps):
        return None
    known = [step_of(step) for step in steps]

    def make(rows: Rows) -> Numbers:
        values = rows.tamed
        for step in known:
            values = step(values)
        return values

    return make


def step_of(step: Any) -> Step:
    """What a fitted transformer of numbers does, without scikit-learn's checks where these cost more than the work."""
    if isinstance(step, SimpleImputer):
        return lambda values: _imputed(step, values)
    if isinstance(step, QuantileTransformer):
        return lambda values: _spread(step, values)
    return lambda values: step.transform(values.T).T


def _hashed(vectorizer: HashingVectorizer, texts: Sequence[str]) -> Numbers:
    if not len(texts):
        return np.empty((vectorizer.n_features, 0))
    return np.asarray(vectorizer.transform(texts).toarray().T)


def _imputed(imputer: SimpleImputer, values: Numbers) -> Numbers:
    missing = np.isnan(values)
    complete = np.where(missing, imputer.statistics_[:, None], values)
    if imputer.indicator_ is None:
        return complete
    return np.concatenate([complete, missing[imputer.indicator_.features_]])


def _spread(transformer: QuantileTransformer, values: Numbers) -> Numbers:
    """As scikit-learn does it: the mean of both directions, which differ where quantiles are equal."""
    normal = transformer.output_distribution == "normal"
    edge = _NORMAL_EDGE if normal else 0.0
    references = transformer.references_
    spread = np.empty_like(values)
    for column, quantiles, places in zip(values, transformer.quantiles_.T, spread, strict=True):
        up = np.interp(column, quantiles, references)
        down = np.interp(-column, -quantiles[::-1], -references[::-1])
        places[:] = 0.5 * (up - down)
        places[column + edge > quantiles[-1] if normal else column == quantiles[-1]] = 1.0
        places[column - edge < quantiles[0] if normal else column == quantiles[0]] = 0.0
    return np.clip(ndtri(spread), _LOWEST, _HIGHEST) if normal else spread


@dataclass(frozen=True)
class OneHot:
    """Words -> a column of ones and zeros for each category."""

    places: Mapping[str, Mapping[str, int]]
    """Feature -> word -> its column."""
    unseen: Mapping[str, int]
    """Feature -> the column of words that it never had: that of the rare ones, or `width` where there is none."""
    width: int

    @staticmethod
    def of(encoder: OneHotEncoder, names: list[str]) -> "OneHot":
        """By asking the fitted `encoder` for every word that it knows, and for one that it does not."""
        behind = np.array(features_behind(encoder, names))
        unknown = "?" * (1 + max(len(word) for words in encoder.categories_ for word in words))
        places: dict[str, dict[str, int]] = {}
        unseen = {}
        for name, known in zip(names, encoder.categories_, strict=True):
            asked = pd.DataFrame(unknown, index=range(len(known) + 1), columns=names, dtype=object)
            asked[name] = np.array([*known, unknown], dtype=object)
            own = np.where(behind == name, encoder.transform(asked), 0.0)
            columns = np.where(own.any(axis=1), own.argmax(axis=1), len(behind)).tolist()
            places[name], unseen[name] = dict(zip(known, columns, strict=False)), columns[-1]
        return OneHot(places, unseen, len(behind))

    def __call__(self, rows: Rows) -> Numbers:
        """Shape (columns, rows)."""
        columns = np.zeros((self.width + 1, len(rows)))
        everyone = np.arange(len(rows))
        for name, place in self.places.items():
            other = self.unseen[name]
            columns[[place.get(word, other) for word in rows.words[name]], everyone] = 1.0
        return columns[:-1]
