"""Activity in a browser: what is logged through the API appears by itself; the forms say what became of it."""

import json
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest
from collector_client import event, user
from playwright.sync_api import Page, expect
from settling import settled


def post(site, path, body):
    """Tell the API, as any other program would."""
    request = Request(site.api.address + path, json.dumps(body).encode(), {"content-type": "application/json"})
    assert urlopen(request).status in (200, 201)


def figure(page: Page, label: str):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def recent(**changes):
    return event(login_time=(datetime.now(UTC) - timedelta(hours=3)).isoformat(), **changes)


@pytest.fixture(scope="module")
def registered(own_site):
    """A site whose store knows a user, and no session."""
    post(own_site, "/register-user", user())
    return own_site


def test_what_is_logged_through_the_api_appears_by_itself(opened, registered):
    page = opened("activity", at=registered)
    expect(page.get_by_text("the audience of the project's datasets")).to_be_visible()
    expect(page.get_by_text("Busiest hour")).to_be_visible()
    post(registered, "/log-event", recent())
    # Nothing is touched: it looks again every few seconds, and draws the hours of the other audience, too.
    expect(page.get_by_text("the audience of the collector's store")).to_be_visible()
    expect(figure(page, "Sessions")).to_have_text("1")
    expect(figure(page, "Mean watch time per user and day")).to_have_text("6.1 minutes")
    expect(page.get_by_text("too short yet")).to_be_visible()
    post(registered, "/log-event", recent(content_watched=["s9"]))
    page.get_by_role("button", name="Refresh now").click()
    expect(figure(page, "Sessions")).to_have_text("2")
    expect(figure(page, "Mean watch time per user and day")).to_have_text("12.1 minutes")


def test_a_session_is_logged_on_the_page_once_its_user_is_registered(opened, registered):
    page = opened("activity", at=registered)
    before = int(figure(page, "Users who were there").inner_text())
    page.get_by_text("Log a session", exact=True).last.click()
    form = page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name="Log the session"))
    form.get_by_role("textbox", name="User").fill("u-browser")
    form.get_by_role("textbox", name="Shows").fill("s1, s2")
    form.get_by_role("button", name="Log the session").click()
    expect(page.get_by_text("counted nowhere until its user is registered")).to_be_visible()
    page.get_by_text("Register a user", exact=True).last.click()
    form = page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name="Register the user"))
    form.get_by_role("textbox", name="User").fill("u-browser")
    form.get_by_role("button", name="Register the user").click()
    expect(page.get_by_text("Sessions of this user that were kept back count now.")).to_be_visible()
    expect(figure(page, "Users who were there")).to_have_text(str(before + 1))


def test_a_refusal_is_said_in_the_apis_words(opened, registered):
    page = opened("activity", at=registered)
    page.get_by_text("Log a session", exact=True).last.click()
    form = page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name="Log the session"))
    form.get_by_role("button", name="Log the session").click()
    settled(page)
    expect(page.get_by_text("user_id:").first).to_be_visible()
