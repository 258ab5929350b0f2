"""The sheet `churn_counts`: how many left of the users of each week end of the test window, and how many were expected.

What the champion and the best baseline expected is that of the training that the champion came from.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from tasks.churn_figures import CHURN
from tasks.records import CandidateRecord, CountRecord
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_BOUNDS = ("low_80", "high_80", "low_95", "high_95")


def make(material: Material, part: Part) -> Made:
    """A row for each week end."""
    del part
    served, usual = judged(material)
    if not served.counts:
        raise NotYetError("The last training counted nobody.", hint=f"Run `refrain run {CHURN}`.")
    by_day = {count.as_of: count for count in usual.counts}
    rows = [_row(count, by_day.get(count.as_of)) for count in served.counts]
    loaded = material.served(CHURN)
    models = (loaded.champion.served, *((loaded.baseline.served,) if loaded.baseline else ()))
    return Made(pl.DataFrame(rows, infer_schema_length=None), _notes(served.counts), models)


def judged(material: Material) -> tuple[CandidateRecord, CandidateRecord]:
    """What the training of the served champion found of it, and of the best baseline.

    Raises NotYetError where the last training here is not the one that the champion came from.
    """
    name = material.served(CHURN).champion.served.name
    record = material.record(CHURN)
    if not material.is_of_champion(CHURN):
        raise NotYetError("The served model came from another training than the last one here.")
    try:
        return record.candidate(name), record.candidate(record.best_baseline)
    except KeyError:
        raise NotYetError("The last training says nothing of the served model.") from None


def within(counts: tuple[CountRecord, ...]) -> tuple[int, int]:
    """On how many days the number that left lay within the 80 % and the 95 % interval."""
    return (
        sum(count.low_80 <= count.came <= count.high_80 for count in counts),
        sum(count.low_95 <= count.came <= count.high_95 for count in counts),
    )


def _row(count: CountRecord, usual: CountRecord | None) -> Mapping[str, Any]:
    bar = {} if usual is None else {f"baseline_{name}": getattr(usual, name) for name in ("expected", *_BOUNDS)}
    return {"as_of": count.as_of, "users": count.rows, "came": count.came, **_expected(count), **bar}


def _expected(count: CountRecord) -> Mapping[str, float]:
    return {name: getattr(count, name) for name in ("expected", *_BOUNDS)}


def _notes(counts: tuple[CountRecord, ...]) -> tuple[str, ...]:
    within_80, within_95 = within(counts)
    return (
        f"Of the {len(counts)} week ends of the test window, the number that left lay within the 80 % interval on "
        f"{within_80}, within the 95 % interval on {within_95}. Successive week ends share days: they err alike.",
    )


SHEETS = (
    Sheet(
        "churn_counts",
        "A week end of the test window: how many users left, and how many were expected to",
        columns(
            ("as_of", Kind.DATE, "The week end"),
            ("users", Kind.WHOLE, "Users who had a session in the four weeks up to it", "users"),
            ("came", Kind.WHOLE, "How many of them left", "users"),
            ("expected", Kind.NUMBER, "How many the served model would have expected to leave", "users"),
            ("low_80", Kind.NUMBER, "Lower end of its 80 % interval", "users"),
            ("high_80", Kind.NUMBER, "Upper end of its 80 % interval", "users"),
            ("low_95", Kind.NUMBER, "Lower end of its 95 % interval", "users"),
            ("high_95", Kind.NUMBER, "Upper end of its 95 % interval", "users"),
            ("baseline_expected", Kind.NUMBER, "How many the best baseline would have expected to leave", "users"),
            ("baseline_low_80", Kind.NUMBER, "Lower end of its 80 % interval", "users"),
            ("baseline_high_80", Kind.NUMBER, "Upper end of its 80 % interval", "users"),
            ("baseline_low_95", Kind.NUMBER, "Lower end of its 95 % interval", "users"),
            ("baseline_high_95", Kind.NUMBER, "Upper end of its 95 % interval", "users"),
        ),
        make,
        targets=(CHURN,),
        order="as_of",
    ),
)
