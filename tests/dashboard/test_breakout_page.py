"""The page Breakout: the budget moves what is expected of it and who is within it; months and verdicts of artists."""

import pytest
from said import said

from dashboard.source.source import Rows, typed
from dashboard.views.breakout import page as breakout


def metrics(app):
    return {one.label: one.value for one in app.metric}


def budget(app):
    (found,) = [one for one in app.slider if one.key.startswith("breakout-budget")]
    return found


@pytest.fixture
def app(drawn, source):
    found = drawn(breakout, source)
    assert not found.exception
    return found


def test_it_shows_this_months_alerts_with_their_signals_and_the_baseline_beside(app, source):
    first = source.sheet("breakout_alerts", limit=1).frame.iloc[0]
    table = app.table[0].value
    assert table["Artist"].iloc[0] == first["artist"]
    assert table["Probability"].iloc[0].endswith("%")
    assert table["Baseline"].iloc[0].endswith("%")
    assert table["Signals"].iloc[0][0] in "▲▼"
    assert first["signal_1"] in table["Signals"].iloc[0]
    assert "the champion's own threshold, a probability of 40.0 %" in said(app)


def test_the_budget_changes_precision_recall_and_who_is_alerted(app, source):
    budget(app).set_value(1).run()
    one, alerts = metrics(app), len(app.table[0].value)
    budget(app).set_value(5).run()
    five = metrics(app)
    assert alerts == 1
    assert len(app.table[0].value) == 5
    assert one["Recall"] != five["Recall"]
    sheet = source.sheet("breakout_budget", {"scope": "all listeners together", "alerts": "5"}).frame.iloc[0]
    assert five["Precision"] == f"{sheet['precision']:.0%}".replace("%", " %")
    assert five["The baseline's precision"] == f"{sheet['baseline_precision']:.0%}".replace("%", " %")
    assert "95 %:" in said(app)
    assert "came true" in said(app)


def test_a_budget_of_each_listener_alerts_each_of_them(app, source):
    radio = app.radio(key="breakout-scope")
    radio.set_value(radio.options[1]).run()
    assert not app.exception
    listeners = source.sheet("breakout_alerts").frame["listener"].nunique()
    assert f"{listeners} of the" in said(app)
    assert app.table[0].value["Listener"].is_unique


def test_an_artist_is_searched_and_their_months_are_shown(app, source):
    every = source.sheet("breakout_artists").frame
    wanted = every.iloc[-1]
    app.text_input(key="breakout-search").input(wanted["artist"]).run()
    chosen = app.selectbox(key="breakout-artist")
    assert f"{wanted['artist']}, heard by {wanted['listener']}" in chosen.options
    chosen.set_value((wanted["listener"], wanted["artist"])).run()
    assert not app.exception
    months = source.sheet("breakout_history", {"listener": wanted["listener"], "artist": wanted["artist"]}).frame
    assert f"First heard in {months['month'].iloc[0]:%B %Y}" in said(app)
    assert f"{months['plays'].sum():,} plays" in said(app)


def test_a_search_without_a_hit_says_so(app):
    app.text_input(key="breakout-search").input("nobody is called this").run()
    assert "Nobody is called “nobody is called this”" in said(app)
    assert not app.exception


def test_right_and_wrong_are_counted_and_listed(app, source):
    totals = metrics(app)
    every = source.sheet("breakout_verdicts")
    for verdict, count in every.frame["verdict"].value_counts().items():
        assert totals[verdict[:1].upper() + verdict[1:]] == f"{count:,}"
    app.radio(key="breakout-verdict").set_value("missed").run()
    missed = every.frame[every.frame["verdict"] == "missed"]
    shown = app.dataframe[-1].value
    assert shown["Artist"].tolist() == missed["artist"].tolist()
    assert set(shown["Became core"]) == {"yes"}


class Emptied:
    """The API, one of whose sheets has other rows."""

    predicts, name = True, "changed"

    def __init__(self, source, name, change):
        self._source, self._name, self._change = source, name, change
        self.is_there = source.is_there

    def sheet(self, name, where=None, **more):
        found = self._source.sheet(name, where, **more)
        return self._change(found) if name == self._name else found


def test_without_a_test_window_the_alerts_are_still_shown(drawn, source):
    gone = Emptied(source, "breakout_budget", lambda rows: Rows(typed([], []), 0, missing="Nothing to judge by."))
    app = drawn(breakout, gone)
    assert not app.exception
    assert "Nothing to judge by." in said(app)
    assert len(app.table[0].value)


def test_a_baseline_that_is_served_is_called_one(drawn, source):
    def as_baseline(rows):
        served = [{**rows.models[0], "is_baseline": True}]
        return Rows(rows.frame, rows.total, rows.title, rows.columns, rows.notes, tuple(served))

    assert "A baseline is served here" in said(drawn(breakout, Emptied(source, "breakout_alerts", as_baseline)))


def test_without_a_threshold_nothing_is_called_an_alert(drawn, source):
    def without(rows):
        frame = rows.frame.assign(threshold=float("nan"), is_alert=None)
        return Rows(
            frame.astype({"is_alert": "boolean"}), rows.total, rows.title, rows.columns, rows.notes, rows.models
        )

    app = drawn(breakout, Emptied(source, "breakout_alerts", without))
    assert not app.exception
    assert "threshold, a probability" not in said(app)
