"""The page Activity: what is logged through the API is on it at the next look, and its own forms send the same."""

from datetime import UTC, datetime, timedelta

import pytest
from collector_client import event, user
from said import said

from dashboard.source.api import ApiSource
from dashboard.source.source import RefusedError
from dashboard.views.activity import page as activity


@pytest.fixture
def own(new_client):
    """The API, with an empty store of its own."""
    return ApiSource(new_client)


def recent(**changes):
    return event(login_time=(datetime.now(UTC) - timedelta(hours=2)).isoformat(), **changes)


def metrics(app):
    return {one.label: one.value for one in app.metric}


def button(app, label):
    return next(one for one in app.button if one.label == label)


def test_with_an_empty_store_it_says_that_it_shows_the_datasets(drawn, source):
    app = drawn(activity, source)
    assert not app.exception
    assert "the audience of the project's datasets" in said(app)
    assert "From the first one on, only the store's are shown." in said(app)
    assert metrics(app)["Mean watch time per user and day"].endswith("minutes")
    assert any(label.startswith("Busiest hour") for label in metrics(app))
    assert "80 %:" in said(app)
    served, bar = source.sheet("hours_ahead", limit=1).models
    assert f"{served['name']}, version" in said(app)
    assert f"the baseline {bar['name']}, version" in said(app)
    assert "Last refreshed at" in said(app)


def test_an_event_that_is_logged_elsewhere_is_there_at_the_next_look(drawn, own):
    app = drawn(activity, own)
    assert "project's datasets" in said(app)
    own.ask("/register-user", user())
    own.ask("/log-event", recent())
    button(app, "Refresh now").click().run()
    assert not app.exception
    assert "the audience of the collector's store" in said(app)
    assert metrics(app)["Sessions"] == "1"
    assert metrics(app)["Mean watch time per user and day"] == "6.1 minutes"  # 42.5 / 1 / 7
    assert "too short" in said(app)  # for the hours ahead, and no dataset's are shown in their place
    own.ask("/log-event", recent(content_watched=["s3"]))
    app.run()
    assert metrics(app)["Sessions"] == "2"


def test_the_forms_register_a_user_and_log_their_session(drawn, own):
    app = drawn(activity, own)
    app.text_input(key="activity-new-id").input("u-17")
    button(app, "Register the user").click().run()
    assert "Registered." in app.success[0].value
    app.text_input(key="activity-user").input("u-17")
    app.text_input(key="activity-shows-seen").input("s1, s2")
    app.number_input(key="activity-minutes").set_value(21.0)
    app.date_input(key="activity-date").set_value((datetime.now(UTC) - timedelta(days=1)).date())
    button(app, "Log the session").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Stored.")
    # Drawn after it was sent: the figures know of it already.
    assert metrics(app)["Sessions"] == "1"
    assert metrics(app)["Mean watch time per user and day"] == "3.0 minutes"
    button(app, "Log the session").click().run()
    assert "stored already" in app.error[0].value
    assert metrics(app)["Sessions"] == "1"


def test_a_session_of_an_unknown_user_is_said_to_be_kept_and_not_counted(drawn, own):
    app = drawn(activity, own)
    app.text_input(key="activity-user").input("nobody")
    button(app, "Log the session").click().run()
    assert "counted nowhere until its user is registered" in app.warning[0].value
    assert "project's datasets" in said(app)


def test_a_week_without_a_session_says_when_the_last_one_was(drawn, own):
    own.ask("/register-user", user())
    long_ago = datetime.now(UTC) - timedelta(days=30)
    own.ask("/log-event", event(login_time=long_ago.isoformat()))
    app = drawn(activity, own)
    assert not app.exception
    assert f"No session ended in these 7 days. The last one began {long_ago.day} {long_ago:%B %Y}" in said(app)
    assert "No show was watched" in said(app)
    assert metrics(app)["Mean watch time per user and day"] == "not known"


def test_what_the_api_refuses_is_said_in_its_words(drawn, own):
    app = drawn(activity, own)
    app.text_input(key="activity-user").input("person@mail.example")
    app.date_input(key="activity-date").set_value((datetime.now(UTC) - timedelta(days=1)).date())
    button(app, "Log the session").click().run()
    with pytest.raises(RefusedError) as refused:
        own.ask("/log-event", recent(user_id="person@mail.example"))
    assert refused.value.faults[0] in app.error[0].value
    app.run()
    assert app.error  # it stays, whatever draws the page anew
    app.text_input(key="activity-user").input("somebody")
    button(app, "Log the session").click().run()
    assert not app.error  # what came of the next one takes its place


class Published:
    """Tables: nothing can be sent to them."""

    name, predicts = "tables", False

    def __init__(self, source):
        self.sheet, self.is_there = source.sheet, source.is_there


def test_tables_show_the_figures_without_forms_and_without_refreshing(drawn, source):
    app = drawn(activity, Published(source))
    assert not app.exception
    assert "Users who were there" in metrics(app)
    assert not app.button
    assert not app.text_input
    assert "`refrain serve`" in said(app)
