"""The page Streams over the whole API with small champions."""

import re
from datetime import date

import pandas as pd
import pytest
from said import said

from dashboard.views.streams import page as streams
from dashboard.views.streams.movers import as_csv, movers
from dashboard.views.streams.outlook import NEXT_WEEK, SINCE, THIRD_WEEK, Outlook, Week, days_ahead

WEEK = "52100, 51050, 49750, 50200, 53400, 54800, 48900"
TWICE = "104200, 102100, 99500, 100400, 106800, 109600, 97800"
PASTED, UPLOADED = "counts that I paste", "a CSV file that I upload"


class Published:
    """A source that has the sheets and predicts nothing."""

    predicts = False
    name = "tables"

    def __init__(self, source):
        self.sheet, self.is_there = source.sheet, source.is_there


@pytest.fixture
def opened(drawn, source):
    return drawn(streams, source)


@pytest.fixture
def pasting(opened):
    """Pastes counts and presses the button."""
    app = opened.radio(key="streams-whose").set_value(PASTED).run(timeout=60)

    def paste(text, **context):
        app.text_area(key="streams-text").set_value(text)
        for name, value in context.items():
            app.number_input(key=f"streams-paste-{name}").set_value(value)
        app.radio(key="streams-paste-order").set_value("newest first")
        return app.button(key="streams-forecast").click().run(timeout=60)

    return paste


def number(app, label):
    """What a metric says."""
    value = next(one.value for one in app.metric if one.label.startswith(label))
    found = re.fullmatch(r"([\d,.]+)( million)?", value)
    return float(found[1].replace(",", "")) * (1e6 if found[2] else 1)


def falling(app):
    """The table of tracks of which fewer streams are expected: the page's last."""
    return app.dataframe[-1].value


def test_a_track_has_its_days_and_both_weeks_with_intervals_and_baselines(opened, source):
    row = source.sheet("stream_forecasts", order="-last_7", limit=1).frame.iloc[0]
    assert number(opened, "Last 7 days") == pytest.approx(row["last_7"], rel=1e-2)
    assert number(opened, "Next 7 days") == pytest.approx(row["week_expected"], rel=1e-2)
    assert number(opened, "Days 15 to 21") == pytest.approx(row["third_expected"], rel=1e-2)
    words = said(opened)
    for sentence in ("80 %:", "95 %:", "Baseline:", "learned from data up to", "nothing later is used"):
        assert sentence in words
    assert row["title"] in opened.selectbox(key="streams-pick").options[0]
    assert not opened.exception


def test_a_track_is_found_by_its_artist(opened, source):
    row = source.sheet("stream_forecasts", order="last_7", limit=1).frame.iloc[0]
    app = opened.text_input(key="streams-search").set_value(row["track_id"].lower()).run(timeout=60)
    assert len(app.selectbox(key="streams-pick").options) == 1
    assert row["title"] in app.selectbox(key="streams-pick").options[0]
    app = app.text_input(key="streams-search").set_value("nobody at all").run(timeout=60)
    assert "No track that can be forecast now has “nobody at all”" in said(app)
    assert "biggest expected movers" in said(app)


def test_seven_pasted_counts_give_a_week_and_twice_as_many_about_twice_that(pasting):
    once = number(pasting(WEEK), "Next 7 days")
    app = pasting(TWICE)
    assert number(app, "Last 7 days") == 2 * 360_200
    assert number(app, "Next 7 days") == pytest.approx(2 * once, rel=0.15)
    assert not any(one.label.startswith("Days 15") for one in app.metric)
    words = said(app)
    assert "counted back from yesterday" in words
    assert "Not given, of this track: its popularity" in words
    table = next(one.value for one in app.dataframe if "Model" in one.value)
    assert {"linear model (ridge)", "random forest"} & set(table["Model"])
    assert table["Model"].iloc[-1].startswith("baseline")


def test_twenty_one_pasted_counts_give_the_third_week_too(pasting):
    app = pasting(", ".join([WEEK] * 3))
    assert number(app, "Days 15 to 21") > 0


def test_what_is_unlike_all_that_was_learned_is_said(pasting):
    app = pasting(WEEK.replace("52100", "999999999"), age=90_000)
    assert "The newest count, 999999999 is above" in app.warning[0].value
    assert "Days since release 90000 is above" in app.warning[0].value
    assert "its age" not in said(app)


def test_five_counts_are_refused_in_a_sentence(pasting):
    app = pasting("1 2 3 4 5")
    assert "These are 5 counts. Give 7" in app.error[0].value
    assert not app.metric
    assert not app.exception


def test_what_the_api_refuses_is_shown_in_its_place(pasting):
    app = pasting("1,-,-,-,-,-,7")
    assert "2 of the 7 are known" in app.error[0].value


def test_without_a_file_nothing_is_expected(opened):
    app = opened.radio(key="streams-whose").set_value(UPLOADED).run(timeout=60)
    assert not app.metric
    assert not app.exception


def test_published_tables_show_tracks_and_say_what_they_cannot_do(drawn, source):
    app = drawn(streams, Published(source))
    assert number(app, "Next 7 days") > 0
    app = app.radio(key="streams-whose").set_value(PASTED).run(timeout=60)
    assert "`refrain serve`" in said(app)
    assert not app.text_area


def test_movers_follow_what_they_are_ranked_by_and_leave_out_small_tracks(opened, source):
    app = opened.number_input(key="streams-floor").set_value(0).run(timeout=60)
    everything = falling(app)
    app = app.number_input(key="streams-floor").set_value(5_000).run(timeout=60)
    app = app.radio(key="streams-rank").set_value("per cent").run(timeout=60)
    table = falling(app)
    assert (table["Last 7 days"] >= 5_000).all()
    assert table["Change, %"].is_monotonic_increasing
    assert everything["Change"].is_monotonic_increasing
    assert (table["Change"] < 0).all()
    assert "fewer than 5,000 streams" in said(app)
    app = app.radio(key="streams-week").set_value("Days 15 to 21").run(timeout=60)
    expected = source.sheet("stream_forecasts").frame["third_expected"].round()
    assert set(falling(app)["Expected"]) <= set(expected)


def tracks(**changes):
    rows = {
        "track_id": ["a", "b", "c", "d"],
        "title": ["A", "=B", "C", "D"],
        "artist": ["x", "y", "z", None],
        "as_of": pd.to_datetime(["2024-12-26"] * 4),
        "week_difference": [10.0, -20.0, 5.0, 0.0],
        "week_change": [0.1, -0.2, 0.5, 0.0],
    }
    return pd.DataFrame(rows | changes)


def test_movers_go_one_way_only():
    assert list(movers(tracks(), "week", "difference", "up", 10)["track_id"]) == ["a", "c"]
    assert list(movers(tracks(), "week", "change", "up", 1)["track_id"]) == ["c"]
    assert list(movers(tracks(), "week", "difference", "down", 10)["track_id"]) == ["b"]


def test_the_file_of_movers_says_direction_and_place_and_holds_no_formula():
    moving = {way: movers(tracks(), "week", "difference", way, 10) for way in ("up", "down")}
    lines = as_csv(moving).decode().splitlines()
    assert lines[0].startswith("direction,place,track_id,title")
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["up", "1", "a", "A"],
        ["up", "2", "c", "C"],
        ["down", "1", "b", "'=B"],
    ]
    assert "2024-12-26" in lines[1]
    assert "00:00" not in lines[1]


def test_a_week_is_drawn_as_the_mean_of_its_days_and_nothing_between_the_weeks():
    weeks = (
        Week(NEXT_WEEK, 70.0, (63.0, 77.0, 56.0, 84.0), 35.0),
        Week(THIRD_WEEK, 140.0, (126.0, 154.0, 112.0, 168.0), None),
    )
    since = pd.DataFrame({"date": pd.to_datetime(["2024-12-26", "2024-12-27"]), "streams": [1, 9]})
    ahead = days_ahead(Outlook(date(2024, 12, 26), 50.0, weeks), since)
    assert [ahead["date"].iloc[0], ahead["date"].iloc[-1]] == [pd.Timestamp(2024, 12, 27), pd.Timestamp(2025, 1, 16)]
    assert list(ahead["value"].dropna()) == [10.0] * 7 + [20.0] * 7
    assert ahead["value"].iloc[7:14].isna().all()
    assert set(ahead["low_95"].dropna()) == {8.0, 16.0}
    assert list(ahead["baseline"].dropna()) == [5.0] * 7
    assert list(ahead[SINCE].dropna()) == [9.0]
    assert len(days_ahead(Outlook(date(2024, 12, 26), 50.0, weeks[:1]), since)) == 7
