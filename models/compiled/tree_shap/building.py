"""From a fitted classifier of boosted trees to its tables, once these have said what XGBoost says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xgboost import XGBClassifier

from models.compiled.tree_shap.parts import Part, parts_of
from models.compiled.tree_shap.tables import Numbers, TreeTables
from models.compiled.tree_shap.tabulating import tabulated
from models.compiled.tree_shap.trees import Tree, trees_of
from models.contributions import by_feature, of_boosted_columns, rounds_of

CLOSE = 1e-5
"""How far tables may be from XGBoost, which adds up in 32 bits: times the largest contribution, if that is above 1."""
_ROWS_ASKED = 16


@dataclass(frozen=True)
class BoostedTables:
    """Tables of all trees, and what the scores begin with: shape (margins,)."""

    tables: TreeTables
    base: Numbers


def boosted_tables(model: XGBClassifier, features: list[str]) -> BoostedTables | None:
    """The tables of a fitted model, the `features` behind its columns given; None where it has none.

    It has none where trees are deep, many or of another make, or where the tables say something else than XGBoost.
    """
    trees = trees_of(model.get_booster(), rounds_of(model))
    parts = _all_parts(trees or [])
    if not trees or not parts:
        return None
    names = tuple(dict.fromkeys(features))
    margins = 1 + max(tree.margin for tree in trees)
    tables = tabulated(parts, [names.index(feature) for feature in features], margins)
    return None if tables is None else _checked(tables, model, features)


def _all_parts(trees: Sequence[Tree]) -> list[Part]:
    """Those with splits, of all trees; none where some tree cannot be cut."""
    found: list[Part] = []
    for tree in trees:
        parts = parts_of(tree)
        if parts is None:
            return []
        found += [part for part in parts if part.splits]
    return found


def _checked(tables: TreeTables, model: XGBClassifier, features: list[str]) -> BoostedTables | None:
    rows = _rows_to_ask(tables, len(features))
    values, base = of_boosted_columns(model, rows)
    _, expected = by_feature(values, features)
    expected = expected.reshape(len(rows), *tables.shape)
    off = np.abs(tables.values(rows.T) - expected).max()
    return BoostedTables(tables, np.atleast_1d(base[0])) if off <= CLOSE * max(np.abs(expected).max(), 1.0) else None


def _rows_to_ask(tables: TreeTables, width: int) -> Numbers:
    """Rows that stand on the trees' thresholds, where comparing otherwise shows, and one that lacks everything."""
    rows = np.full((_ROWS_ASKED, width), np.nan)
    for column in range(width):
        known = tables.thresholds[tables.columns % width == column, 0]
        known = known[np.isfinite(known)]
        if len(known):
            rows[1:, column] = known[(np.arange(1, _ROWS_ASKED) * (column + 1)) % len(known)]
    return rows
