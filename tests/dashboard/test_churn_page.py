"""The page Churn: its figures, the threshold that is moved, the table that is filtered."""

from dataclasses import replace

import pytest
from said import said

from dashboard.views.churn import page as churn


class Changed:
    """A source whose sheets are changed before they are shown."""

    def __init__(self, source, **changes):
        self.name, self.predicts, self._source, self._changes = source.name, source.predicts, source, changes

    def sheet(self, name, where=None, **more):
        rows = self._source.sheet(name, where, **more)
        return self._changes[name](rows) if name in self._changes else rows

    def is_there(self):
        return True


@pytest.fixture
def page(drawn, source):
    return drawn(churn, source)


def metrics(app):
    return {one.label: one.value for one in app.metric}


def leading(text):
    return float(text.split()[0].replace(",", ""))


def table(app):
    """The users that are shown: the last table of the page."""
    return app.dataframe[-1].value


def measured(rows):
    """The thresholds as if a test window had been measured."""
    shares = {f"{whose}_{metric}" for whose in ("test", "baseline") for metric in ("precision", "recall")}
    columns = {f"{name}{end}": value for name in shares for end, value in (("", 0.5), ("_low", 0.4), ("_high", 0.6))}
    return replace(rows, frame=rows.frame.assign(**columns, test_contacted=12.0, test_left=6.0))


def test_share_and_number_are_shown_with_their_intervals_and_the_baseline(page, source):
    row = source.sheet("churn_expected").frame.iloc[0]
    shown = metrics(page)
    assert shown["Share expected to leave"] == f"{row['share']:.1%}".replace("%", " %")
    assert leading(shown["Users expected to leave"]) == round(row["expected"])
    assert leading(shown["The baseline expects"]) == round(row["baseline_expected"])
    words = said(page)
    assert f"80 %: {row['low_80']} to {row['high_80']} users" in words
    assert "As of 29 December 2024" in words
    assert "this day is no test" not in words


def test_a_higher_threshold_contacts_fewer_and_expects_fewer_to_leave(page):
    seen = []
    for threshold in (0.02, 0.3, 0.9):
        page.slider("churn-threshold").set_value(threshold).run()
        shown = metrics(page)
        seen.append([leading(shown[name]) for name in ("Would be contacted", "Expected to leave, of these")])
    contacted, leaving = zip(*seen, strict=True)
    assert contacted[0] > contacted[1] >= contacted[2]
    assert leaving[0] > leaving[1] >= leaving[2]
    assert not page.exception


def test_the_threshold_begins_where_users_are_called_likely(page, source):
    row = source.sheet("churn_expected").frame.iloc[0]
    assert page.slider("churn-threshold").value == pytest.approx(row["threshold"], abs=0.006)


def test_what_the_test_window_says_is_beside_it_where_it_is_known(drawn, source, page):
    assert "On the test window" not in said(page)
    assert "is not known: audience.churn has not been trained here" in said(page)
    measured_page = drawn(churn, Changed(source, churn_thresholds=measured))
    assert "contacted 12.0 users a week end. Of these, 50.0 % (95 %: 40.0 % to 60.0 %) left" in said(measured_page)


def test_filters_narrow_the_table(page):
    everyone = table(page)
    reason = everyone["Reason, if the user leaves"].iloc[0]
    page.multiselect("churn-reasons-chosen").set_value([reason]).run()
    of_reason = table(page)
    assert 0 < len(of_reason) < len(everyone)
    assert set(of_reason["Reason, if the user leaves"]) == {reason}
    page.slider("churn-between").set_value((0.5, 1.0)).run()
    likely = table(page)
    assert 0 < len(likely) < len(of_reason)
    assert likely["Probability of leaving"].min() >= 50
    user = likely["User"].iloc[0]
    page.text_input("churn-search").set_value(user.lower()).run()
    assert list(table(page)["User"]) == [user]
    page.text_input("churn-search").set_value("nobody at all").run()
    assert "No user is like that." in said(page)


def test_the_table_is_ordered_as_chosen(page):
    assert table(page)["Probability of leaving"].is_monotonic_decreasing
    page.selectbox("churn-order").select("user").run()
    assert table(page)["User"].is_monotonic_increasing


def test_drivers_are_words_that_say_where_they_point(page, source):
    shown = table(page)["What moves it most"]
    users = source.sheet("churn_users").frame.set_index("user_id")
    user = table(page)["User"].iloc[0]
    arrow = {"towards leaving": "▲", "towards staying": "▼"}[users.at[user, "direction_1"]]
    assert shown.iloc[0] == f"{arrow} {users.at[user, 'driver_1']}"
    assert not shown.str.contains("_").any()


def test_notes_are_said_once(page):
    words = said(page)
    assert words.count("To leave is to begin no session") == 1
    assert words.count("audience.churn: xgboost, version") == 1


def test_a_day_that_was_learned_from_is_called_no_test(drawn, source):
    def learned(rows):
        return replace(rows, frame=rows.frame.assign(is_test=False))

    assert "what it says here is no test of it" in said(drawn(churn, Changed(source, churn_expected=learned)))


def test_a_baseline_that_is_served_is_called_one(drawn, source):
    def usual(rows):
        return replace(rows, models=rows.models[1:])

    assert "A baseline is served here" in said(drawn(churn, Changed(source, churn_expected=usual)))


def test_a_model_without_an_interval_has_none_made_up(drawn, source):
    def bare(rows):
        bounds = [name for name in rows.frame if "low_" in name or "high_" in name]
        return replace(rows, frame=rows.frame.assign(**dict.fromkeys(bounds, None)))

    app = drawn(churn, Changed(source, churn_expected=bare, churn_thresholds=bare, churn_reasons=bare))
    assert not app.exception
    assert "no interval" in said(app)


@pytest.mark.parametrize("sheet", ["churn_expected", "churn_reasons", "churn_thresholds", "churn_users"])
def test_where_there_is_nothing_yet_it_says_what_to_run(drawn, source, sheet):
    app = drawn(churn, Changed(source, **{sheet: lambda rows: replace(rows, missing="Run `refrain run audience`.")}))
    assert "Run `refrain run audience`." in said(app)
    assert not app.exception
