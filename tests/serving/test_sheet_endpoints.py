"""Sheets over HTTP."""

import pytest

from serving.sheets.parameters import parameters
from tasks.sheets.registry import all_sheets


def rows(client, name, **query):
    answer = client.get(f"/sheets/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_list_says_what_each_column_means(client):
    sheets = client.get("/sheets").json()["sheets"]
    assert {one["sheet"] for one in sheets} == set(all_sheets())
    assert all(column["meaning"] for one in sheets for column in one["columns"])


def test_rows_are_filtered_ordered_and_counted(client):
    found = rows(client, "audio_averages", group="top 100", order="-mean", limit=2)
    assert found["total"] > 2
    assert [row["group"] for row in found["rows"]] == ["top 100"] * 2
    means = [row["mean"] for row in found["rows"]]
    assert means == sorted(means, reverse=True)
    following = rows(client, "audio_averages", group="top 100", order="-mean", limit=2, offset=1)
    assert following["rows"][0] == found["rows"][1]


@pytest.mark.parametrize(
    ("query", "field", "hint"),
    [
        ({"limit": "many"}, "limit", "From 0"),
        ({"limit": "100000"}, "limit", "From 0"),
        ({"offset": "-1"}, "offset", "From 0"),
        ({"order": "-loudest"}, "order", "There are group"),
        ({"mean": "loud"}, "mean", "0.5"),
        ({"nobody": "1"}, "query", "There are group"),
        ({"search": "x"}, "search", "Leave it out"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(client, query, field, hint):
    answer = client.get("/sheets/audio_averages", params=query)
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["field"] == field
    assert hint in error["hint"]
    assert "nobody" not in answer.text
    assert "loudest" not in answer.text


def test_a_sheet_that_there_is_not_is_a_404_that_lists_them(client):
    answer = client.get("/sheets/nothing")
    assert answer.status_code == 404
    assert "audio_averages" in answer.json()["detail"]


def test_no_column_has_the_name_of_a_parameter():
    own = {one["name"] for one in parameters(())}
    assert not [(sheet.name, name) for sheet in all_sheets().values() for name in sheet.names if name in own]


def test_sheets_say_what_there_is_to_search_order_and_part():
    for sheet in all_sheets().values():
        for name in (*sheet.search, *sheet.parted_by, *filter(None, [sheet.order.removeprefix("-")])):
            assert name in sheet.names, sheet.name
        assert sheet.parts or sheet.together or not sheet.parted_by, sheet.name
