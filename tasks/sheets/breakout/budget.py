"""The sheet `breakout_budget`: how right so many alerts a month would have been, beside the baseline's."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.registry import find_target
from features.target import AS_OF, LABEL
from tasks.alert_budget import BudgetCurve, budget_curves
from tasks.records import Estimate
from tasks.sheets.breakout.rows import (
    BASELINE,
    BREAKOUT,
    LISTENER,
    PROBABILITY,
    judged,
    models_said,
    numbered,
    rows_said,
)
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

TOGETHER, EACH = "all listeners together", "each listener"
_MOST = {TOGETHER: 100, EACH: 10}


def make(material: Material, part: Part) -> Made:
    """A row for each budget, shared by all listeners or each one's own."""
    del part
    rows = judged(rows_said(material))
    groups = {TOGETHER: (AS_OF,), EACH: (LISTENER, AS_OF)}
    if rows[LISTENER].n_unique() == 1:
        del groups[EACH]  # which would say the same
    found = [row for scope, by in groups.items() for row in _of_scope(material, rows, scope, numbered(rows, *by))]
    return Made(pl.DataFrame(found, infer_schema_length=None), _notes(rows), models_said(material))


def _of_scope(
    material: Material, rows: pl.DataFrame, scope: str, groups: NDArray[np.int64]
) -> Iterable[Mapping[str, object]]:
    training = material.project.settings.target(BREAKOUT).training
    budgets = np.arange(1, min(_MOST[scope], int(np.bincount(groups).max())) + 1)
    named = (PROBABILITY, BASELINE) if material.served(BREAKOUT).baseline else (PROBABILITY,)
    found = budget_curves(
        rows[LABEL].to_numpy().astype(np.int64),
        {name: rows[name].to_numpy() for name in named},
        groups,
        numbered(rows, *find_target(BREAKOUT).cluster),
        budgets,
        training.replicates,
        training.seed,
    )
    curves = found.of
    for place, budget in enumerate(budgets):
        row: dict[str, object] = {
            "scope": scope,
            "alerts": int(budget),
            "mean_alerts": curves[PROBABILITY].alerts[place],
        }
        row |= _at(curves[PROBABILITY], place, "")
        if BASELINE in curves:
            row |= _at(curves[BASELINE], place, "baseline_")
            row |= _bounds(found.differences[PROBABILITY, BASELINE][place], "precision_difference")
        yield row


def _at(curve: BudgetCurve, place: int, whose: str) -> dict[str, object]:
    return _bounds(curve.precision[place], f"{whose}precision") | _bounds(curve.recall[place], f"{whose}recall")


def _bounds(found: Estimate, name: str) -> dict[str, object]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _notes(rows: pl.DataFrame) -> tuple[str, ...]:
    first, last, months = rows[AS_OF].min(), rows[AS_OF].max(), rows[AS_OF].n_unique()
    assert isinstance(first, date)
    assert isinstance(last, date)
    return (
        f"Measured on {len(rows):,} artist-months of {months} months, {first:%B %Y} to {last:%B %Y}, later than all "
        f"that the model learned from; {int(rows[LABEL].sum()):,} of them became core.",
        "Intervals are 95 %, of a bootstrap that resamples each listener's artists whole. At the edge of a "
        "budget, artists of equal probability are each alerted in part.",
    )


def _estimated(name: str, meaning: str, unit: str = "share") -> Iterable[tuple[str, Kind, str, str]]:
    yield name, Kind.NUMBER, meaning, unit
    yield f"{name}_low", Kind.NUMBER, "Lower end of its 95 % interval", unit
    yield f"{name}_high", Kind.NUMBER, "Upper end of its 95 % interval", unit


SHEETS = (
    Sheet(
        "breakout_budget",
        "A budget of alerts a month, and how right they would have been on the test window",
        columns(
            ("scope", Kind.TEXT, f"Whose budget: {TOGETHER}, or {EACH}"),
            ("alerts", Kind.WHOLE, "Alerts a month: the artists of highest probability", "alerts"),
            ("mean_alerts", Kind.NUMBER, "Alerts a month that there were: fewer where there were fewer rows", "alerts"),
            *_estimated("precision", "Share of the alerts that came true"),
            *_estimated("recall", "Share of the artists who became core that were alerted"),
            *_estimated("baseline_precision", "The best baseline's precision at the same budget"),
            *_estimated("baseline_recall", "The best baseline's recall at the same budget"),
            *_estimated("precision_difference", "precision less baseline_precision, on the same resamples"),
        ),
        make,
        targets=(BREAKOUT,),
    ),
)
