"""Everything can be reached and used without a mouse."""

import pytest
from playwright.sync_api import expect
from settling import settled

PAGES = ("overview", "hits", "streams", "catalogue", "churn", "activity", "breakout", "models")
MOST_STEPS = 150
CAN_BE_USED = """() => [...document.querySelectorAll('section[data-testid="stMain"] :is(input, button, [role=slider])')]
  .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex >= 0).length"""
WAS_REACHED = """() => {
  const one = document.activeElement;
  const main = document.querySelector('section[data-testid="stMain"]');
  if (main?.contains(one) && one.matches('input, button, [role=slider]')) (window.reached ??= new Set()).add(one);
  return window.reached?.size ?? 0;
}"""


def test_a_page_is_chosen_with_the_keyboard(opened):
    page = opened()
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Churn")
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if link.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Churn")


@pytest.mark.parametrize("name", PAGES)
def test_whatever_can_be_used_is_reached_with_tab(opened, name):
    page = opened("" if name == "overview" else name)
    settled(page)
    wanted = page.evaluate(CAN_BE_USED)
    reached = 0
    for _ in range(MOST_STEPS):
        if reached >= wanted:
            break
        page.keyboard.press("Tab")
        reached = page.evaluate(WAS_REACHED)
    assert reached >= wanted, f"{reached} of {wanted} were reached"
