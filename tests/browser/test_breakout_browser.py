"""Breakout in a browser: the budget is moved with the keyboard, an artist is picked, verdicts are shown."""

import re

from playwright.sync_api import Page, expect
from settling import pick, settled


def figure(page: Page, label: str):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").first


def test_the_budget_changes_what_is_expected_and_who_is_alerted(opened):
    page = opened("breakout")
    slider = page.get_by_role("slider", name="Alerts a month")
    slider.press("Home")
    expect(page.get_by_test_id("stTable").get_by_role("row")).to_have_count(2)  # one of them the header
    settled(page)
    few = figure(page, "Recall").inner_text()
    slider.press("End")
    expect(page.get_by_test_id("stTable").get_by_role("row")).not_to_have_count(2)
    expect(figure(page, "Recall")).not_to_have_text(few)
    many = figure(page, "Recall").inner_text()
    assert float(few.split()[0]) < float(many.split()[0])


def test_an_artist_is_searched_picked_and_their_months_drawn(opened):
    page = opened("breakout")
    artist = page.get_by_test_id("stTable").get_by_role("row").nth(1).get_by_role("cell").first.inner_text()
    search, label = (
        page.get_by_label("Search an artist or a listener"),
        page.get_by_text(re.compile("^Artist and list")),
    )
    everybody = label.inner_text()
    search.fill(artist)
    search.press("Enter")
    expect(label).not_to_have_text(everybody)  # fewer are left
    chosen = page.get_by_role("combobox", name="Artist and listener")
    pick(chosen, page.get_by_role("option").filter(has_text=artist).first)
    expect(page.get_by_text("First heard in")).to_be_visible()
    expect(page.get_by_role("button", name="Fullscreen: Chart: the artist's months")).to_be_attached()


def test_missed_artists_are_listed(opened):
    page = opened("breakout")
    page.get_by_role("radiogroup", name="Show").get_by_text("Missed").click()
    expect(page.get_by_text("Not alerted, and became core.").last).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
