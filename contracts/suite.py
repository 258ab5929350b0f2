"""The suite of a dataset: every clause that its contract, its columns and its settings ask for."""

from collections.abc import Iterator, Sequence

from contracts import clauses
from contracts.contract import Clause, Contract
from contracts.facts import Facts
from refrain.datasets import Column, ColumnType
from refrain.settings import DatasetSettings


def header_clauses(contract: Contract, present: Sequence[str]) -> tuple[Clause, ...]:
    """What the columns must be. Judged first: without them no other clause can be."""
    return (clauses.columns_known(contract.dataset, present),)


def body_clauses(
    contract: Contract, settings: DatasetSettings, present: Sequence[str], facts: Facts
) -> tuple[Clause, ...]:
    """What the file as a whole and its rows must be; what concerns an absent optional column is left out."""
    own = [clause for clause in contract.clauses if set(clause.shows) <= set(present)]
    return (
        *_whole_file(contract, settings),
        *(clause for name in present for clause in _cell_clauses(contract.dataset.column(name))),
        *_not_in_the_future(contract, settings, present),
        *own,
        clauses.unique(facts.key, facts.repeated),
        *_periods(contract, facts),
        *(clauses.one_name(*pair, others) for pair, others in facts.other_names.items()),
        *(clauses.refers(reference, known) for reference, known in facts.known.items()),
    )


def _periods(contract: Contract, facts: Facts) -> Iterator[Clause]:
    if contract.period is not None and facts.overlapping is not None:
        yield clauses.apart(contract.period, facts.overlapping)


def _whole_file(contract: Contract, settings: DatasetSettings) -> Iterator[Clause]:
    yield clauses.row_count(settings.min_rows, settings.max_rows)
    if settings.max_age_days is not None and contract.moment is not None:
        moment = contract.dataset.column(contract.moment)
        yield clauses.fresh(moment, settings.received_on, settings.max_age_days)


def _not_in_the_future(contract: Contract, settings: DatasetSettings, present: Sequence[str]) -> Iterator[Clause]:
    for name in (contract.moment, *contract.moments):
        if name is not None and name in present:
            yield clauses.not_after(contract.dataset.column(name), settings.received_on)


def _cell_clauses(column: Column) -> Iterator[Clause]:
    if column.type is not ColumnType.TEXT:
        yield clauses.readable(column)
    if column.type is ColumnType.NUMBER:
        yield clauses.finite(column)
    if column.required:
        yield clauses.filled(column)
