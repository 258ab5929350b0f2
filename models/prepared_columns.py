"""Which feature each column is made of that a pipeline hands to its model."""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from models.preprocessing import Bends
from refrain.errors import ModelError


def features_of_columns(prepare: Pipeline) -> list[str]:
    """The feature behind each column that the fitted `prepare` (of models.preprocessing) gives, in their order.

    Raises ModelError for a pipeline that is made of other parts.
    """
    together = next((step for _, step in prepare.steps if isinstance(step, ColumnTransformer)), None)
    if together is None:
        raise ModelError("The model's features are not told apart in its pipeline.", hint="Train it anew.")
    found: list[str] = []
    for name, transformer, columns in together.transformers_:
        if name != "remainder":
            found += features_behind(transformer, [columns] if isinstance(columns, str) else list(columns))
    return found


def features_behind(transformer: Any, columns: list[str]) -> list[str]:
    """The feature behind each column that a transformer makes of `columns`."""
    if isinstance(transformer, Pipeline):
        for _, step in transformer.steps:
            columns = features_behind(step, columns)
        return columns
    if isinstance(transformer, SimpleImputer):
        flags = [] if transformer.indicator_ is None else transformer.indicator_.features_
        return [*columns, *(columns[place] for place in flags)]
    if isinstance(transformer, Bends):
        return columns * (1 + transformer.knots)
    if isinstance(transformer, OneHotEncoder):
        return [name for name, count in zip(columns, _widths(transformer), strict=True) for _ in range(count)]
    if isinstance(transformer, HashingVectorizer):
        return columns * transformer.n_features
    return columns


def _widths(encoder: OneHotEncoder) -> list[int]:
    """How many columns each feature becomes: rare categories share one."""
    rare = encoder.infrequent_categories_ if encoder.min_frequency is not None else [None] * len(encoder.categories_)
    pairs = zip(encoder.categories_, rare, strict=True)
    return [len(every) - (len(few) - 1 if few is not None else 0) for every, few in pairs]
