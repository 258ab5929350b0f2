"""Great Expectations, kept to what it does well: judging a suite on one data frame, closed on every doubt."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from contracts.contract import Clause, Table, UncheckedError
from contracts.report import LISTED

_CLAUSE = "clause"
# get_context() replaces one context for the whole process: two suites at once would share it half-way.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Judgement:
    """One clause on one frame. `rows` are index labels of the first failing rows, at most LISTED."""

    passed: bool
    failing: int
    rows: tuple[int, ...]
    details: Mapping[str, Any]


def judge(name: str, suite: Sequence[Clause], frame: pd.DataFrame) -> dict[str, Judgement]:
    """Clause name -> judgement of every clause of `suite` on every row of `frame` (columns: the clauses' evidence).

    Raises UncheckedError where the suite is empty, an expectation is unknown, Great Expectations fails inside, or its
    answer does not cover every clause and every row. None of these is a fault of the data, and none may pass.
    """
    if not suite:
        raise UncheckedError(f"The suite of {name} is empty, so nothing would be checked.", hint=_PROGRAM_FAULT)
    if len({clause.name for clause in suite}) < len(suite):
        raise UncheckedError(f"Two clauses of the suite of {name} share a name.", hint=_PROGRAM_FAULT)
    with _ONE_AT_A_TIME:
        results = _results(name, suite, frame)
    found = {result.expectation_config.meta[_CLAUSE]: result for result in results}
    missing = [clause.name for clause in suite if clause.name not in found]
    if missing:
        raise UncheckedError(f"Great Expectations left out {', '.join(missing)} of {name}.", hint=_PROGRAM_FAULT)
    return {clause.name: _judgement(name, clause, found[clause.name], len(frame)) for clause in suite}


_PROGRAM_FAULT = "This is a fault of the program, not of the data: please report it."


@cache
def great_expectations() -> Any:
    """The library, imported where it is first used: it takes seconds. It sends nothing anywhere."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with _without_pyspark():
        import great_expectations as gx  # noqa: PLC0415
    return gx


@contextmanager
def _without_pyspark() -> Iterator[None]:
    """Let PySpark, where it is installed, look absent to an import.

    It plays no part here, costs a second, and without its optional grpc it ends a process that was started by
    `python -c` in the middle of the import, with exit code 0: a contract that looks kept.
    """
    if "pyspark" in sys.modules:
        yield
        return
    sys.modules["pyspark"] = None  # type: ignore[assignment]  # how Python marks a module that must not be imported
    try:
        yield
    finally:
        sys.modules.pop("pyspark", None)


def _results(name: str, suite: Sequence[Clause], frame: pd.DataFrame) -> list[Any]:
    gx = great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    try:
        expectations = gx.ExpectationSuite(name=name, expectations=[_expectation(clause) for clause in suite])
        asset = context.data_sources.add_pandas("embedded").add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        # SUMMARY: counts and the first failing rows. Richer formats carry every failing value.
        return list(
            batch.validate(
                expectations, result_format={"result_format": "SUMMARY", "partial_unexpected_count": LISTED}
            ).results
        )
    except UncheckedError:
        raise
    except Exception as error:
        raise UncheckedError(f"The contract of {name} could not be checked: {error!r}.", hint=_PROGRAM_FAULT) from error


def _expectation(clause: Clause) -> Any:
    from great_expectations.exceptions import ExpectationNotFoundError  # noqa: PLC0415
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration  # noqa: PLC0415

    try:
        return ExpectationConfiguration(
            type=clause.expectation,
            kwargs=dict(clause.arguments),
            meta={_CLAUSE: clause.name},
            description=clause.says,
        ).to_domain_obj()
    except ExpectationNotFoundError:
        raise UncheckedError(
            f"Great Expectations knows no {clause.expectation}, which the clause {clause.name} asks for.",
            hint=_PROGRAM_FAULT,
        ) from None


def _judgement(name: str, clause: Clause, result: Any, rows: int) -> Judgement:
    fault = _fault(result.exception_info)
    if fault:
        raise UncheckedError(
            f"The clause {clause.name} of {name} could not be checked; Great Expectations failed inside: {fault}.",
            hint=_PROGRAM_FAULT,
        )
    details = result.result
    if clause.table is Table.HEADER:
        return Judgement(bool(result.success), int(not result.success), (), details.get("details", {}))
    failing = details.get("unexpected_count")
    if details.get("element_count") != rows or failing is None or bool(result.success) != (failing == 0):
        raise UncheckedError(
            f"Great Expectations did not judge every row of {name} by the clause {clause.name}.", hint=_PROGRAM_FAULT
        )
    labels = details.get("partial_unexpected_index_list", [])
    return Judgement(bool(result.success), int(failing), tuple(int(label) for label in labels[:LISTED]), {})


def _fault(info: Any) -> str:
    """What raised inside, from exception_info: one record, or one a metric."""
    if not isinstance(info, Mapping):
        return "" if not info else repr(info)
    if info.get("raised_exception"):
        return str(info.get("exception_message") or "no reason given")
    return next((fault for part in info.values() if isinstance(part, Mapping) and (fault := _fault(part))), "")
