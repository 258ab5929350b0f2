"""Counts that are pasted or uploaded: what is read, and the sentences in which the rest is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.source.source import RefusedError
from dashboard.views.streams.context import filled_in, warned
from dashboard.views.streams.dates import TwoWaysError, dates_of
from dashboard.views.streams.pasted import pasted
from dashboard.views.streams.uploaded import uploaded

NEWEST = date(2024, 12, 26)
WEEK = (5210, 5105, 4975, 5020, 5340, 5480, 4890)


def read(text, newest_first=False):
    return pasted(text, NEWEST, newest_first=newest_first).counts


def file(text, newest=NEWEST, newest_first=False):
    content = text if isinstance(text, bytes) else text.encode()
    return uploaded(content, newest, newest_first=newest_first)


def refusal(read, text):
    with pytest.raises(RefusedError) as caught:
        read(text)
    return " ".join([str(caught.value), *caught.value.faults])


@pytest.mark.parametrize(
    "text",
    [
        "5210, 5105, 4975, 5020, 5340, 5480, 4890",
        "5210,5105,4975,5020,5340,5480,4890",
        "5210 5105 4975 5020 5340 5480 4890\n",
        "5210\r\n5105\r\n4975\r\n5020\r\n5340\r\n5480\r\n4890\r\n",
        "5210;5105;4975;5020;5340;5480;4890;",
        "5210\t5105\t4975\t5020\t5340\t5480\t4890",
        "5,210 5,105 4,975 5,020 5,340 5,480 4,890",
        "5,210, 5,105, 4,975, 5,020, 5,340, 5,480, 4,890",
        "5 210\n5 105\n4 975\n5 020\n5 340\n5 480\n4 890",
        "5'210 5’105 4_975 5\u202f020 5\u00a0340 5480.0 4890",
    ],
)
def test_counts_are_read_whatever_stands_between_them(text):
    assert read(text) == WEEK
    assert read(text, newest_first=True) == WEEK[::-1]


def test_a_comma_between_counts_of_three_digits_parts_no_thousands():
    assert read("120,130,125,110,100,195,190") == (120, 130, 125, 110, 100, 195, 190)
    assert len(read(",".join(["100"] * 21))) == 21


def test_where_commas_may_mean_either_nothing_is_guessed():
    assert "7 counts or as 21" in refusal(read, "123,456,789 " * 7)


def test_a_day_may_be_unknown():
    assert read("1,2,,4,-,n/a,7") == (1, 2, None, 4, None, None, 7)


def test_too_few_and_too_many_counts_are_counted_in_the_refusal():
    assert "These are 5 counts. Give 7 for the next week, or 21" in refusal(read, "1 2 3 4 5")
    assert "These are 10 counts" in refusal(read, "1 2 3 4 5 6 7 8 9 10")
    assert "These are 6 counts (or 3, where commas" in refusal(read, "1,234 2,345 3,456")
    assert "too long" in refusal(read, "1 " * 5_000)


def test_what_is_no_count_is_named_by_its_place():
    said = refusal(read, "1 2 abc -4 5.5 6.210 7")
    assert "count 3, “abc”: is no count" in said
    assert "count 4, “-4”: is below 0" in said
    assert "count 5, “5.5”: is a fraction" in said
    assert "count 6, “6.210”: may be 6210 or a fraction" in said
    assert "“2024-12-01”: is a date" in refusal(read, "2024-12-01 2 3 4 5 6 7")
    assert "more than any track" in refusal(read, f"{10**13} 2 3 4 5 6 7")


def test_no_more_than_a_few_faults_are_listed():
    assert "16 more are no counts" in refusal(read, " ".join(["x"] * 21))


def test_the_newest_count_is_day_0_and_what_is_not_known_is_not_said():
    record = pasted("1 2 3 - 5 6 7", NEWEST, newest_first=False).record(
        7, {"popularity": None, "days_since_release": 9}
    )
    assert record == {
        "day_0": 7,
        "day_1": 6,
        "day_2": 5,
        "day_4": 3,
        "day_5": 2,
        "day_6": 1,
        "weekday": 4,
        "days_since_release": 9,
    }


def test_without_a_day_the_weekday_is_not_said():
    entered = pasted("1 2 3 4 5 6 7", None, newest_first=True)
    assert "weekday" not in entered.record(7, {})
    assert entered.newest == datetime.now(UTC).date() - timedelta(days=1)


def test_a_table_may_have_its_columns_and_rows_in_any_order():
    found = file(
        "artist;Plays;Day\nx;3;2024-12-03\nx;1;2024-12-01\nx;2;2024-12-02\nx;4;2024-12-04\n"
        + "\n".join(f"x;{day};2024-12-{day:02}" for day in range(5, 10))
    )
    assert found.counts == tuple(range(1, 10))
    assert (found.newest, found.ignored, found.dated) == (date(2024, 12, 9), ("artist",), True)


def test_days_that_are_not_in_the_table_are_unknown_and_days_after_the_last_count_are_not_there():
    lines = ["date,streams", *(f"2024-12-{day:02},{day}" for day in (1, 2, 3, 5, 6, 7, 8)), "2024-12-09,"]
    found = file("\n".join(lines))
    assert found.counts == (1, 2, 3, None, 5, 6, 7, 8)
    assert found.newest == date(2024, 12, 8)
    assert found.last_7 is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_of_spreadsheets_are_read(encoding):
    text = "Künstler\tDatum\tStreams\r\n" + "".join(f'ä\t{day}.12.2024\t"1,00{day}"\r\n' for day in range(1, 9))
    assert file(text.encode(encoding)).counts == tuple(range(1001, 1009))


def test_two_columns_without_names_are_told_apart_by_the_dates():
    assert file("\n".join(f"{day},2024-12-{day:02}" for day in range(1, 9))).counts == tuple(range(1, 9))


def test_a_column_of_counts_is_read_in_the_order_that_was_said():
    lone = "streams\n" + "\n".join(map(str, range(1, 31)))
    assert file(lone).counts == tuple(range(1, 31))
    assert file(lone).window == 21
    assert file(lone, newest_first=True).counts[-1] == 1
    assert file("\n".join(map(str, WEEK))).counts == WEEK
    assert file("\n".join(map(str, WEEK)), newest=None).dated is False


def test_slashed_dates_are_told_apart_by_the_whole_column():
    assert dates_of(["12/30/2024", "01/02/2025"]) == [date(2024, 12, 30), date(2025, 1, 2)]
    assert dates_of(["30/12/2024", "01/02/2025"]) == [date(2024, 12, 30), date(2025, 2, 1)]
    in_a_row = [f"0{day}/02/2024" for day in range(1, 8)]
    assert dates_of(in_a_row) == [date(2024, 2, day) for day in range(1, 8)]
    with pytest.raises(TwoWaysError):
        dates_of(["01/02/2024", "05/04/2024"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty"),
        ("date,streams", "no rows"),
        (b"PK\x03\x04", "workbook"),
        (b"x" * 6_000_000, "larger than 5 MB"),
        ("a,b,c\n1,2,3", "no column of dates: the file has the columns a, b, c. Call it date."),
        ("date,a,b\n2024-12-01,2,3", "no column of counts: the file has the columns date, a, b. Call it streams."),
        ("date,plays,streams\n2024-12-01,2,3", "Both plays and streams may be the counts"),
        ("1,2,3\n4,5,6", "3 columns without names"),
        ("date,streams\n2024-12-01,5", "too few days: 1. The next week needs 7"),
        ("date,streams\n2024-12-01,many", "line 2, “many”: is no count"),
        ("date,streams\n2024-12-01,5\nsoon,6", "line 3, “soon”: is no date; write it as 2024-12-31"),
        ("date,streams\n2024-12-01,5\n2024-12-01,6", "line 3: 2024-12-01 is there already, in line 2; one track"),
        ("date,streams\n01/02/2024,5\n05/04/2024,6", "either order. Write the dates as 2024-12-31"),
        ("date,streams\n2024-12-01,", "Not a single count is known"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_what_to_do(content, sentence):
    assert sentence in refusal(file, content)


def test_what_was_filled_in_is_said_in_words():
    said = filled_in(["day_2", "day_3", "popularity", "highest_day", "highest_week", "cutoff", "social_views"])
    assert said.startswith("2 counts are not known")
    assert "its popularity, its highest day and week so far, its readings on social platforms." in said
    assert "_" not in said
    assert filled_in(["cutoff"]) == ""


def test_warnings_name_no_columns():
    warnings = [
        {"field": "day_0", "message": "day_0 9 is above all that the model learned from (0 to 5)"},
        {"field": "day_12", "message": "day_12 9 is above all that the model learned from (0 to 5)"},
        {"field": "weekday", "message": "weekday 2 is below all that the model learned from (4 to 4)"},
        {"field": "days_since_release", "message": "days_since_release 9 is above all that the model learned from"},
    ]
    newest, earlier, weekday, age = warned(warnings, date(2024, 12, 31))
    assert newest == "The newest count, 9 is above all that the model learned from (0 to 5)."
    assert earlier.startswith("The count 12 days before the newest one, 9 is above")
    assert "end on a Tuesday" in weekday
    assert age.startswith("Days since release 9 is above")
