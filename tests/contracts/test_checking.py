"""Checking a file: the same answer whatever the chunks, lines named rightly, whatever the other rows are."""

from itertools import chain

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cells import not_finite, unreadable, value
from contracts.checking import check
from contracts.facts import gather
from contracts.registry import all_contracts
from contracts.report import LISTED, Outcome
from refrain.datasets import Column, ColumnType


@pytest.fixture
def broken(strict_settings, good_references):
    """The outcomes of the clauses that a file breaks."""

    def check_all(dataset: str, cells: pl.DataFrame, rows_at_a_time: int = 500_000, **changes) -> dict[str, Outcome]:
        asked = strict_settings(dataset).model_copy(update={"max_rows": 10_000, **changes})
        _, outcomes = check(all_contracts()[dataset], cells.lazy(), asked, good_references(dataset), rows_at_a_time)
        return {outcome.clause: outcome for outcome in outcomes if not outcome.passed}

    return check_all


def many_scrobbles(rows: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "played_at": ["2024-06-29T00:00:00Z"] * rows,
            "artist": ["Ann"] * rows,
            "track": [f"track {number}" for number in range(rows)],
        }
    )


def test_every_row_is_judged_and_the_outcome_is_the_same_in_parts(broken):
    cells = many_scrobbles(1000)
    first, last = (cells[row].with_columns(artist=pl.lit("Dora")) for row in (0, 999))
    spoilt = pl.concat([first, cells[1:999], last, cells[500]])
    whole = broken("scrobbles", spoilt)
    assert broken("scrobbles", spoilt, rows_at_a_time=300) == whole
    assert set(whole) == {"artist.reference", "key.unique"}
    assert [row.line for row in whole["artist.reference"].rows] == [2, 1001]
    assert [row.line for row in whole["key.unique"].rows] == [1002]
    assert {outcome.checked for outcome in whole.values()} == {1001}


def test_all_failing_rows_are_counted_and_the_first_of_them_listed(broken):
    spoilt = many_scrobbles(1000).with_columns(artist=pl.lit("Dora"))
    (outcome,) = broken("scrobbles", spoilt, rows_at_a_time=250).values()
    assert outcome.failing == 1000
    assert [row.line for row in outcome.rows] == list(range(2, 2 + LISTED))
    assert "1,000 of 1,000 rows are not so: line 2 has 'Dora'" in outcome.sentence()
    assert outcome.sentence().endswith("...")


def test_a_line_break_inside_a_cell_moves_the_lines_after_it(broken, good_cells):
    spoilt = good_cells("scrobbles").with_columns(
        album=pl.Series(["First\nand\nlast", None, "Third\n", None]), artist=pl.Series(["Ann", "Dora", "Ben", "Dora"])
    )
    assert [row.line for row in broken("scrobbles", spoilt)["artist.reference"].rows] == [5, 8]


def test_a_cell_of_blanks_is_empty_and_a_long_one_is_shortened(broken, good_cells):
    cells = good_cells("scrobbles").with_columns(track=pl.lit("  "), artist=pl.lit("D" * 5000))
    spoilt = broken("scrobbles", cells[:1], min_rows=1)
    assert set(spoilt) == {"track.filled", "artist.reference"}
    assert all(len(row.value) < 100 for outcome in spoilt.values() for row in outcome.rows)


def test_what_is_not_asked_for_is_not_judged(good_cells, strict_settings):
    asked = strict_settings("scrobbles").model_copy(update={"max_age_days": None, "references": ()})
    old = good_cells("scrobbles").drop("album", "listener")[3:]
    _, outcomes = check(all_contracts()["scrobbles"], old.lazy(), asked.model_copy(update={"min_rows": 1}), {})
    judged = {outcome.clause for outcome in outcomes}
    assert all(outcome.passed for outcome in outcomes)
    assert not judged & {"played_at.fresh", "artist.reference"}


def test_a_file_without_rows_breaks_the_row_count(broken, good_cells):
    assert "rows.count" in broken("scrobbles", good_cells("scrobbles")[:0])


def test_a_listener_that_is_not_said_is_one_listener(broken, good_cells):
    cells = pl.concat([good_cells("scrobbles"), good_cells("scrobbles")[3]])
    assert set(broken("scrobbles", cells)) == {"key.unique"}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=12))
@settings(max_examples=25, deadline=None)
def test_repeated_keys_are_those_that_a_slow_look_finds(keys):
    cells = pl.DataFrame(keys, schema={"track_id": pl.String, "date": pl.String}, orient="row")
    numbered = cells.lazy().with_row_index("row")
    found = gather(all_contracts()["daily_streams"], numbered, ["track_id", "date"], {}).repeated.to_list()
    assert found == [row for row, key in enumerate(keys) if key in keys[:row]]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["Ann", "ANN ", "Straße", "STRASSE", None])), max_size=8)
)
@settings(max_examples=40, deadline=None)
def test_other_names_of_an_id_are_those_that_a_slow_look_finds(rows):
    cells = pl.DataFrame(
        [(str(number), *row) for number, row in enumerate(rows)],
        schema=dict.fromkeys(("track_id", "artist_id", "artist"), pl.String),
        orient="row",
    )
    facts = gather(all_contracts()["tracks"], cells.lazy().with_row_index("row"), cells.columns, {})
    found = set(facts.other_names["artist_id", "artist"].iter_rows())
    first: dict[str, str] = {}
    for identity, name in rows:
        if name:
            first.setdefault(identity, name.strip().casefold())
    assert found == {(identity, name) for identity, name in rows if name and name.strip().casefold() != first[identity]}


@pytest.mark.parametrize(
    ("kind", "readable", "wrong", "infinite"),
    [
        (ColumnType.DATE, ["2024-02-29"], ["2023-02-29", "2024-2-9", "29.02.2024", "2024-02-29T00:00:00Z"], []),
        (
            ColumnType.TIMESTAMP,
            ["2024-02-29T23:59:59Z"],
            ["2024-02-29T24:00:00Z", "2024-02-29 23:59:59", "2024-02-29T23:59:59+03:00", "1709251199"],
            [],
        ),
        (ColumnType.INTEGER, ["0", "-3", "9007199254740992"], ["1.0", "1e3", "nan", "inf", "1,000", "many"], []),
        (ColumnType.NUMBER, ["0", "-3.5", "1e-3", ".5"], ["0,5", "half", "0x1"], ["nan", "NaN", "inf", "-Infinity"]),
    ],
)
def test_each_type_reads_what_it_should_and_nothing_else(kind, readable, wrong, infinite):
    column = Column("cell", kind)
    cells = pl.DataFrame({"cell": [None, *readable, *wrong, *infinite]}, schema={"cell": pl.String})
    read = cells.select(value(column), unreadable(column).alias("wrong"), not_finite(column).alias("infinite"))
    assert read["cell"].drop_nulls().len() == len(readable)
    assert read["wrong"].drop_nulls().to_list() == wrong
    if kind is ColumnType.NUMBER:
        assert read["infinite"].drop_nulls().to_list() == infinite


def test_times_are_exact_to_the_second_at_the_edge_of_the_last_day(broken):
    edge = ["2024-06-30T23:59:59Z", "2024-07-01T00:00:00Z"]
    cells = many_scrobbles(2).with_columns(played_at=pl.Series(edge))
    outcome = broken("scrobbles", cells, min_rows=1)["played_at.not_after"]
    assert list(chain([outcome.failing], (row.line for row in outcome.rows))) == [1, 3]


days_covered = st.tuples(st.sampled_from("ab"), st.integers(1, 20), st.none() | st.integers(-1, 9))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows=st.lists(days_covered, min_size=1, max_size=12))
def test_rows_that_cover_a_day_twice_are_found_as_by_looking_at_every_day(rows):
    rows = list({(track, last): (track, last, days) for track, last, days in rows}.values())
    seen, expected = set(), []
    for number, (track, last, days) in sorted(enumerate(rows), key=lambda item: item[1][1]):
        covered = {(track, day) for day in range(last - max(days or 1, 1) + 1, last + 1)}
        if covered & seen:
            expected.append(number)
        seen |= covered
    cells = pl.DataFrame(
        {
            "track_id": [track for track, _, _ in rows],
            "date": [f"2024-06-{last:02}" for _, last, _ in rows],
            "streams": ["7"] * len(rows),
            "days": [None if days is None else str(days) for _, _, days in rows],
        },
        schema_overrides={"days": pl.String},
    )
    contract = all_contracts()["daily_streams"]
    found = gather(contract, cells.with_row_index("row").lazy(), cells.columns, {}).overlapping
    assert found is not None
    assert found.to_list() == sorted(expected)
