"""Users, shows and sessions as people log them."""

import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from sources.list_cells import read_lists
from sources.session_logs import NAME

SESSION = {
    "user_id": "u1",
    "login_time": "2024-05-01T20:15:00Z",
    "content_watched": '["s1", "s2"]',
    "genres_watched": "drama|crime",
    "total_watch_time": "61.5",
    "num_pauses": "2",
    "buffer_events": "0",
    "was_recommended": "True",
}
USER = {
    "user_id": "u1",
    "email": "ann@example.org",
    "age": "33",
    "country": "DE",
    "registration_date": "2024-04-01",
    "preferred_genre": "drama",
    "subscription_type": "premium",
}


def written(*rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    quoted = [[str(row.get(name, "")).replace('"', '""') for name in names] for row in rows]
    return "\n".join([",".join(names), *(",".join(f'"{cell}"' for cell in row) for row in quoted)]) + "\n"


def load(bench, dataset, *rows, columns=None, **options):
    return bench.load(NAME, dataset, written(*rows), columns, **options)


def test_a_session_with_the_names_of_the_collector(bench):
    imported = load(bench, "events", SESSION)
    assert imported.rows == [
        {
            "user_id": "u1",
            "login_time": "2024-05-01T20:15:00Z",
            "content_watched": "s1|s2",
            "genres_watched": "drama|crime",
            "total_watch_time": "61.5",
            "num_pauses": "2",
            "buffer_events": "0",
            "was_recommended": "1",
        }
    ]
    assert imported.report.notes == ()


def test_a_user_with_the_names_of_the_collector_and_without_the_address(bench):
    imported = load(bench, "users", USER)
    assert imported.rows == [
        {
            "user_id": "u1",
            "registered_at": "2024-04-01T00:00:00Z",
            "age": "33",
            "country": "DE",
            "preferred_genre": "drama",
            "subscription": "premium",
        }
    ]


def test_a_show(bench):
    row = {"content_id": "s1", "Name": "One", "genre": "drama", "runtime": 42, "release_date": "2024-01-31", "score": 7}
    assert load(bench, "shows", row).rows == [
        {
            "show_id": "s1",
            "title": "One",
            "genre": "drama",
            "duration_min": "42.0",
            "released_at": "2024-01-31",
            "rating": "7.0",
        }
    ]


def test_names_that_others_give_and_names_that_nobody_knows(bench):
    row = {"Customer ID": "u1", "Session Start": "2024-05-01 20:15", "seen": "s1", "Rebuffers": 3}
    imported = load(bench, "events", row, columns={"content_watched": "seen"}, timezone="Europe/Berlin")
    assert imported.rows == [
        {"user_id": "u1", "login_time": "2024-05-01T18:15:00Z", "content_watched": "s1", "buffer_events": "3"}
    ]
    assert "the header lacks the column login_time" in bench.error(NAME, "events", "user_id,when\nu1,2024-05-01\n")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('["a", "b"]', "a|b"),
        ("['a', 'b']", "a|b"),
        ("""['it\\'s', "b, c"]""", "it's|b, c"),
        ("('a', 'b')", "a|b"),
        ("[1, 2.5]", "1|2.5"),
        ("[a, b]", "a|b"),
        ("a|b", "a|b"),
        (" a ; b ", "a|b"),
        ("a", "a"),
        ("a, b", "a, b"),
        ("a||b|", "a|b"),
        ("[]", ""),
        ("['']", ""),
        ("['a', None]", "a"),
        ("(500) Days of Summer", "(500) Days of Summer"),
        # What is no list of texts, or more than one.
        ("['a' 'b']", None),
        ("['a', ['b']]", None),
        ('{"a": 1}', '{"a": 1}'),
        ("['a'", None),
        ("['a|b']", None),
        ("[__import__('os').getcwd()]", None),
        ("[" * 5000 + "]" * 5000, None),
        ("[" * 50_000, None),
    ],
)
def test_lists_are_read_as_people_write_them(cell, expected):
    assert read_lists(pl.Series([cell, None])).to_list() == [expected, None]


def test_a_separator_that_is_said(bench):
    plain = load(bench, "events", SESSION | {"genres_watched": "drama, crime"})
    assert plain.rows[0]["genres_watched"] == "drama, crime"
    assert any("one entry with a comma" in note for note in plain.report.notes)
    said = load(bench, "events", SESSION | {"genres_watched": "drama, crime"}, separator=",")
    assert said.rows[0]["genres_watched"] == "drama|crime"
    assert said.report.notes == ()


@pytest.mark.parametrize(("cell", "flag"), [("true", "1"), ("NO", "0"), ("1.0", "1"), ("0", "0"), ("", "")])
def test_yes_and_no_in_many_spellings(bench, cell, flag):
    assert load(bench, "events", SESSION | {"was_recommended": cell}).rows[0]["was_recommended"] == flag


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"total_watch_time": -1}, "total_watch_time is negative"),
        ({"total_watch_time": 1441}, "total_watch_time is longer than a day"),
        ({"total_watch_time": "inf"}, "total_watch_time is not a number"),
        ({"total_watch_time": "long"}, "total_watch_time is not a number"),
        ({"num_pauses": 2.5}, "num_pauses is not a whole number"),
        ({"num_pauses": 10_001}, "num_pauses is more than can be"),
        ({"buffer_events": -3}, "buffer_events is negative"),
        ({"was_recommended": "perhaps"}, "was_recommended is not yes or no"),
        ({"content_watched": "['a' 'b']"}, "content_watched is not a list that can be read"),
        ({"login_time": "yesterday"}, "login_time is not a time"),
        ({"login_time": "2024-05-04T00:00:00Z"}, "login_time is later than the day the data was received"),
        ({"user_id": ""}, "user_id is empty"),
        ({"user_id": "ann@example.org"}, "user_id holds an e-mail address"),
        ({"logout_time": "2024-05-01T20:14:59Z"}, "logout_time is before login_time"),
        ({"logout_time": "2024-05-01T20:30:00Z"}, "total_watch_time is longer than until logout_time"),
    ],
)
def test_what_is_no_session_is_refused_with_its_reason(bench, change, reason, monkeypatch):
    monkeypatch.setattr(
        type(bench), "destination", property(lambda self: replace(made(self), received_on=date(2024, 5, 3)))
    )
    imported = load(bench, "events", SESSION, SESSION | {"user_id": "u2", **change})
    assert imported.report.rejected == {reason: 1}
    assert [row["user_id"] for row in imported.rows] == ["u1"]
    assert "ann@" not in str(imported.rejects)


def made(bench):
    from sources.source import Destination  # noqa: PLC0415

    return Destination(bench.folder / "out" / "dataset.csv", bench.folder / "out" / "rejects.csv")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"age": 4}, "age is no age from 5 to 120"),
        ({"age": "old"}, "age is not a whole number"),
        ({"country": ""}, "country is empty"),
        ({"registration_date": "2024-13-01"}, "registration_date is not a time"),
        ({"cancelled_at": "2024-03-31"}, "cancelled_at is before registration_date"),
        ({"preferred_genre": "ask bob@example.org"}, "preferred_genre holds an e-mail address"),
        ({"user_id": "u1", "age": 34}, "user_id is listed before, otherwise"),
    ],
)
def test_what_is_no_user_is_refused_with_its_reason_and_no_address_stays(bench, change, reason):
    imported = load(bench, "users", USER, {**USER, "user_id": "u2", **change})
    assert imported.report.rejected == {reason: 1}
    assert [row["user_id"] for row in imported.rows] == ["u1"]
    everything = imported.text + str(imported.rejects) + str(imported.report)
    assert "@" not in everything
    assert "(an e-mail address)" in str(imported.rejects)


def test_no_address_stays_where_nothing_can_be_kept_either(bench):
    for text in (written(USER | {"age": 4}), "ann@example.org,33\nben@example.org,34\n"):
        assert "@" not in bench.error(NAME, "users", text)


def test_the_same_again_is_one(bench):
    events = load(bench, "events", SESSION, SESSION | {"content_watched": "s1|s2", "num_pauses": 9})
    assert (events.report.kept, events.report.merged) == (1, 1)
    users = load(bench, "users", USER, USER | {"email": "another@example.org"})
    assert (users.report.kept, users.report.merged) == (1, 1)


def test_a_refused_row_is_named_by_its_line(bench):
    imported = load(bench, "users", USER, USER | {"user_id": "u0"}, USER | {"age": 34})
    assert [cells[:2] for cells in imported.rejects] == [["4", "user_id is listed before, otherwise"]]


def test_minutes_that_are_not_stated_are_those_until_logging_out(bench):
    row = {"user_id": "u1", "login_time": "2024-05-01T23:50:00Z", "logout_time": "2024-05-02T00:35:30Z"}
    assert load(bench, "events", row).rows[0]["total_watch_time"] == "45.5"
    both = row | {"total_watch_time": "40"}, row | {"total_watch_time": "", "user_id": "u2"}
    assert [found["total_watch_time"] for found in load(bench, "events", *both).rows] == ["40.0", "45.5"]


def test_a_session_until_the_day_after_is_refused(bench):
    row = {"user_id": "u1", "login_time": "2024-05-01T00:00:00Z", "logout_time": "2024-05-01T10:00:00Z"}
    imported = load(bench, "events", row, row | {"user_id": "u2", "logout_time": "2024-05-02T00:00:01Z"})
    assert imported.report.rejected == {"longer than a day": 1}


def test_a_reason_without_a_time_is_left_out(bench):
    imported = load(bench, "users", USER | {"churn_reason": "price"})
    assert imported.rows[0]["churn_reason"] == ""
    assert any("1 reasons for leaving without the time" in note for note in imported.report.notes)
    kept = load(bench, "users", USER | {"churn_reason": "price", "churn_date": "2024-05-01"}).rows[0]
    assert (kept["cancelled_at"], kept["churn_reason"]) == ("2024-05-01T00:00:00Z", "price")


def test_of_a_folder_the_files_with_the_columns_are_read(bench):
    folder = bench.folder / "logs"
    folder.mkdir()
    (folder / "2024-05.csv").write_text(written(SESSION, SESSION | {"user_id": "", "num_pauses": 1}))
    short = {name: SESSION[name] for name in ("user_id", "login_time")}
    (folder / "2024-06.csv").write_text(written(short | {"login_time": "2024-06-01T00:00:00Z"}))
    (folder / "users.csv").write_text(written(USER))
    (folder / "users2.csv").write_text(written(USER | {"age": 50}, USER | {"user_id": "u2"}))
    events = bench.load(NAME, "events", folder)
    assert [row["num_pauses"] for row in events.rows] == ["2", ""]
    assert [cells[:3] for cells in events.rejects] == [["3", "user_id is empty", "2024-05.csv"]]
    users = bench.load(NAME, "users", folder)
    assert [(row["user_id"], row["age"]) for row in users.rows] == [("u1", "33"), ("u2", "33")]
    assert [cells[:3] for cells in users.rejects] == [["2", "user_id is listed before, otherwise", "users2.csv"]]
    assert "No file in" in bench.error(NAME, "shows", folder)


def test_sessions_of_users_and_with_shows_that_the_folder_does_not_list_are_counted(bench):
    folder = bench.folder / "logs"
    folder.mkdir()
    (folder / "events.csv").write_text(written(SESSION, SESSION | {"user_id": "u9", "content_watched": "s1|s9|s9"}))
    assert bench.load(NAME, "events", folder).report.notes == ()
    (folder / "users.csv").write_text(written(USER))
    (folder / "shows.csv").write_text(written({"show_id": "s1", "title": "One"}, {"show_id": "s2", "title": "Two"}))
    imported = bench.load(NAME, "events", folder)
    assert imported.report.kept == 2
    assert imported.report.notes == (
        "1 sessions are of users that no file in the folder lists; they were kept.",
        "1 sessions watch shows that no file in the folder lists; they were kept.",
    )


def test_lists_of_json_come_back_whatever_their_entries(bench):
    entries = ["it's", 'a "quote"', "comma, and; more", "é"]
    rows = [
        SESSION | {"user_id": kind, "content_watched": cell}
        for kind, cell in (("j", json.dumps(entries)), ("p", str(entries)))
    ]
    assert [row["content_watched"].split("|") for row in load(bench, "events", *rows).rows] == [entries, entries]
