"""Every page, light and dark: readable, nothing wrong with it that axe takes for serious."""

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = ("overview", "hits", "streams", "catalogue", "churn", "activity", "breakout", "models")
SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(opened, name, scheme):
    page = opened("" if name == "overview" else name, scheme)
    found = Axe().run(page).response["violations"]
    serious = [
        f"{one['id']} ({one['impact']}): {one['help']}: " + "; ".join(node["html"][:200] for node in one["nodes"][:3])
        for one in found
        if one["impact"] in SERIOUS
    ]
    assert not serious, "\n".join(serious)
