"""Waiting for a page."""

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

_TRIES = 10
_MILLISECONDS = 5_000


def settled(page: Page) -> None:
    """Wait until the page has its title, and nothing on it is being asked for any more."""
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
              && !document.querySelector('[data-testid="stSpinner"]')"""
    )


def pick(box: Locator, option: Locator, typed: str = "") -> str:
    """Open a box, pick an option, and say what it was called. `typed` leaves those that match.

    A page that is still finding its layout closes the list of a box again: then it is opened again.
    """
    for _ in range(_TRIES):
        settled(box.page)
        box.click()
        if typed:
            box.fill(typed)
        try:
            name = option.inner_text(timeout=_MILLISECONDS).strip()
            option.click(timeout=_MILLISECONDS)
        except PlaywrightTimeoutError:
            box.page.keyboard.press("Escape")
        else:
            return name
    raise AssertionError(f"there is nothing to pick: {option}")
