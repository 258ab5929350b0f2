"""What Great Expectations gets wrong or leaves open must never look like data that passed, or like data that failed."""

import subprocess
import sys

import pandas as pd
import pytest

from contracts import engine
from contracts.contract import Clause, Table, UncheckedError
from contracts.engine import judge
from contracts.facts import gather
from contracts.registry import all_contracts
from contracts.report import LISTED
from contracts.suite import body_clauses

FRAME = pd.DataFrame({"plays": [1.0, 2.0, 3.0], "artist": ["Ann", None, "Ben"]}, index=[10, 11, 12])


def clause(expectation: str, **arguments) -> Clause:
    return Clause("under.test", "it holds", expectation, arguments)


BETWEEN = clause("expect_column_values_to_be_between", column="plays", min_value=0, max_value=3)


def test_a_kept_and_a_broken_clause_are_told_apart_with_the_index_of_the_failing_row():
    assert judge("plays", [BETWEEN], FRAME)["under.test"].passed
    broken = clause("expect_column_values_to_be_between", column="plays", max_value=2)
    judgement = judge("plays", [broken], FRAME)["under.test"]
    assert (judgement.passed, judgement.failing, judgement.rows) == (False, 1, (12,))


def test_an_internal_error_is_not_reported_as_failed_data():
    absent = clause("expect_column_values_to_be_between", column="listeners", min_value=0)
    with pytest.raises(UncheckedError, match=r"under\.test of plays could not be checked.*failed inside"):
        judge("plays", [absent], FRAME)


def test_the_quantile_expectation_that_crashes_inside_is_an_internal_error():
    quantiles = clause(
        "expect_column_quantile_values_to_be_between",
        column="artist",
        quantile_ranges={"quantiles": [0.5], "value_ranges": [[0, 1]]},
    )
    with pytest.raises(UncheckedError):
        judge("plays", [quantiles], FRAME)


def test_an_unknown_expectation_fails_closed():
    with pytest.raises(UncheckedError, match="knows no expect_column_values_to_be_lovely"):
        judge("plays", [clause("expect_column_values_to_be_lovely", column="plays")], FRAME)


def test_an_argument_that_the_expectation_does_not_have_fails_closed():
    with pytest.raises(UncheckedError):
        judge("plays", [clause("expect_column_values_to_be_between", column="plays", minimum=0)], FRAME)


def test_an_empty_suite_fails_closed():
    with pytest.raises(UncheckedError, match="suite of plays is empty"):
        judge("plays", [], FRAME)


def test_an_expectation_that_judges_no_rows_one_by_one_fails_closed():
    of_the_whole = clause("expect_column_max_to_be_between", column="plays", max_value=9)
    with pytest.raises(UncheckedError, match="did not judge every row"):
        judge("plays", [of_the_whole], FRAME)


@pytest.mark.parametrize(
    "leniency", [{"row_condition": "plays > 2", "condition_parser": "pandas"}, {"mostly": 0.5}], ids=["some", "mostly"]
)
@pytest.mark.filterwarnings("ignore:.*row_condition", "ignore:.*condition_parser")
def test_an_expectation_that_lets_rows_off_fails_closed(leniency):
    lenient = clause("expect_column_values_to_be_between", column="plays", min_value=2, **leniency)
    with pytest.raises(UncheckedError, match="did not judge every row"):
        judge("plays", [lenient], FRAME)


def test_the_same_expectation_under_two_names_is_judged_twice():
    again = Clause("again", BETWEEN.says, BETWEEN.expectation, BETWEEN.arguments)
    assert set(judge("plays", [BETWEEN, again], FRAME)) == {"under.test", "again"}


def test_two_clauses_of_one_name_fail_closed():
    with pytest.raises(UncheckedError, match="share a name"):
        judge("plays", [BETWEEN, BETWEEN], FRAME)


def test_an_answer_without_a_clause_fails_closed(monkeypatch):
    answer = engine._results
    monkeypatch.setattr(engine, "_results", lambda *arguments: answer(*arguments)[:-1])
    other = Clause("other", "it holds", "expect_column_values_to_not_be_null", {"column": "plays"})
    with pytest.raises(UncheckedError, match="left out"):
        judge("plays", [BETWEEN, other], FRAME)


def test_few_failing_rows_are_listed_of_many_and_all_are_counted():
    many = pd.DataFrame({"plays": [-1.0] * 1000})
    judgement = judge("plays", [BETWEEN], many)["under.test"]
    assert judgement.failing == 1000
    assert judgement.rows == tuple(range(LISTED))


@pytest.mark.parametrize("dataset", all_contracts())
def test_no_range_is_judged_on_anything_that_great_expectations_compares_in_a_python_loop(
    dataset, good_cells, good_references, strict_settings
):
    contract, cells = all_contracts()[dataset], good_cells(dataset)
    facts = gather(contract, cells.lazy().with_row_index("row"), cells.columns, good_references(dataset))
    suite = body_clauses(contract, strict_settings(dataset), cells.columns, facts)
    ranges = [clause for clause in suite if clause.expectation.endswith("_be_between") and clause.table is Table.ROWS]
    assert ranges
    evidence = {str(clause.arguments["column"]): clause.evidence for clause in ranges}
    frame = cells.with_row_index("row").select(evidence.values())
    assert {str(kind) for kind in frame.to_pandas().dtypes} == {"float64"}


def test_the_library_is_imported_without_pyspark_which_may_end_the_process_as_if_all_were_well():
    look = (
        "import sys; from contracts.engine import great_expectations; great_expectations(); "
        "print('imported', 'pyspark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("imported False", 0), done.stderr
