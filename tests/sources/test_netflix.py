"""Viewing histories as Netflix gives them, in both forms."""

from dataclasses import replace
from datetime import date

import pytest

from sources.netflix import NAME
from sources.netflix_titles import show_of

HEADER = "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Country\n"


def watched(start="2024-05-01 20:00:00", duration="00:30:00", title="Dark: Season 1: Secrets", kind="", profile="Ann"):
    return f'{profile},{start},{duration},,"{title}",{kind},TV,{duration},DE (Germany)\n'


def load(bench, dataset, *rows, **options):
    return bench.load(NAME, dataset, HEADER + "".join(rows), **options)


def test_profiles_are_users_and_what_they_watch_together_is_a_session(bench):
    rows = (
        watched("2024-05-01 21:15:00", "01:00:00", "Arrival"),
        watched("2024-05-01 20:30:10", title="Dark: Season 1: Lies"),
        watched(),
        watched(profile="Ben"),
    )
    imported = load(bench, "events", *rows)
    assert imported.rows == [
        {
            "user_id": "Ann",
            "login_time": "2024-05-01T20:00:00Z",
            "content_watched": "Dark|Dark|Arrival",
            "total_watch_time": "135.0",
        },
        {
            "user_id": "Ben",
            "login_time": "2024-05-01T20:00:00Z",
            "content_watched": "Dark",
            "total_watch_time": "30.0",
        },
    ]
    assert (imported.report.read, imported.report.kept, imported.report.merged) == (4, 2, 2)
    assert load(bench, "events", *rows, gap_minutes=10).report.kept == 3
    users = load(bench, "users", *rows, subscription="standard")
    assert [tuple(row.values()) for row in users.rows] == [
        ("Ann", "2024-05-01T20:00:00Z", "DE", "standard"),
        ("Ben", "2024-05-01T20:00:00Z", "DE", "standard"),
    ]
    assert [row["show_id"] for row in load(bench, "shows", *rows).rows] == ["Arrival", "Dark"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (watched(kind="TRAILER"), "a trailer or a scene, no show"),
        (watched(kind="HOOK"), "a trailer or a scene, no show"),
        (watched(duration="half an hour"), "Duration is not a duration (H:MM:SS)"),
        (watched(duration="-0:30:00"), "Duration is not a duration (H:MM:SS)"),
        (watched(duration="24:00:01"), "watched for longer than a day"),
        (watched(start="yesterday"), "Start Time is not a time"),
        (watched(start="2024-05-03 23:45:00"), "later than the day the data was received"),
        (watched(title=""), "Title is empty"),
        ("Ann,2024-05-01 20:00:00\n", "fewer cells than the header"),
    ],
)
def test_what_is_no_viewing_is_refused_with_its_reason(bench, row, reason, monkeypatch):
    received = replace(bench.destination, received_on=date(2024, 5, 3))
    monkeypatch.setattr(type(bench), "destination", received)
    imported = load(bench, "events", watched(), row)
    assert imported.report.rejected == {reason: 1}
    assert imported.report.kept == 1


def test_a_profile_that_is_an_address_is_not_named_by_it(bench):
    imported = load(bench, "users", watched(profile="ann@example.org"), watched(profile="b@example.org", kind="HOOK"))
    assert "@" not in imported.text + str(imported.rejects)
    assert imported.report.kept == 1


@pytest.mark.parametrize(
    "days",
    [
        ("5/13/24", "5/12/24", "5/12/24"),
        ("13/5/24", "12/5/24", "12/5/24"),
        ("13/05/2024", "12/05/2024", "12/05/2024"),
        ("2024-05-13", "2024-05-12", "2024-05-12"),
        ("13.05.24", "12.05.24", "12.05.24"),
    ],
)
def test_days_in_many_spellings_are_sessions_in_the_order_watched(bench, days):
    titles = ("Arrival", "Okja", "Dark: Season 1: Secrets")
    text = "Title,Date\n" + "".join(f'"{title}","{day}"\n' for title, day in zip(titles, days, strict=True))
    imported = bench.load(NAME, "events", text)
    assert imported.rows == [
        {"user_id": "viewer", "login_time": "2024-05-12T00:00:00Z", "content_watched": "Dark|Okja"},
        {"user_id": "viewer", "login_time": "2024-05-13T00:00:00Z", "content_watched": "Arrival"},
    ]
    assert imported.report.notes == ()
    assert (imported.report.read, imported.report.merged) == (3, 1)


def test_days_that_any_order_reads_are_told_by_their_sequence_or_said(bench):
    # Newest first: as months and days they would jump to and fro.
    told = bench.load(NAME, "events", "Title,Date\na,3/5/24\nb,9/4/24\nc,2/4/24\nd,11/3/24\n")
    assert [row["login_time"][:10] for row in told.rows] == ["2024-03-11", "2024-04-02", "2024-04-09", "2024-05-03"]
    unclear = bench.load(NAME, "events", "Title,Date\na,3/5/24\n")
    assert unclear.rows[0]["login_time"] == "2024-03-05T00:00:00Z"
    assert any("set sources.netflix.date_format" in note for note in unclear.report.notes)
    both = bench.load(NAME, "events", "Title,Date\na,3/2/24\nb,2/2/24\nc,1/2/24\n")
    assert any("set sources.netflix.date_format" in note for note in both.report.notes)
    said = bench.load(NAME, "events", "Title,Date\na,3/5/24\n", date_format="%d/%m/%y")
    assert said.rows[0]["login_time"] == "2024-05-03T00:00:00Z"


def test_a_day_that_cannot_be_is_refused(bench):
    imported = bench.load(NAME, "shows", "Title,Date\na,5/13/24\nb,13/13/24\nc,5/12/24\n")
    assert imported.report.rejected == {"Date is not a date (%m/%d/%y)": 1}
    assert "no day in it" in bench.error(NAME, "shows", "Title,Date\na,never\n")


@pytest.mark.parametrize(
    ("title", "show"),
    [
        ("Dark: Season 1: Secrets", "Dark"),
        ("Dark: Staffel 1: Geheimnisse", "Dark"),
        ("La casa de papel: Parte 3: Episodio 1", "La casa de papel"),
        ("Stranger Things: Stranger Things 4: Chapter One", "Stranger Things: Stranger Things 4: Chapter One"),
        ("Chernobyl: Limited Series: 1:23:45", "Chernobyl"),
        ("Mission: Impossible", "Mission: Impossible"),
        ("Star Wars: Episode IV: A New Hope", "Star Wars: Episode IV: A New Hope"),
        ("Marvel's Luke Cage: Season 2: Soul Brother #1", "Marvel's Luke Cage"),
        ("a | b", "a / b"),
    ],
)
def test_the_show_of_a_title(title, show):
    assert show_of(title) == show


def test_columns_that_are_missing_are_named(bench):
    assert "lacks the column Date" in bench.error(NAME, "events", "Title,Day\na,5/1/24\n")
