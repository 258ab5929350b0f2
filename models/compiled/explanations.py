"""What drives a stored model's scores, from arrays: models.contributions in compiled form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses
from models.class_families import EveryClass
from models.compiled.prepared import Prepare, prepared
from models.compiled.rows import Numbers, Rows
from models.compiled.tree_shap.building import BoostedTables, boosted_tables
from models.contributions import LOG_ODDS, Contributions, of_column, of_every_class, of_no_feature
from models.means import RememberedMeans
from models.prepared_columns import features_of_columns
from models.preprocessing import Columns

Explain = Callable[[Rows], Contributions]


@dataclass(frozen=True)
class Explanations:
    """What drives a stored model's scores."""

    explain: Explain

    def contributions(self, rows: Rows) -> Contributions:
        """As models.contributions has them of the same model and rows."""
        return self.explain(rows)


def explanations(model: Any, columns: Columns) -> Explanations | None:
    """Those of a stored model that takes the features `columns`; None where arrays do not help, as with forests."""
    explain = _explain(model, columns)
    return None if explain is None else Explanations(explain)


def _explain(model: Any, columns: Columns) -> Explain | None:
    if isinstance(model, CalibratedModel | CalibratedClasses):
        return _explain(model.estimator, columns)
    if isinstance(model, BaseRate | ClassShares):
        return lambda rows: of_no_feature(model, len(rows))
    if isinstance(model, EveryClass):
        known = _explain(model.estimator, columns)
        return None if known is None else lambda rows: of_every_class(model, known(rows))
    if isinstance(model, ColumnScore):
        return lambda rows: of_column(model, model.predict_proba(rows)[:, 1])
    return _of_pipeline(model, columns) if isinstance(model, Pipeline) else None


def _of_pipeline(pipeline: Pipeline, columns: Columns) -> Explain | None:
    prepare, model = prepared(pipeline[:-1], columns), pipeline[-1]
    if prepare is None:
        return None
    features = features_of_columns(pipeline[:-1])
    if isinstance(model, LogisticRegression) and isinstance(pipeline[-2], RememberedMeans):
        return _Linear.of(prepare, model, pipeline[-2].means_, features)
    if isinstance(model, XGBClassifier):
        tables = boosted_tables(model, features)
        return None if tables is None else _Boosted(prepare, tables, tuple(dict.fromkeys(features)))
    return None


@dataclass(frozen=True)
class _Boosted:
    prepare: Prepare
    tables: BoostedTables
    features: tuple[str, ...]

    def __call__(self, rows: Rows) -> Contributions:
        values = self.tables.tables.values(self.prepare(rows))
        base = np.tile(self.tables.base, (len(rows), 1))
        if values.shape[1] == 1:
            return Contributions(self.features, values[:, 0], base[:, 0], LOG_ODDS)
        return Contributions(self.features, values, base, LOG_ODDS)


@dataclass(frozen=True)
class _Linear:
    prepare: Prepare
    means: Numbers
    """Shape (columns, 1)."""
    weights: Numbers
    """Shape (lines * features, columns): a column's coefficients, each at the column's feature."""
    base: Numbers
    """Shape (lines,)."""
    features: tuple[str, ...]

    @staticmethod
    def of(prepare: Prepare, model: LogisticRegression, means: Numbers, features: list[str]) -> "_Linear":
        names = tuple(dict.fromkeys(features))
        one_hot = np.array(features)[:, None] == np.array(names)
        weights = np.einsum("lc,cf->lfc", model.coef_, one_hot).reshape(-1, len(features))
        return _Linear(prepare, means[:, None], weights, model.coef_ @ means + model.intercept_, names)

    def __call__(self, rows: Rows) -> Contributions:
        values = (self.weights @ (self.prepare(rows) - self.means)).T
        base = np.tile(self.base, (len(rows), 1))
        if len(self.base) == 1:  # two classes have one line, that of the second
            return Contributions(self.features, values, base[:, 0], LOG_ODDS)
        return Contributions(self.features, values.reshape(len(rows), len(self.base), -1), base, LOG_ODDS)
