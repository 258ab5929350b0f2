"""What drives a stored model's scores, from arrays: models.contributions in compiled form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
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
from models.compiled.tree_shap.building import boosted_tables
from models.compiled.tree_shap.forests import forest_values
from models.contributions import LOG_ODDS, PROBABILITY, Contributions, of_column, of_every_class, of_no_feature
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
    """Those of a stored model that takes the features `columns`; None where there are none."""
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
    names = tuple(dict.fromkeys(features))
    if isinstance(model, LogisticRegression) and isinstance(pipeline[-2], RememberedMeans):
        line = _Line.of(model, pipeline[-2].means_, features, names)
        return _Outputs(prepare, line.values, line.base, names, LOG_ODDS)
    if isinstance(model, XGBClassifier):
        found = boosted_tables(model, features)
        return None if found is None else _Outputs(prepare, found.tables.values, found.base, names, LOG_ODDS)
    if isinstance(model, RandomForestClassifier):
        forest = forest_values(model, [names.index(feature) for feature in features])
        return _Outputs(prepare, forest.values, forest.base, names, PROBABILITY)
    return None


@dataclass(frozen=True)
class _Outputs:
    """What a pipeline's features add to each of its model's outputs."""

    prepare: Prepare
    values: Callable[[Numbers], Numbers]
    """Prepared columns, shape (columns, rows) -> (rows, outputs, features)."""
    base: Numbers
    """Shape (outputs,)."""
    features: tuple[str, ...]
    scale: str

    def __call__(self, rows: Rows) -> Contributions:
        values, base = self.values(self.prepare(rows)), np.tile(self.base, (len(rows), 1))
        if len(self.base) == 1:  # two classes have one output, that of the second
            values, base = values[:, 0], base[:, 0]
        return Contributions(self.features, values, base, self.scale)


@dataclass(frozen=True)
class _Line:
    means: Numbers
    """Shape (columns, 1)."""
    weights: Numbers
    """Shape (outputs * features, columns): a column's coefficients, each at the column's feature."""
    base: Numbers
    """Shape (outputs,)."""

    @staticmethod
    def of(model: LogisticRegression, means: Numbers, features: list[str], names: tuple[str, ...]) -> "_Line":
        one_hot = np.array(features)[:, None] == np.array(names)
        weights = np.einsum("oc,cf->ofc", model.coef_, one_hot).reshape(-1, len(features))
        return _Line(means[:, None], weights, model.coef_ @ means + model.intercept_)

    def values(self, prepared: Numbers) -> Numbers:
        """Shape (rows, outputs, features)."""
        found = self.weights @ (prepared - self.means)
        return found.T.reshape(prepared.shape[1], len(self.base), -1)
