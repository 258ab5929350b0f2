"""Churn in a browser: the threshold is moved, the table filtered and searched, and taken away as a CSV."""

import csv
import re

from playwright.sync_api import Page, expect
from settling import pick, settled

_FOUND = re.compile(r"^Users: ([\d,]+); expected to leave, of these: [\d,.]+\.")


def figure(page: Page, label: str) -> float:
    """A metric's number."""
    text = page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").inner_text()
    return float(text.split()[0].replace(",", ""))


def found(page: Page) -> int:
    """How many users the table has."""
    match = _FOUND.match(page.get_by_text(_FOUND).inner_text())
    assert match is not None
    return int(match.group(1).replace(",", ""))


def moved(page: Page, key: str) -> tuple[float, float]:
    """What is contacted, and who of them is expected to leave, once the threshold's slider was sent there."""
    page.get_by_role("slider", name="Contact whoever leaves").press(key)
    expect(page.get_by_text(f"of all users: those from {'0.02' if key == 'Home' else '0.98'} on")).to_be_visible()
    return figure(page, "Would be contacted"), figure(page, "Expected to leave, of these")


def test_the_threshold_changes_how_many_are_contacted_and_leave(opened):
    page = opened("churn")
    many, many_leaving = moved(page, "Home")
    few, few_leaving = moved(page, "End")
    assert many > few
    assert many_leaving > few_leaving
    assert many >= many_leaving


def test_a_reason_and_a_search_narrow_the_table_and_it_is_taken_away(opened, tmp_path):
    page = opened("churn")
    everyone = found(page)
    option = page.get_by_role("option").filter(has_not_text="Select all").first
    reason = pick(page.get_by_role("combobox", name="Reasons"), option)
    page.keyboard.press("Escape")
    expect(page.get_by_text(f"Users: {everyone:,};")).to_have_count(0)
    settled(page)
    narrowed = found(page)
    assert 0 < narrowed < everyone
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these users as CSV").click()
    there = tmp_path / "users.csv"
    download.value.save_as(there)
    assert re.fullmatch(r"churn-users-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    with there.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == narrowed
    assert {row["reason"] for row in rows} == {reason}
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)
    assert "@" not in there.read_text()
    page.get_by_role("textbox", name="Search a user").fill(rows[0]["user_id"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Users: 1;")).to_be_visible()
