"""Waiting for a page."""

from playwright.sync_api import Page


def settled(page: Page) -> None:
    """Wait until the page has its title, and nothing on it is being asked for any more."""
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
              && !document.querySelector('[data-testid="stSpinner"]')"""
    )
