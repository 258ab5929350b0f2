"""Overview and Models in Chromium: links into Prefect and MLflow, another target, two versions compared."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from prefect_like import RUN, prefect_like
from settling import pick, settled

MLFLOW = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def site(site) -> Iterator:
    """The same with an API and pages of their own, told where Prefect and MLflow are."""
    with prefect_like() as prefect:
        prefect.tell(RUN)
        api, pages = _free_port(), _free_port()
        told = {"PREFECT_API_URL": prefect.api, "REFRAIN_MLFLOW_UI": MLFLOW}
        address = f"http://127.0.0.1:{api}"
        servers = (
            replace(
                site.api,
                words=_with(site.api.words, "--port", str(api)),
                environment={**site.api.environment, **told},
                address=address,
            ),
            replace(
                site.pages,
                words=_with(_with(site.pages.words, "--port", str(pages)), "--api", address),
                address=f"http://127.0.0.1:{pages}",
            ),
        )
        try:
            for server in servers:
                server.running = None
                server.start()
            yield replace(site, api=servers[0], pages=servers[1])
        finally:
            for server in servers:
                server.stop()


def _with(words: list[str], option: str, value: str) -> list[str]:
    place = words.index(option) + 1
    return [*words[:place], value, *words[place + 1 :]]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def sheet(site, name: str, query: str = "") -> list[dict]:
    return json.load(urlopen(f"{site.api.address}/sheets/{name}?{query}"))["rows"]


def choose(page: Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=label, exact=True)
    # Typed, since of a long list not all are drawn.
    pick(box, page.get_by_role("option", name=option, exact=True), typed=option)


def named(version: dict) -> str:
    aliases = f" ({version['aliases']})" if version["aliases"] else ""
    return f"{version['name']}, version {version['version']}{aliases}"


def test_overview_shows_what_is_served_and_links_to_the_right_pages(opened, site):
    page = opened()
    targets = sheet(site, "targets")
    for one in targets:
        expect(page.get_by_role("heading", name=one["target"], exact=True)).to_be_visible()
    in_mlflow = [link.get_attribute("href") for link in page.get_by_role("link", name="in MLflow").all()]
    assert in_mlflow == [f"{MLFLOW}/#/models/{one['target']}/versions/{one['version']}" for one in targets]
    in_prefect = page.get_by_role("link", name="Last run in Prefect")
    expect(in_prefect).to_have_count(1)
    assert str(in_prefect.get_attribute("href")).endswith(f"/runs/flow-run/{RUN['id']}")
    expect(page.get_by_text("took 4 minutes 14 seconds")).to_be_visible()
    expect(page.get_by_text("failed: hits.hit")).to_be_visible()


def test_models_shows_another_target_and_compares_two_of_its_versions(opened, site):
    page = opened("models")
    target = "streams.one_week"
    choose(page, "Target", target)
    versions = sheet(site, "versions", f"target={target}")
    served = next(one for one in versions if "champion" in one["aliases"])
    other = next(
        one for one in versions if one["training"] == served["training"] and one["version"] != served["version"]
    )
    expect(page.get_by_text("How often will this track be streamed in the next 7 days?")).to_be_visible()
    expect(page.get_by_text(f"{served['name']}, version {served['version']}: WAPE")).to_be_visible()
    expect(page.get_by_role("link", name=f"Version {served['version']} in MLflow")).to_have_attribute(
        "href", f"{MLFLOW}/#/models/{target}/versions/{served['version']}"
    )
    expect(page.get_by_text("Were inside")).to_be_visible()
    choose(page, "Second version", named(other))
    expect(page.get_by_text("same data, same params, same code; the model files differ.")).to_be_visible()
    expect(page.get_by_text(f"{named(other)}: tested on")).to_be_visible()


def test_models_draws_the_reliability_curve_with_its_numbers(opened):
    page = opened("models")
    choose(page, "Target", "hits.hit")
    expect(page.get_by_text("Will this track, on the day it comes out, become a hit?")).to_be_visible()
    expect(page.get_by_role("heading", name="What it promised and what came")).to_be_visible()
    numbers = page.get_by_text("The numbers: predicted and observed shares")
    numbers.scroll_into_view_if_needed()
    numbers.click()
    settled(page)
    expect(page.get_by_text(re.compile(r"Calibration error \d.*0 is perfect"))).to_be_visible()
