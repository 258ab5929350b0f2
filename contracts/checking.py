"""Holding a dataset's cells against its contract, on every row, a bounded number of rows at a time."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

import pandas as pd
import polars as pl

from contracts import facts, suite
from contracts.contract import ROW, Clause, Contract, Table
from contracts.engine import Judgement, judge
from contracts.report import LISTED, FailingRow, Outcome
from refrain.settings import DatasetSettings

ROWS_AT_A_TIME = 500_000
_LONGEST = 80
"""Characters of a failing cell that are shown."""
_WITHHELD = "one, which is not shown"


def check(
    contract: Contract,
    cells: pl.LazyFrame,
    settings: DatasetSettings,
    references: Mapping[str, pl.LazyFrame],
    rows_at_a_time: int = ROWS_AT_A_TIME,
) -> tuple[int, tuple[Outcome, ...]]:
    """The number of rows, and every clause of the suite judged on all of them.

    `cells` holds the file as text, one column each of the file's (an empty cell is null), in the file's order;
    `references` the cells of the datasets that `settings.references` names. Where the columns are not the dataset's,
    that alone is judged. Memory: some 16 bytes a row for the key, the references' values, and `rows_at_a_time` rows.

    Raises UncheckedError where the contract itself cannot be checked.
    """
    present = cells.collect_schema().names()
    numbered = cells.with_row_index(ROW)
    header = _judge_header(contract, suite.header_clauses(contract, present), present)
    if not all(outcome.passed for outcome in header):
        return int(cells.select(pl.len()).collect(engine="streaming").item()), header
    gathered = facts.gather(contract, numbered, present, references)
    clauses = suite.body_clauses(contract, settings, present, gathered)
    on_totals = [clause for clause in clauses if clause.table is Table.TOTALS]
    on_rows = [clause for clause in clauses if clause.table is Table.ROWS]
    rows = int(cells.select(pl.len()).collect(engine="streaming").item())
    totals = _judge_totals(contract, on_totals, numbered)
    return rows, (*header, *totals, *_judge_rows(contract, on_rows, numbered, rows, rows_at_a_time))


def _judge_header(contract: Contract, clauses: Sequence[Clause], present: Sequence[str]) -> tuple[Outcome, ...]:
    judged = judge(contract.dataset.name, clauses, pd.DataFrame(columns=list(present)))
    return tuple(
        _outcome(clause, judged[clause.name], len(present), found=_columns_found(judged[clause.name]))
        for clause in clauses
    )


def _columns_found(judgement: Judgement) -> str:
    mismatched = {kind: sorted(map(str, names)) for kind, names in judgement.details.get("mismatched", {}).items()}
    said = {"missing": "there is no column", "unexpected": "there is an unknown column"}
    return ", and ".join(f"{said[kind]} {', '.join(mismatched[kind])}" for kind in said if kind in mismatched)


def _judge_totals(contract: Contract, clauses: Sequence[Clause], numbered: pl.LazyFrame) -> tuple[Outcome, ...]:
    totals = numbered.select(_evidence(clauses)).collect(engine="streaming")
    judged = judge(contract.dataset.name, clauses, totals.to_pandas())
    return tuple(
        _outcome(clause, judged[clause.name], 1, found=_total_found(clause, judged[clause.name], totals))
        for clause in clauses
    )


def _total_found(clause: Clause, judgement: Judgement, totals: pl.DataFrame) -> str:
    column = clause.arguments["column"]
    return "" if judgement.passed else f"{column}: {totals[column].item():,g}"


def _judge_rows(
    contract: Contract, clauses: Sequence[Clause], numbered: pl.LazyFrame, rows: int, rows_at_a_time: int
) -> tuple[Outcome, ...]:
    failing = dict.fromkeys((clause.name for clause in clauses), 0)
    listed: dict[str, list[tuple[int, str]]] = {clause.name: [] for clause in clauses}
    for part in _parts(numbered, rows_at_a_time):
        judged = judge(contract.dataset.name, clauses, _frame(part, clauses))
        for clause in clauses:
            failing[clause.name] += judged[clause.name].failing
            wanted = judged[clause.name].rows[: LISTED - len(listed[clause.name])]
            listed[clause.name] += _shown(part, wanted, clause)
    line_of = _line_numbers(numbered, any(failing.values()))
    return tuple(
        Outcome(
            clause=clause.name,
            says=clause.says,
            expectation=clause.expectation,
            arguments=clause.arguments,
            passed=not failing[clause.name],
            checked=rows,
            failing=failing[clause.name],
            rows=tuple(FailingRow(line=line_of(row), value=value) for row, value in listed[clause.name]),
        )
        for clause in clauses
    )


def _parts(numbered: pl.LazyFrame, rows_at_a_time: int) -> Iterator[pl.DataFrame]:
    for part in numbered.collect_batches(chunk_size=rows_at_a_time, maintain_order=True, engine="streaming"):
        if part.height:
            yield part


def _frame(part: pl.DataFrame, clauses: Sequence[Clause]) -> pd.DataFrame:
    """The evidence as pandas, indexed by row number so that a failing row can be named."""
    frame = part.select(_evidence(clauses)).to_pandas()
    frame.index = pd.Index(part[ROW].to_numpy())
    return frame


def _evidence(clauses: Sequence[Clause]) -> list[pl.Expr]:
    named = {str(clause.arguments["column"]): clause.evidence for clause in clauses}
    return [evidence.alias(name) for name, evidence in named.items() if evidence is not None]


def _shown(part: pl.DataFrame, rows: Sequence[int], clause: Clause) -> list[tuple[int, str]]:
    """The cells that a clause reads, of the given rows, as a person would write them."""
    if not rows:
        return []
    if clause.secret:
        return [(row, _WITHHELD) for row in rows]
    found = part.filter(pl.col(ROW).is_in(list(rows))).select(ROW, *clause.shows)
    return [(row, ", ".join(_as_written(cell) for cell in cells)) for row, *cells in found.iter_rows()]


def _as_written(cell: str | None) -> str:
    if cell is None:
        return "an empty cell"
    return repr(cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}...")


def _line_numbers(numbered: pl.LazyFrame, wanted: bool) -> Callable[[int], int]:
    """Row number -> line of the file. A quoted cell may hold line breaks, which move every later line."""
    if not wanted:
        return lambda row: row + 2
    names = [name for name in numbered.collect_schema().names() if name != ROW]
    breaks = pl.sum_horizontal(pl.col(name).str.count_matches("\n", literal=True).fill_null(0) for name in names)
    broken = (
        numbered.select(ROW, breaks.alias("breaks")).filter(pl.col("breaks") > 0).collect(engine="streaming").sort(ROW)
    )
    rows = broken[ROW].to_list()
    before = [0, *accumulate(broken["breaks"].to_list())]
    return lambda row: row + 2 + before[bisect_left(rows, row)]


def _outcome(clause: Clause, judgement: Judgement, checked: int, found: str) -> Outcome:
    return Outcome(
        clause=clause.name,
        says=clause.says,
        expectation=clause.expectation,
        arguments=clause.arguments,
        passed=judgement.passed,
        checked=checked,
        failing=judgement.failing,
        found=found,
    )
