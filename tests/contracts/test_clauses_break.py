"""Every clause of every suite has a file that breaks it, and nothing else, with the failing row named."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pytest

from contracts.checking import check
from contracts.registry import all_contracts
from contracts.report import Outcome

Change = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Break:
    """A change to the good file, and what must be said of it."""

    change: Change
    line: int | None = None
    value: str | None = None
    found: str = ""


def cell(column: str, row: int, value: str | None) -> Break:
    def change(cells: pl.DataFrame) -> pl.DataFrame:
        here = pl.int_range(pl.len()) == row
        return cells.with_columns(pl.when(here).then(pl.lit(value, pl.String)).otherwise(pl.col(column)).alias(column))

    return Break(change, row + 2, "an empty cell" if value is None else repr(value))


def row_again(row: int, value: str) -> Break:
    return Break(lambda cells: pl.concat([cells, cells[row]]), 6, value)


def whole(change: Change, found: str) -> Break:
    return Break(change, found=found)


def types(dates: tuple[str, ...] = (), whole_numbers: tuple[str, ...] = (), numbers: tuple[str, ...] = ()) -> dict:
    return {
        **{f"{name}.type": cell(name, 1, "2024-02-30") for name in dates},
        **{f"{name}.type": cell(name, 1, "0.5") for name in whole_numbers},
        **{f"{name}.type": cell(name, 2, "loud") for name in numbers},
        **{f"{name}.finite": cell(name, 2, "NaN") for name in numbers},
    }


def filled(*names: str) -> dict:
    return {f"{name}.filled": cell(name, 2, None) for name in names}


def secret(column: str, row: int, value: str) -> Break:
    return Break(cell(column, row, value).change, row + 2, "one, which is not shown")


SHARES = ("danceability", "energy", "valence", "speechiness", "acousticness", "instrumentalness", "liveness")
NUMBERS = (*SHARES, "popularity", "tempo", "loudness")

CASES: dict[str, dict[str, Break]] = {
    "tracks": {
        "columns.known": whole(lambda cells: cells.drop("artist"), "there is no column artist"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "release_date.fresh": whole(cell("release_date", 0, "2024-05-30").change, "in days: 31"),
        **types(("release_date",), ("key", "mode", "duration_ms"), NUMBERS),
        **filled("track_id", "artist_id", "title", "artist", "release_date"),
        **filled("danceability", "energy", "valence", "tempo"),
        "release_date.not_after": cell("release_date", 1, "2024-07-01"),
        "release_date.not_before": cell("release_date", 3, "1859-12-31"),
        "release_precision.allowed": cell("release_precision", 0, "week"),
        "popularity.range": cell("popularity", 1, "100.5"),
        **{f"{name}.range": cell(name, 0, "-0.01") for name in SHARES},
        "tempo.range": cell("tempo", 1, "401"),
        "key.range": cell("key", 1, "12"),
        "mode.range": cell("mode", 2, "2"),
        "loudness.range": cell("loudness", 1, "-100.5"),
        "duration_ms.range": cell("duration_ms", 0, "0"),
        "key.unique": cell("track_id", 3, "t1"),
        "artist_id.one_name": Break(cell("artist", 1, "Anna").change, 3, "'a1', 'Anna'"),
    },
    "scrobbles": {
        "columns.known": whole(lambda cells: cells.rename({"album": "albun"}), "there is an unknown column albun"),
        "rows.count": whole(lambda cells: pl.concat([cells, cells.with_columns(track=pl.lit("Two"))]), "rows: 8"),
        "played_at.fresh": whole(
            lambda cells: cells.with_columns(pl.col("played_at").str.replace("2024-06", "2024-05")), "in days: 31"
        ),
        "played_at.type": cell("played_at", 1, "2024-06-29 00:00:00"),
        **filled("played_at", "artist", "track"),
        "played_at.not_after": cell("played_at", 0, "2024-07-01T00:00:00Z"),
        "played_at.not_before": cell("played_at", 3, "1999-12-31T23:59:59Z"),
        "key.unique": row_again(1, "'l1', '2024-06-29T00:00:00Z', 'Ben', 'Three'"),
        "artist.reference": cell("artist", 2, "Dora"),
    },
    "daily_streams": {
        "columns.known": whole(lambda cells: cells.rename({"streams": "plays"}), "there is no column streams"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "date.fresh": whole(
            lambda cells: cells.with_columns(pl.col("date").str.replace("2024-06", "2024-05")), "in days: 31"
        ),
        **types(("date",), ("streams", "days", "cutoff")),
        **filled("track_id", "date", "streams"),
        "date.not_after": cell("date", 3, "2024-07-01"),
        "date.not_before": cell("date", 3, "1998-12-31"),
        "streams.range": cell("streams", 0, "-1"),
        "days.range": cell("days", 2, "32"),
        "cutoff.range": cell("cutoff", 1, "0"),
        "streams.at_least": Break(cell("cutoff", 1, "13").change, 3, "'12', '13'"),
        "days.apart": Break(cell("days", 0, "2").change, 2, "'t1', '2024-06-30', '2'"),
        "key.unique": row_again(3, "'t4', '2024-06-28'"),
        "track_id.reference": cell("track_id", 2, "t9"),
    },
    "artist_listeners": {
        "columns.known": whole(lambda cells: cells.drop("artist_id"), "there is no column artist_id"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "date.fresh": whole(
            lambda cells: cells.with_columns(pl.col("date").str.replace("2024-06", "2024-05")), "in days: 31"
        ),
        **types(("date",), ("monthly_listeners",)),
        **filled("artist_id", "date", "monthly_listeners"),
        "date.not_after": cell("date", 3, "2024-07-01"),
        "date.not_before": cell("date", 3, "1998-12-31"),
        "monthly_listeners.range": cell("monthly_listeners", 2, "-1"),
        "key.unique": row_again(3, "'a3', '2024-06-28'"),
        "artist_id.reference": cell("artist_id", 2, "a9"),
    },
    "socials": {
        "columns.known": whole(lambda cells: cells.drop("metric"), "there is no column metric"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "date.fresh": whole(
            lambda cells: cells.with_columns(pl.col("date").str.replace("2024-06", "2024-05")), "in days: 31"
        ),
        **types(("date",), numbers=("value",)),
        **filled("track_id", "date", "platform", "metric", "value"),
        "date.not_after": cell("date", 3, "2024-07-01"),
        "date.not_before": cell("date", 3, "2001-12-31"),
        "value.range": cell("value", 2, "-0.5"),
        "key.unique": Break(cell("metric", 1, "posts").change, 3, "'t1', '2024-06-30', 'tiktok', 'posts'"),
        "track_id.reference": cell("track_id", 2, "t9"),
    },
    "users": {
        "columns.known": whole(lambda cells: cells.rename({"age": "years"}), "there is an unknown column years"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "registered_at.fresh": whole(
            lambda cells: cells.with_columns(pl.col("registered_at", "cancelled_at").str.replace("2024-06", "2024-05")),
            "in days: 31",
        ),
        **types(whole_numbers=("age",)),
        "registered_at.type": cell("registered_at", 1, "2024-06-01"),
        "cancelled_at.type": cell("cancelled_at", 2, "2024-06-30T24:00:00Z"),
        **filled("user_id", "registered_at", "country", "subscription"),
        "registered_at.not_after": cell("registered_at", 1, "2024-07-01T00:00:00Z"),
        "cancelled_at.not_after": cell("cancelled_at", 1, "2024-07-01T00:00:00Z"),
        "registered_at.not_before": cell("registered_at", 3, "1994-12-31T23:59:59Z"),
        "age.range": cell("age", 0, "4"),
        "cancelled_at.not_earlier": Break(
            cell("cancelled_at", 2, "2020-02-29T11:59:59Z").change, 4, "'2020-02-29T11:59:59Z', '2020-02-29T12:00:00Z'"
        ),
        "churn_reason.only_with": Break(cell("churn_reason", 1, "price").change, 3, "'price', an empty cell"),
        "user_id.no_address": secret("user_id", 1, "ann@example.org"),
        "churn_reason.no_address": secret("churn_reason", 0, "write to ann@example.org"),
        "key.unique": cell("user_id", 3, "u1"),
    },
    "shows": {
        "columns.known": whole(lambda cells: cells.drop("title"), "there is no column title"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        **types(("released_at",), numbers=("duration_min", "rating")),
        **filled("show_id", "title"),
        "released_at.not_before": cell("released_at", 1, "1869-12-31"),
        "duration_min.range": cell("duration_min", 0, "-1"),
        "rating.range": cell("rating", 1, "10.1"),
        "key.unique": cell("show_id", 3, "s1"),
    },
    "events": {
        "columns.known": whole(lambda cells: cells.drop("login_time"), "there is no column login_time"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "login_time.fresh": whole(
            lambda cells: cells.with_columns(pl.col("login_time").str.replace("2024-06", "2024-05")), "in days: 31"
        ),
        **types(
            whole_numbers=("num_pauses", "buffer_events", "was_recommended"),
            numbers=("total_watch_time",),
        ),
        "login_time.type": cell("login_time", 1, "2024-06-02 00:00:00"),
        **filled("user_id", "login_time"),
        "login_time.not_after": cell("login_time", 2, "2024-07-01T00:00:00Z"),
        "login_time.not_before": cell("login_time", 3, "1994-12-31T23:59:59Z"),
        "content_watched.entries": cell("content_watched", 0, "s1||s2"),
        "genres_watched.entries": cell("genres_watched", 3, "a| "),
        "total_watch_time.range": cell("total_watch_time", 2, "1440.01"),
        "num_pauses.range": cell("num_pauses", 1, "10001"),
        "buffer_events.range": cell("buffer_events", 0, "-1"),
        "was_recommended.range": cell("was_recommended", 2, "2"),
        "user_id.no_address": secret("user_id", 3, "ann@example.org"),
        "key.unique": row_again(1, "'u2', '2024-06-02T00:00:00Z', 's3'"),
        "user_id.reference": cell("user_id", 2, "u9"),
    },
    "hourly_users": {
        "columns.known": whole(lambda cells: cells.rename({"users": "count"}), "there is no column users"),
        "rows.count": whole(lambda cells: cells.head(2), "rows: 2"),
        "hour.fresh": whole(
            lambda cells: cells.with_columns(pl.col("hour").str.replace("2024-06", "2024-05")), "in days: 31"
        ),
        **types(numbers=("users",)),
        "hour.type": cell("hour", 1, "2024-06-30"),
        **filled("hour", "users"),
        "hour.not_after": cell("hour", 2, "2024-07-01T00:00:00Z"),
        "hour.not_before": cell("hour", 3, "1989-12-31T23:00:00Z"),
        "hour.on_the_hour": cell("hour", 1, "2024-06-30T00:00:01Z"),
        "users.range": cell("users", 0, "-0.5"),
        "key.unique": row_again(3, "'1999-01-01T00:00:00Z'"),
    },
}


@pytest.fixture
def judged(strict_settings, good_references):
    def judge(dataset: str, cells: pl.DataFrame) -> dict[str, Outcome]:
        contract = all_contracts()[dataset]
        _, outcomes = check(contract, cells.lazy(), strict_settings(dataset), good_references(dataset))
        return {outcome.clause: outcome for outcome in outcomes}

    return judge


@pytest.mark.parametrize("dataset", all_contracts())
def test_a_good_file_keeps_every_clause_and_each_clause_has_a_breaking_case(dataset, judged, good_cells):
    outcomes = judged(dataset, good_cells(dataset))
    assert [name for name, outcome in outcomes.items() if not outcome.passed] == []
    assert set(outcomes) == set(CASES[dataset])


@pytest.mark.parametrize(
    ("dataset", "clause"), [(dataset, clause) for dataset, cases in CASES.items() for clause in cases]
)
def test_a_clause_is_broken_by_its_case_alone_and_names_the_row(dataset, clause, judged, good_cells):
    case = CASES[dataset][clause]
    outcomes = judged(dataset, case.change(good_cells(dataset)))
    broken = [outcome for outcome in outcomes.values() if not outcome.passed]
    assert [outcome.clause for outcome in broken] == [clause]
    (outcome,) = broken
    assert outcome.failing == 1
    assert case.found in outcome.found
    assert [(row.line, row.value) for row in outcome.rows] == ([(case.line, case.value)] if case.line else [])
    assert (f"line {case.line} has {case.value}" if case.line else case.found) in outcome.sentence()
