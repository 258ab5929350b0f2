"""How the current champion does on the current test window, beside the new candidates."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from refrain.settings import TrainingSettings
from tasks.bootstrap import estimate
from tasks.gate import Incumbent
from tasks.judged_rows import JudgedRows
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.records import Estimate, EvaluationRecord
from tasks.split import few_of
from tasks.versions import Version

_SELF = "\0incumbent"
_SMALLEST = 30  # rows below which a comparison says nothing


def measure_incumbent(
    version: Version,
    said: Answers | str,
    rows: JudgedRows,
    record: EvaluationRecord,
    training: TrainingSettings,
) -> Incumbent:
    """Measure the champion on the test rows that are later than everything it learned from.

    `said`: its answers to all test rows, or why there are none. A champion that cannot be measured is said to be
    so; it blocks nobody.
    """
    if isinstance(said, str):
        return _unmeasured(version, f"it could not predict these rows: {said}")
    fair = rows.later_than(_learned_until(version))
    if int(fair.sum()) < _SMALLEST or few_of(rows.target.kind, rows.truth[fair]) == 0:
        return _unmeasured(version, "it has learned from these very rows, so that the comparison would flatter it")
    kind = kind_of(rows.target)
    everyone: Mapping[str, Answers] = {_SELF: said, **rows.said}
    part = {name: values[fair] for name, values in everyone.items()}
    truth = rows.truth[fair]
    _, clusters = np.unique(rows.clusters[fair], return_inverse=True)
    points = {name: kind.point_metrics(truth, values) for name, values in part.items()}
    replicates = kind.replicates(truth, part, clusters, training.replicates, training.seed)
    headline = record.headline

    def minus(first: str, second: str) -> Estimate:
        value = points[first][headline] - points[second][headline]
        return estimate(value, replicates[first][headline] - replicates[second][headline])

    return Incumbent(
        **_identity(version),
        rows=int(fair.sum()),
        metric=estimate(points[_SELF][headline], replicates[_SELF][headline]),
        difference=minus(_SELF, record.best_baseline),
        reliability=points[_SELF][kind.reliability],
        advantages={name: minus(name, _SELF) for name in rows.said},
    )


def _unmeasured(version: Version, problem: str) -> Incumbent:
    return Incumbent(**_identity(version), problem=problem)


def _identity(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "name": version.name,
        "family": version.family,
        "is_baseline": version.is_baseline,
    }


def _learned_until(version: Version) -> date | None:
    text = version.tags.get("learned_until", "")
    return date.fromisoformat(text) if text else None
