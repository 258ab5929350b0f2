"""The page Hits in a real browser: moved by keyboard, searched, drawn in two ways."""

import re

from playwright.sync_api import Locator, Page, expect
from settling import pick, settled


def metric(page: Page, label: str) -> Locator:
    """The figure under a label."""
    found = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
    return found.get_by_test_id("stMetricValue")


def test_a_slider_moved_by_keyboard_changes_the_chances(opened):
    page = opened("hits")
    said, base = metric(page, "Logistic regression"), metric(page, "Base rate").inner_text()
    before = said.inner_text()
    slider = page.get_by_role("slider", name="Danceability")
    was = slider.input_value()
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).not_to_have_value(was)
    expect(said).not_to_have_text(before)
    settled(page)
    expect(metric(page, "Base rate")).to_have_text(base)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    page.get_by_role("link", name="Hits").click()
    expect(slider).not_to_have_value(was)  # what was entered is still there


def test_a_searched_track_moves_the_sliders(opened):
    page = opened("hits")
    tempo = page.get_by_role("slider", name=re.compile("Tempo"))
    was = tempo.input_value()
    page.get_by_label("Search a real track by title, artist or id").fill("T0000")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"match(es)?$"))).to_be_visible()
    pick(page.get_by_role("combobox", name=re.compile("Start from it")), page.get_by_role("option").first)
    expect(page.get_by_text(re.compile("Read later|What came of it is not known"))).to_be_visible()
    expect(tempo).not_to_have_value(was)
    page.get_by_role("slider", name="Energy").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile("^Changed: energy"))).to_be_visible()


def test_radar_and_bars_are_switched(opened):
    page = opened("hits")
    bars = page.get_by_text("from the lowest (0) to the highest (1) of all tracks")
    expect(bars).to_have_count(0)
    page.get_by_text("Bars", exact=True).click()
    expect(bars.first).to_be_attached()
    page.get_by_text("Radar", exact=True).click()
    expect(bars).to_have_count(0)


def test_each_family_shows_its_own_importance(opened):
    page = opened("hits")
    for family in ("Logistic regression", "XGBoost"):
        page.get_by_role("radiogroup", name="Family").get_by_text(re.compile(f"^{family}")).click()
        expect(page.get_by_text(f"The numbers: what {family} relies on")).to_be_visible()
