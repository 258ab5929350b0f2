"""What drives a score of boosted trees: by tables, and as XGBoost works it out for each row.

Trees as they are registered: 143 rounds of 3 trees of depth 4 (a hit), and 71 rounds of 4 trees of depth 3 for each of
5 classes (a reason). Processor time of one thread, the best of several.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from xgboost import XGBClassifier

from benchmarks.projects import report
from models.compiled.tree_shap.building import BoostedTables, boosted_tables
from models.contributions import of_boosted_columns

COLUMNS = 64
ROWS = 5000
MAKES: dict[str, tuple[int, dict[str, Any]]] = {
    "hit": (2, {"n_estimators": 143, "num_parallel_tree": 3, "max_depth": 4}),
    "reason": (5, {"n_estimators": 71, "num_parallel_tree": 4, "max_depth": 3}),
}
SETTINGS = {"learning_rate": 0.1, "subsample": 0.8, "colsample_bytree": 0.5, "n_jobs": 1, "random_state": 0}
REPEATS = 20


def main() -> None:
    """Print a line for each make, and all figures as one JSON object."""
    figures: dict[str, Any] = {}
    for name, (classes, settings) in MAKES.items():
        of_make = {f"{name}_{what}": figure for what, figure in measured(*fitted(classes, settings)).items()}
        print(*(f"{what} {figure}" for what, figure in of_make.items()), sep="\n")
        figures |= of_make
    report("contributions_speed", **figures)


def measured(model: XGBClassifier, rows: Any) -> dict[str, float]:
    """Seconds to build the tables, their size, and microseconds a row asked alone and with others."""
    features = [f"feature {column // 2}" for column in range(COLUMNS)]
    tables = boosted_tables(model, features)
    assert tables is not None
    by_xgboost = best(lambda: of_boosted_columns(model, rows[:64]), 3)
    return {
        "built_s": round(best(lambda: boosted_tables(model, features), 3), 3),
        "tables_mb": round(tables.tables.tables.nbytes / 1e6, 1),
        **{f"us_a_row_of_{count}": round(a_row(tables, rows[:count]), 1) for count in (1, 64, 512)},
        "us_a_row_of_64_by_xgboost": round(by_xgboost / 64 * 1e6, 1),
    }


def fitted(classes: int, settings: dict[str, Any]) -> tuple[XGBClassifier, Any]:
    """A model, and rows as it learned from; every fifth value is missing."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(ROWS, COLUMNS))
    scores = rows[:, :classes] + rows[:, 5 : 5 + classes] * rows[:, 15 : 15 + classes]
    labels = np.argmax(scores + generator.normal(size=scores.shape), axis=1)
    rows[generator.random(rows.shape) < 0.2] = np.nan
    return XGBClassifier(**SETTINGS, **settings).fit(rows, labels), rows


def a_row(tables: BoostedTables, rows: Any) -> float:
    """Microseconds."""
    columns = np.ascontiguousarray(rows.T)
    return best(lambda: tables.tables.values(columns), REPEATS) / len(rows) * 1e6


def best(call: Callable[[], Any], repeats: int) -> float:
    """Seconds of processor time."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


if __name__ == "__main__":
    main()
