"""The API ends while pages are open: each says so, and goes on by itself once it answers again."""

from playwright.sync_api import expect

PAGES = ("", "hits", "streams", "catalogue", "churn", "activity", "breakout", "models")
PATIENCE = 60_000


def test_every_page_says_that_the_api_is_down_and_recovers_by_itself(opened, site):
    pages = {name: opened(name) for name in PAGES}
    site.api.stop()
    try:
        for page in pages.values():
            page.reload()
            expect(page.get_by_text("does not answer").first).to_be_visible(timeout=PATIENCE)
            expect(page.get_by_text("goes on by itself").first).to_be_visible()
    finally:
        site.api.start()
    for name, page in pages.items():
        expect(page.get_by_text("goes on by itself"), f"/{name}").to_have_count(0, timeout=PATIENCE)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
