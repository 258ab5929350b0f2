"""The backtest of a target that looks several steps ahead: what it would have said over the past, beside what came.

Its rows are those of the test window: rolling origins, none of which the models had learned from. Every track is
scored, also one that dropped out of a chart or fell silent; where a chart hides such tracks, they are told apart from
the survivors.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, Target
from refrain.files import replacing, write_json
from refrain.settings import Frozen
from tasks.amount_metrics import Sums
from tasks.backtest_plots import write_backtest_plots
from tasks.backtest_text import backtest_text
from tasks.bootstrap import cluster_replicates, estimate
from tasks.records import Estimate, EvaluationRecord

Numbers = NDArray[np.float64]
Answers = NDArray[np.float64]
Rows = NDArray[np.bool_]

ALL, SURVIVORS, DROP_OUTS = "all", "survivors", "drop-outs"
_REPLICATES = 200  # of hundreds of small tables; those of the record itself have as many as params say
_DIGITS = 6  # as the other numbers kept in git: the last bits may differ from one kind of processor to another


class Scored(Frozen):
    """What one candidate or baseline is worth on some rows."""

    wape: Estimate
    bias: float
    """Sum of predicted less actual over the sum of the actual: above 0 where too much is said."""
    coverage_80: float
    coverage_95: float


class Stretch(Frozen):
    """One step ahead, one origin, or all of them."""

    name: str
    """The step's number, the origin's date, or "all"."""
    rows: int
    amount: float
    """What came, added up."""
    scores: Mapping[str, Scored]
    """Candidate -> what it is worth."""


class Part(Frozen):
    """Some of the rows: all of them, those of an age or a size, survivors or drop-outs."""

    name: str
    clusters: int
    whole: Stretch
    steps: tuple[Stretch, ...]


class Backtest(Frozen):
    """Everything that a backtest report says."""

    target: str
    step: str
    """What a step ahead is: a month, an hour."""
    clustered: str
    """What is resampled together: tracks, weeks."""
    shown: str
    """The candidate that the tune window chose."""
    best_baseline: str
    baselines: tuple[str, ...]
    parts: tuple[Part, ...]
    origins: tuple[Stretch, ...]

    def part(self, name: str) -> Part:
        """The part called `name`; KeyError if there is none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)


def write_backtest(
    record: EvaluationRecord,
    target: Target,
    frame: pd.DataFrame,
    truth: NDArray[Any],
    said: Mapping[str, Answers],
    folder: Path,
) -> Backtest:
    """Write backtest.json, backtest.md and its pictures into `folder`, the same bytes for the same rows.

    `frame`: the rows of the test window with entity, as_of and features. `truth`: what came, shape (rows,), or the
    least and the most that it can have been, shape (rows, 2). `said`: candidate -> models.intervals.ANSWER of each row,
    shape (rows, 5). The target has a `horizon`, the column of the step ahead.
    """
    backtest = measure_backtest(record, target, frame, truth, said)
    write_backtest_plots(backtest, target, frame, truth, said, folder)
    with replacing(folder / "backtest.md") as beside:
        beside.write_text(backtest_text(backtest), encoding="utf-8")
    write_json(folder / "backtest.json", _rounded(backtest.model_dump(mode="json")))
    return backtest


def measure_backtest(
    record: EvaluationRecord, target: Target, frame: pd.DataFrame, truth: NDArray[Any], said: Mapping[str, Answers]
) -> Backtest:
    """The numbers of a backtest. Steps, origins and parts without any row are left out."""
    assert target.horizon is not None
    steps = frame[target.horizon].to_numpy(dtype=np.int64)
    origins = pd.to_datetime(frame[AS_OF]).dt.strftime("%Y-%m-%d").to_numpy()
    clusters = np.asarray(frame.groupby(list(target.cluster), sort=True, dropna=False).ngroup(), dtype=np.int64)
    bounds = np.asarray(truth, dtype=np.float64).reshape(len(frame), -1)

    def stretch(name: str, rows: Rows) -> Stretch:
        return _stretch(name, bounds[rows], {each: answers[rows] for each, answers in said.items()}, clusters[rows])

    parts = tuple(
        Part(
            name=name,
            clusters=len(np.unique(clusters[rows])),
            whole=stretch(ALL, rows),
            steps=tuple(stretch(str(step), rows & (steps == step)) for step in np.unique(steps[rows])),
        )
        for name, rows in _parts(target, frame, bounds).items()
        if rows.any()
    )
    return Backtest(
        target=record.target,
        step=target.step,
        clustered=f"{target.cluster[0].removesuffix('_id')}s",
        shown=shown_candidate(record),
        best_baseline=record.best_baseline,
        baselines=tuple(candidate.name for candidate in record.candidates if candidate.is_baseline),
        parts=parts,
        origins=tuple(stretch(origin, origins == origin) for origin in np.unique(origins)),
    )


def shown_candidate(record: EvaluationRecord) -> str:
    """The candidate that did best on the tune window; the best baseline where there is no other."""
    candidates = [candidate for candidate in record.candidates if not candidate.is_baseline]
    if not candidates:
        return record.best_baseline
    # Errors of amounts: lower is better.
    return min(candidates, key=lambda candidate: candidate.tune[record.headline]).name


def is_drop_out(bounds: Numbers) -> Rows:
    """Which rows are of a month in which the source did not list the track on every day, or nothing was streamed.

    `bounds`: the least and the most that can have come, shape (rows, 2), or what came, shape (rows, 1).
    """
    return np.asarray((bounds[:, 0] < bounds[:, -1]) | (bounds[:, -1] == 0), dtype=bool)


def _parts(target: Target, frame: pd.DataFrame, bounds: Numbers) -> dict[str, Rows]:
    found = {ALL: np.ones(len(frame), dtype=bool)}
    if target.bounded_labels:
        gone = is_drop_out(bounds)
        found |= {SURVIVORS: ~gone, DROP_OUTS: gone}
    for part in target.slices:
        if part.column != target.horizon:
            values = frame[part.column].to_numpy(dtype=np.float64, na_value=np.nan)
            found[part.name] = (values >= part.low) & (values < part.high)
    return found


def _stretch(name: str, bounds: Numbers, said: Mapping[str, Answers], clusters: NDArray[np.int64]) -> Stretch:
    sums = {each: Sums(bounds, answers) for each, answers in said.items()}
    numbered = np.unique(clusters, return_inverse=True)[1]
    replicates = cluster_replicates(sums, numbered, _REPLICATES, seed=0)
    scores = {}
    for each, rows in sums.items():
        metrics = {metric: float(value[0]) for metric, value in rows.metrics(None).items()}
        scores[each] = Scored(
            wape=estimate(metrics["wape"], replicates[each]["wape"]),
            bias=metrics["bias"],
            coverage_80=metrics["coverage_80"],
            coverage_95=metrics["coverage_95"],
        )
    return Stretch(name=name, rows=len(bounds), amount=float(bounds[:, -1].sum()), scores=scores)


def _rounded(value: Any) -> Any:
    """JSON has no NaN, and a score of nothing is none."""
    if isinstance(value, float):
        return round(value, _DIGITS) if np.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list) else value
