"""The page Streams in a real browser: a track is picked, counts are pasted, a file goes in and another comes out."""

import csv
import re

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: `make test-browser`")

from playwright.sync_api import expect  # noqa: E402
from settling import pick, settled  # noqa: E402

expect.set_options(timeout=30_000)
WEEK = (5210, 5105, 4975, 5020, 5340, 5480, 4890)


def metric(page, label):
    """The number under a metric's label."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def amount(text):
    number, million = re.fullmatch(r"([\d,.]+)( million)?", text.strip()).groups()
    return float(number.replace(",", "")) * (1e6 if million else 1)


def pasted(page, counts):
    page.get_by_role("textbox", name="7 or 21 daily counts").fill("\n".join(map(str, counts)))
    page.get_by_role("button", name="Forecast").click()
    expect(page.get_by_text(f"({counts[-1]:,}); all are used")).to_be_visible()
    settled(page)
    return amount(metric(page, "Next 7 days").inner_text())


def test_a_track_is_searched_and_picked_and_its_chart_is_drawn(opened):
    page = opened("streams")
    before = metric(page, "Last 7 days, streams").inner_text()
    picker = page.get_by_role("combobox", name="Track", exact=False).first
    name = pick(picker, page.get_by_role("option").nth(5))
    expect(metric(page, "Last 7 days, streams")).not_to_have_text(before)
    settled(page)
    expect(page.get_by_text("95 %:").first).to_be_visible()
    expect(page.get_by_text("Baseline:").first).to_be_visible()
    chart = page.get_by_test_id("stVegaLiteChart")
    expect(chart).to_have_attribute("aria-label", re.compile(re.escape(name.strip().rpartition(" (")[0])))
    track = re.search(r"\(([^()]+)\)$", name.strip())[1]
    page.get_by_label("Search title, artist or track id").fill(track)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 track.", exact=True)).to_be_visible()
    page.get_by_label("Search title, artist or track id").fill("nobody at all")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No track that can be forecast now has")).to_be_visible()


def test_twice_the_counts_give_about_twice_the_streams_and_five_are_refused(opened):
    page = opened("streams")
    page.get_by_text("counts that I paste").click()
    once = pasted(page, WEEK)
    twice = pasted(page, [2 * count for count in WEEK])
    assert twice == pytest.approx(2 * once, rel=0.2)
    pasted(page, WEEK * 3)
    expect(metric(page, "Days 15 to 21")).to_be_visible()
    page.get_by_role("textbox", name="7 or 21 daily counts").fill("1 2 3 4 5")
    page.get_by_role("button", name="Forecast").click()
    expect(page.get_by_text("These are 5 counts.")).to_be_visible()
    expect(metric(page, "Next 7 days")).to_have_count(0)


def test_a_file_goes_in_and_a_wrong_one_is_refused(opened, tmp_path):
    page = opened("streams")
    page.get_by_text("a CSV file that I upload").click()
    table = tmp_path / "days.csv"
    table.write_text("Plays,artist,Date\n" + "".join(f"{5000 + day},x,2024-12-{day:02}\n" for day in range(26, 0, -1)))
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("Read as 26 days, from 1 December 2024 (5,001) to 26 December 2024")).to_be_visible()
    settled(page)
    assert amount(metric(page, "Next 7 days").inner_text()) > 0
    assert amount(metric(page, "Days 15 to 21").inner_text()) > 0
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("date,streams\n2024-12-01,many\n")
    page.locator("input[type=file]").set_input_files(wrong)
    expect(page.get_by_text("line 2, “many”: is no count")).to_be_visible()


def test_the_movers_are_downloaded_as_they_are_ranked(opened):
    page = opened("streams")
    floor = page.get_by_role("spinbutton", name="Least streams, last 7 days")
    floor.fill("500")
    floor.press("Enter")
    expect(page.get_by_text("fewer than 500 streams")).to_be_visible()
    page.get_by_text("per cent", exact=True).click()
    expect(page.get_by_text("Ranked by the change in per cent")).to_be_visible()
    settled(page)
    with page.expect_download() as started:
        page.get_by_role("button", name="Download these movers (CSV)").click()
    assert re.fullmatch(r"refrain-movers-next-7-days-\d{4}-\d\d-\d\d\.csv", started.value.suggested_filename)
    with started.value.path().open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    for direction, sign in (("up", 1), ("down", -1)):
        moving = [row for row in rows if row["direction"] == direction]
        changes = [sign * float(row["week_change"]) for row in moving]
        assert changes == sorted(changes, reverse=True)
        assert all(change > 0 for change in changes)
        assert [int(row["place"]) for row in moving] == list(range(1, len(moving) + 1))
        assert all(float(row["last_7"]) >= 500 for row in moving)
