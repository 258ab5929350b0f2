"""The page Catalogue over the whole API with small champions."""

import re
from io import StringIO

import pandas as pd
import pytest
from said import said

from dashboard.source.source import OutOfReachError
from dashboard.views.catalogue import page as catalogue
from dashboard.views.catalogue.months import FAR, NEAR, Months, as_csv
from dashboard.views.catalogue.worth import present_value, rule_value

PATIENCE = 60


class Published:
    """A source that has the sheets and predicts nothing; of months far ahead only those of the catalogue."""

    predicts = False
    name = "tables"

    def __init__(self, source):
        self._source, self.is_there = source, source.is_there

    def sheet(self, name, where=None, **more):
        if name == FAR and where["scope"] != "catalogue":
            where = {**where, "id": "is not published"}
        return self._source.sheet(name, where, **more)


class Failing:
    """A source that does not answer when it is asked for one sheet."""

    predicts = True
    name = "a source"

    def __init__(self, source, sheet):
        self._source, self._sheet = source, sheet

    def sheet(self, name, where=None, **more):
        if name == self._sheet:
            raise OutOfReachError("The API does not answer.")
        return self._source.sheet(name, where, **more)

    def is_there(self):
        return False


def number(app, label):
    """What a metric says."""
    (value,) = [one.value for one in app.metric if one.label.startswith(label)]
    text, size = re.fullmatch(r"([\d,.]+) ?(\w*)", value).groups()
    return float(text.replace(",", "")) * {"": 1.0, "million": 1e6, "billion": 1e9}[size]


def slider(app):
    return app.slider[0]


@pytest.fixture
def app(drawn, source):
    return drawn(catalogue, source)


@pytest.fixture(scope="module")
def months(source):
    frame = source.sheet(NEAR, {"scope": "catalogue", "id": "all"}).frame
    return Months(frame[frame["kind"] == "known"], frame[frame["kind"] == "expected"])


def test_the_whole_catalogue_is_shown_first_with_what_is_expected_and_what_rules_say(app, months):
    assert not app.exception
    assert number(app, "Expected in the next month") == pytest.approx(months.ahead["value"].iloc[0], rel=0.01)
    assert number(app, "Expected in all 24 months") == pytest.approx(months.ahead["value"].sum(), rel=0.01)
    assert number(app, "The same by the classic rule") == pytest.approx(months.ahead["classic"].sum(), rel=0.01)
    assert "31 December 2024" in said(app)
    assert "80 %:" in said(app)
    assert "refrain run catalogue.decay" in said(app), "nothing has been trained here: what to run"


def test_the_slider_goes_up_to_400_months_and_changes_the_sum(app):
    assert slider(app).max == 400
    slider(app).set_value(3).run(timeout=PATIENCE)
    few = number(app, "Expected in all 3 months")
    slider(app).set_value(400).run(timeout=PATIENCE)
    assert number(app, "Expected in all 400 months") > 5 * few
    slider(app).set_value(1).run(timeout=PATIENCE)
    assert number(app, "Expected in this month") < few
    assert not app.exception


def test_an_artist_and_a_track_are_searched_and_chosen(app, source):
    app.radio(key="catalogue-scope").set_value("artist").run(timeout=PATIENCE)
    artists = source.sheet("catalogue_entries", {"scope": "artist"}).frame
    shown = app.selectbox(key="catalogue-artist")
    assert shown.value == artists["id"].iloc[0], "the largest"
    before = number(app, "Expected in all 24 months")
    shown.set_value(artists["id"].iloc[3]).run(timeout=PATIENCE)
    assert number(app, "Expected in all 24 months") != before
    app.radio(key="catalogue-scope").set_value("track").run(timeout=PATIENCE)
    track = source.sheet("catalogue_entries", {"scope": "track"}).frame.iloc[5]
    app.text_input(key="catalogue-search-track").set_value(track["id"]).run(timeout=PATIENCE)
    assert app.selectbox(key="catalogue-track").value == track["id"]
    near = source.sheet(NEAR, {"scope": "track", "id": track["id"]}).frame
    assert number(app, "Expected in all 24 months") == pytest.approx(near["total"].iloc[-1], rel=0.01)
    app.text_input(key="catalogue-search-track").set_value("nobody at all").run(timeout=PATIENCE)
    assert "Search for something else" in said(app)
    assert not app.exception


def test_twice_the_rate_is_twice_the_value_and_discounting_takes_from_it(app, months):
    once = number(app, "Worth today")
    app.number_input(key="catalogue-rate").set_value(0.006).run(timeout=PATIENCE)
    assert number(app, "Worth today") == pytest.approx(2 * once, rel=0.01)
    app.number_input(key="catalogue-discount").set_value(0.0).run(timeout=PATIENCE)
    assert number(app, "Worth today") == pytest.approx(0.006 * months.ahead["value"].sum(), rel=0.01)
    assert number(app, "Worth today") > 2 * once


def test_a_value_is_the_discounted_sum_of_a_loop_with_the_interval_of_the_sum(months):
    value, low_80, high_80, low_95, high_95 = present_value(months, 0.004, 0.1)
    rows = months.ahead.to_dict("records")
    assert value == pytest.approx(sum(0.004 * row["value"] / 1.1 ** (row["months_ahead"] * 30 / 365) for row in rows))
    assert rule_value(months, "flat", 0.004, 0.0) == pytest.approx(0.004 * sum(row["flat"] for row in rows))
    assert low_95 <= low_80 < value < high_80 <= high_95
    assert high_80 / value == pytest.approx(rows[-1]["total_high_80"] / rows[-1]["total"])


def test_the_file_holds_the_months_that_are_shown(months):
    few = Months(months.known.tail(2), months.ahead.head(3))
    rows = pd.read_csv(StringIO(as_csv(few)))
    assert rows["kind"].tolist() == ["known"] * 2 + ["expected"] * 3
    assert rows["months_ahead"].tolist() == [-1, 0, 1, 2, 3]
    assert rows["first_day"].iloc[2] == str(few.ahead["first_day"].iloc[0].date())
    assert rows["streams"].tolist() == pytest.approx([*few.known["value"], *few.ahead["value"]], abs=0.5)
    assert rows["high_95"].iloc[4] == pytest.approx(few.ahead["high_95"].iloc[2], abs=0.5)
    assert rows["low_80"].isna().tolist() == [True, True, False, False, False]


def test_where_months_far_ahead_are_not_published_the_slider_ends_before_them(drawn, source):
    app = drawn(catalogue, Published(source))
    assert slider(app).max == 400
    app.radio(key="catalogue-scope").set_value("track").run(timeout=PATIENCE)
    assert slider(app).max == 24
    assert "Published are 24 months" in said(app)


def test_where_months_far_ahead_are_out_of_reach_it_is_said_in_their_place(drawn, source):
    app = drawn(catalogue, Failing(source, FAR))
    assert not app.error
    slider(app).set_value(30).run(timeout=PATIENCE)
    assert "goes on by itself" in app.error[0].value
    assert not app.exception
