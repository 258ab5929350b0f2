"""Counts by day: gaps are told, and a running total is not taken for what each day added."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from refrain.datasets import ARTIST_LISTENERS, DAILY_STREAMS
from refrain.errors import InputError
from sources.rejects import Reject
from sources.revision import LINE

COUNTS: Mapping[str, str] = {DAILY_STREAMS.name: "streams", ARTIST_LISTENERS.name: "monthly_listeners"}
"""Dataset -> its column of counts, which are never negative."""

_A_WEEK = 7
_ENOUGH = 20
"""Steps from one reading to the next from which a track tells whether it is a running total: three weeks of days."""
_FALLS, _RISES = 0.02, 0.5
"""A running total falls in at most this share of its steps (a correction) and rises in at least this share. Daily
counts fall in two steps of five or more, if only after each weekend."""
_FALLS_OF_COUNTS = 0.2
_LONGEST = 31

_RUNNING_TOTAL = "of a track whose count never falls over weeks, as a running total does"
_FIRST_TOTAL = "the first total of its track, which says nothing of a day"
_SAME_DAY = "another total of the same day"
_LOWER = "lower than the total before it"
_TOO_LATE = f"more than {_LONGEST} days after the total before it"

Reread = Callable[[Collection[int]], Mapping[int, Sequence[str]]]
"""Line numbers -> the cells of the rows that begin there, as they stand in the file."""


@dataclass(frozen=True)
class Origin:
    """Where counts come from, for what is said about them."""

    path: Path
    label: str
    """What the file calls its column of counts."""
    source: str
    reread: Reread


class _Gaps:
    """Counts the days that are missing between an entity's first and last row."""

    def __init__(self, entity: str) -> None:
        self._entity = entity
        self._entities = self._with_gaps = self._missing = 0
        self._steps: set[int] = set()

    def see(self, rows: pl.DataFrame) -> None:
        covered = pl.col("days").fill_null(1) if "days" in rows.columns else pl.lit(1)
        step = pl.col("date").diff().dt.total_days().over(self._entity)
        steps = rows.select(self._entity, step=step, missing=step - covered)
        self._steps |= set(steps["step"].drop_nulls().unique().head(3))
        gaps = steps.filter(pl.col("missing") > 0)
        self._entities += rows[self._entity].n_unique()
        self._with_gaps += gaps[self._entity].n_unique()
        self._missing += int(gaps["missing"].sum())

    def notes(self, weekly: str) -> list[str]:
        if not self._missing:
            return []
        if self._steps == {_A_WEEK}:
            return [f"Every row lies a week after the one before. {weekly}"]
        what = self._entity.removesuffix("_id")
        return [
            f"{self._with_gaps:,} of {self._entities:,} {what}s have gaps: {self._missing:,} days between their first"
            " and last rows are missing, and stay unknown."
        ]


class DailyCounts:
    """Counts by day, as they should be: leaves out tracks that are running totals, tells gaps."""

    def __init__(self, entity: str, count: str, origin: Origin, *, levels: bool = False) -> None:
        """`levels` are counts of what there is on a day (listeners, say), which may well rise for weeks."""
        self._entity, self._count, self._origin, self._levels = entity, count, origin, levels
        self._gaps = _Gaps(entity)
        self._pooled = _Steps()
        self._refused: list[pl.DataFrame] = []

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """See sources.revision.Revision."""
        if not self._levels:
            rows = self._without_totals(rows)
        self._gaps.see(rows)
        return rows

    def _without_totals(self, rows: pl.DataFrame) -> pl.DataFrame:
        steps = _steps(rows, self._entity, self._count)
        self._pooled.add(steps.filter(pl.col("steps") >= _A_WEEK))
        totals = steps.filter(_is_total(_ENOUGH))[self._entity]
        is_total = pl.col(self._entity).is_in(totals.implode())
        self._refused.append(rows.filter(is_total).select(LINE, reason=pl.lit(_RUNNING_TOTAL)))
        return rows.filter(~is_total)

    def finish(self) -> list[Reject]:
        """See sources.revision.Revision; InputError where the whole file is a running total."""
        pooled = self._pooled
        if pooled.frame.select(_is_total(_ENOUGH)).item():
            raise InputError(
                f"{self._origin.path}: {self._origin.label} falls in {pooled.falls:,} of {pooled.steps:,} steps from a"
                " track's one row to its next, so it is a running total, not what each day added.",
                hint=f"Set sources.{self._origin.source}.cumulative: true in params.yaml to take the differences.",
            )
        return _rejects(self._refused, self._origin.reread)

    @property
    def notes(self) -> list[str]:
        """See sources.revision.Revision."""
        return self._gaps.notes(
            f"If each counts a week, say so: sources.{self._origin.source}.constants: {{days: 7}} in params.yaml."
        )


class RunningTotals:
    """Running totals by day, turned into what was added since the row before: `days` says over how many days."""

    def __init__(self, entity: str, count: str, origin: Origin) -> None:
        self._entity, self._count, self._origin = entity, count, origin
        self._pooled = _Steps()
        self._refused: list[pl.DataFrame] = []

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """See sources.revision.Revision."""
        self._pooled.add(_steps(rows, self._entity, self._count))
        added, days = (pl.col(name).diff().over(self._entity) for name in (self._count, "date"))
        stepped = rows.with_columns(added=added, days=days.dt.total_days()).with_columns(
            reason=pl.when(pl.col("days").is_null())
            .then(pl.lit(_FIRST_TOTAL))
            .when(pl.col("days") == 0)
            .then(pl.lit(_SAME_DAY))
            .when(pl.col("added") < 0)
            .then(pl.lit(_LOWER))
            .when(pl.col("days") > _LONGEST)
            .then(pl.lit(_TOO_LATE))
        )
        self._refused.append(stepped.filter(pl.col("reason").is_not_null()).select(LINE, "reason"))
        kept = stepped.filter(pl.col("reason").is_null())
        return kept.with_columns(pl.col("added").alias(self._count)).drop("added", "reason")

    def finish(self) -> list[Reject]:
        """See sources.revision.Revision; InputError where the counts fall too often to be running totals."""
        pooled = self._pooled
        if pooled.falls > _FALLS_OF_COUNTS * pooled.steps:
            raise InputError(
                f"{self._origin.path}: {self._origin.label} falls in {pooled.falls:,} of {pooled.steps:,} steps from a"
                " track's one row to its next, so it is no running total.",
                hint=f"Take sources.{self._origin.source}.cumulative out of params.yaml.",
            )
        return _rejects(self._refused, self._origin.reread)

    @property
    def notes(self) -> list[str]:
        """See sources.revision.Revision."""
        return [
            f"{self._origin.label} was taken as a running total: each row counts what was added since the one before."
        ]


class _Steps:
    """Steps from one row of a track to its next, added up over many tracks."""

    def __init__(self) -> None:
        self.steps = self.falls = self.rises = 0

    def add(self, steps: pl.DataFrame) -> None:
        self.steps += int(steps["steps"].sum())
        self.falls += int(steps["falls"].sum())
        self.rises += int(steps["rises"].sum())

    @property
    def frame(self) -> pl.DataFrame:
        return pl.DataFrame({"steps": [self.steps], "falls": [self.falls], "rises": [self.rises]})


def _steps(rows: pl.DataFrame, entity: str, count: str) -> pl.DataFrame:
    """For each entity: how many steps there are from one row to the next, and in how many the count falls or rises."""
    before = pl.col(count).shift().over(entity)
    stepped = rows.select(entity, falls=pl.col(count) < before, rises=pl.col(count) > before)
    return stepped.group_by(entity, maintain_order=True).agg(
        pl.col("falls").count().alias("steps"), pl.col("falls", "rises").sum()
    )


def _is_total(enough: int) -> pl.Expr:
    few_falls = pl.col("falls") <= _FALLS * pl.col("steps")
    return (pl.col("steps") >= enough) & few_falls & (pl.col("rises") >= _RISES * pl.col("steps"))


def _rejects(refused: Sequence[pl.DataFrame], reread: Reread) -> list[Reject]:
    if not any(frame.height for frame in refused):
        return []
    rows = pl.concat(refused)
    cells = reread(set(rows[LINE]))
    return [Reject(line, reason, cells[line]) for line, reason in rows.iter_rows()]
