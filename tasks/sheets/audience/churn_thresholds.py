"""The sheet `churn_thresholds`: whom a threshold would have one contact, and what it would have done before."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from features.registry import find_target
from features.target import AS_OF, LABEL
from tasks.churn_figures import CHURN, expected_leavers
from tasks.records import EvaluationRecord
from tasks.sheets.audience.churn_day import TARGETS, AskedDay, asked_day, in_words, state
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns
from tasks.threshold_curve import MODEL, USUAL, Caught, threshold_curve

THRESHOLDS = tuple(number / 100 for number in range(2, 99))


def make(material: Material, part: Part) -> Made:
    """A row for each threshold."""
    del part
    asked = asked_day(material)
    rows = [_now(asked, threshold) for threshold in THRESHOLDS]
    try:
        tested, notes = _before(material)
    except NotYetError as error:
        tested, notes = ({} for _ in rows), (f"What a threshold did on the test window is not known: {error}",)
    made = pl.DataFrame([row | before for row, before in zip(rows, tested, strict=True)], infer_schema_length=None)
    return Made(made, (*asked.notes, *notes), asked.by_churn)


def _now(asked: AskedDay, threshold: float) -> dict[str, Any]:
    """Those of the newest day's users who reach it."""
    probabilities = asked.users["probability"].to_numpy(dtype=np.float64)
    reached = probabilities[probabilities >= threshold]
    said = expected_leavers(asked.churn.champion.model, reached)
    return {
        "threshold": threshold,
        "contacted": len(reached),
        "share_contacted": len(reached) / len(probabilities),
        "expected_to_leave": said.number,
        **said.model_dump(exclude={"number"}),
        "expected_precision": said.number / len(reached) if len(reached) else None,
        "expected_recall": said.number / float(probabilities.sum()),
    }


def _before(material: Material) -> tuple[Iterable[dict[str, Any]], tuple[str, ...]]:
    """What the same thresholds did on the test window, and what to know of it. Raises NotYetError."""
    served, record = material.served(CHURN).champion.served, material.record(CHURN)
    if not material.is_of_champion(CHURN):
        raise NotYetError("the served model came from another training.")
    rows = material.predictions(CHURN).filter(pl.col("window") == "test")
    absent = [name for name in (served.name, record.best_baseline) if name not in rows.columns]
    if absent or rows.is_empty():
        raise NotYetError("the last training left no predictions of it.", hint="Run `refrain run audience.churn`.")
    training = material.project.settings.target(CHURN).training
    cluster = pl.struct(find_target(CHURN).cluster).rank("dense") - 1
    curve = threshold_curve(
        rows[LABEL].to_numpy().astype(np.int64),
        rows[served.name].to_numpy(),
        rows[record.best_baseline].to_numpy(),
        rows.select(cluster.alias("cluster"))["cluster"].to_numpy().astype(np.int64),
        np.array(THRESHOLDS),
        training.replicates,
        training.seed,
    )
    days = rows[AS_OF].n_unique()
    return (_row(caught, days) for caught in curve), (_window(rows, record, days), _INTERVALS)


def _row(caught: Caught, days: int) -> dict[str, Any]:
    found: dict[str, Any] = {"test_contacted": caught.contacted / days, "test_left": caught.positives / days}
    for name, whose in ((MODEL, "test"), (USUAL, "baseline")):
        for metric, estimates in (("precision", caught.precision), ("recall", caught.recall)):
            estimate = estimates[name]
            if estimate is not None:
                bounds = {"": estimate.value, "_low": estimate.low, "_high": estimate.high}
                found |= {f"{whose}_{metric}{end}": value for end, value in bounds.items()}
    return found


def _window(rows: pl.DataFrame, record: EvaluationRecord, days: int) -> str:
    window = record.test
    return (
        f"Test window: the {days} week ends from {in_words(window.first_as_of)} to {in_words(window.last_as_of)}, "
        f"later than all that the model learned from; {len(rows):,} users of a week end, of whom "
        f"{window.positives:,} left."
    )


_INTERVALS = (
    "Its intervals are 95 %, users resampled whole. The baseline contacts as many users, those who come first by its "
    "own score; of equals at the edge each counts in part."
)


def _measured(name: str, meaning: str) -> Iterable[tuple[str, Kind, str, str]]:
    yield name, Kind.NUMBER, meaning, "share"
    yield f"{name}_low", Kind.NUMBER, "Lower end of its 95 % interval", "share"
    yield f"{name}_high", Kind.NUMBER, "Upper end of its 95 % interval", "share"


SHEETS = (
    Sheet(
        "churn_thresholds",
        "A threshold: who would be contacted now, and what it would have done on the test window",
        columns(
            ("threshold", Kind.NUMBER, "Users with this probability of leaving or more are contacted", "probability"),
            ("contacted", Kind.WHOLE, "How many that makes now", "users"),
            ("share_contacted", Kind.NUMBER, "Their share of all users", "share"),
            ("expected_to_leave", Kind.NUMBER, "How many of them are expected to leave", "users"),
            ("low_80", Kind.WHOLE, "Lower end of its 80 % interval", "users"),
            ("high_80", Kind.WHOLE, "Upper end of its 80 % interval", "users"),
            ("low_95", Kind.WHOLE, "Lower end of its 95 % interval", "users"),
            ("high_95", Kind.WHOLE, "Upper end of its 95 % interval", "users"),
            ("expected_precision", Kind.NUMBER, "Their share of those contacted", "share"),
            ("expected_recall", Kind.NUMBER, "Their share of all who are expected to leave", "share"),
            ("test_contacted", Kind.NUMBER, "On the test window: users contacted a week end", "users"),
            ("test_left", Kind.NUMBER, "On the test window: those of them who left, a week end", "users"),
            *_measured("test_precision", "On the test window: the share of those contacted who left"),
            *_measured("test_recall", "On the test window: the share of those who left who were contacted"),
            *_measured("baseline_precision", "The same of as many users contacted by the best baseline"),
            *_measured("baseline_recall", "The same share of those who left, by the best baseline"),
        ),
        make,
        targets=TARGETS,
        state=state,
    ),
)
