"""The page Catalogue in a real browser: what is looked at, how far ahead, what it is worth, and a file of it."""

import csv
import json
import re
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: `make test-browser`")

from playwright.sync_api import expect  # noqa: E402
from settling import settled  # noqa: E402

_ANSWERED = 30_000
"""Milliseconds in which what is asked for is there, on a busy machine, too."""


def metric(page, label):
    """The number under a metric's label."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def amount(text):
    number, size = re.fullmatch(r"([\d,.]+) ?(\w*)", text.strip()).groups()
    return float(number.replace(",", "")) * {"": 1.0, "million": 1e6, "billion": 1e9}[size]


def chart(page, of):
    """A chart by what it is of."""
    return page.locator(f'[role="graphics-document"][aria-label^="Chart: {of}"]')


def sheet(site, name, **where):
    with urlopen(f"{site.api.address}/sheets/{name}?{urlencode(where)}") as answer:
        return json.load(answer)["rows"]


def test_the_whole_an_artist_and_a_track_are_looked_at(opened, site):
    page = opened("catalogue")
    whole = amount(metric(page, "Expected in the next month").inner_text())
    page.get_by_text("an artist", exact=True).click()
    expect(page.get_by_label("Search by its name or id")).to_be_visible(timeout=_ANSWERED)
    settled(page)
    artist = amount(metric(page, "Expected in the next month").inner_text())
    assert artist < whole
    page.get_by_text("a track", exact=True).click()
    search = page.get_by_label("Search by its title, artist or id")
    track = sheet(site, "catalogue_entries", scope="track")[3]
    search.fill(track["id"])
    search.press("Enter")
    expect(page.get_by_text("1 found, the largest first")).to_be_visible(timeout=_ANSWERED)
    expect(page.get_by_text(f"The numbers: streams of {track['name']}")).to_be_visible(timeout=_ANSWERED)
    settled(page)
    assert amount(metric(page, "Expected in the next month").inner_text()) <= whole
    search.fill("nobody at all")
    search.press("Enter")
    expect(page.get_by_text("Nothing has this in its name")).to_be_visible(timeout=_ANSWERED)


def test_the_slider_is_moved_by_keys_and_changes_chart_and_numbers(opened, site):
    page = opened("catalogue")
    expect(chart(page, "streams of the whole catalogue")).to_be_visible()
    near = amount(metric(page, "Expected in all 24 months").inner_text())
    slider = page.get_by_role("slider", name="Months ahead")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(metric(page, "Expected in all 25 months")).to_be_visible(timeout=_ANSWERED)
    settled(page)
    assert amount(metric(page, "Expected in all 25 months").inner_text()) > near
    page.keyboard.press("End")
    furthest = sheet(site, "catalogue_far_months", scope="catalogue", id="all")[-1]
    label = f"Expected in all {furthest['months_ahead']} months"
    expect(metric(page, label)).to_be_visible(timeout=_ANSWERED)
    settled(page)
    assert amount(metric(page, label).inner_text()) == pytest.approx(furthest["total"], rel=0.01)


def test_the_value_doubles_with_the_rate_and_falls_with_the_discount(opened):
    page = opened("catalogue")
    value = metric(page, "Worth today")
    once = value.inner_text()
    rate = page.get_by_label("A stream earns (in any currency)")
    rate.fill("0.006")
    rate.press("Enter")
    expect(value).not_to_have_text(once, timeout=_ANSWERED)
    twice = value.inner_text()
    assert amount(twice) == pytest.approx(2 * amount(once), rel=0.02)
    discount = page.get_by_label("Discount (% per year)")
    discount.fill("30")
    discount.press("Enter")
    expect(value).not_to_have_text(twice, timeout=_ANSWERED)
    assert amount(value.inner_text()) < amount(twice)


def test_the_file_holds_what_the_sheet_says(opened, site, tmp_path):
    page = opened("catalogue")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download these months as CSV").click()
    downloading.value.save_as(tmp_path / "months.csv")
    assert downloading.value.suggested_filename == "refrain-catalogue-all.csv"
    with (tmp_path / "months.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    said = {row["months_ahead"]: row for row in sheet(site, "catalogue_months", scope="catalogue", id="all")}
    ahead = [row for row in rows if row["kind"] == "expected"]
    assert [int(row["months_ahead"]) for row in ahead] == list(range(1, 25))
    for row in rows:
        one = said[int(row["months_ahead"])]
        assert row["last_day"] == one["last_day"]
        assert float(row["streams"]) == pytest.approx(one["value"], abs=0.51)
        for name in ("low_80", "high_80", "low_95", "high_95", "classic", "flat"):
            assert (row[name] == "") == (one[name] is None)
            if row[name]:
                assert float(row[name]) == pytest.approx(one[name], abs=0.51)
    shown = amount(metric(page, "Expected in all 24 months").inner_text())
    assert sum(float(row["streams"]) for row in ahead) == pytest.approx(shown, rel=0.01)


def test_earlier_forecasts_are_held_against_what_came(opened):
    page = opened("catalogue")
    expect(page.get_by_text("How well did earlier forecasts come true?")).to_be_visible()
    expect(page.get_by_text("of what came, over all months ahead")).to_be_visible()
    expect(chart(page, "error of forecasts")).to_be_attached()
    expect(chart(page, "last year")).to_be_attached()
    page.get_by_text("The numbers: error of forecasts").click()
    numbers = page.get_by_test_id("stExpander").filter(has_text="The numbers: error of forecasts")
    expect(numbers.get_by_test_id("stDataFrame")).to_be_visible()
