"""How long each page of the dashboard takes, in Chromium, over this project as it is (run `refrain run` first).

`python -m benchmarks.dashboard_pages [--times N]`. Limit: 2 s after the first load, until nothing is being asked for.
Needs the dependency group `browser` and a Chromium.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.projects import ROOT, report
from flows.servers import start, wait_ready
from refrain.project import Project

PAGES = ("overview", "hits", "streams", "catalogue", "churn", "activity", "breakout", "models")
SETTLED = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-testid="stSpinner"]') && document.querySelector('h1')"""
API, DASHBOARD = 8790, 8791


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not there without its group
    except ImportError:
        chromium = None
    if chromium is None:
        sys.exit("dashboard_pages needs Playwright (uv sync --group browser) and a chromium on the PATH.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'events.db'}"
        project = Project(ROOT)
        servers = [
            start("API", API, "/health", ["-m", "serving.cli", "serve", "--port", str(API)], {}, project),
            start("dashboard", DASHBOARD, "/_stcore/health", _pages(), {}, project),
        ]
        try:
            for server in servers:
                wait_ready(server)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            found = _measured(browser.new_page(viewport={"width": 1280, "height": 900}), times)
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait()
    for name, (first, loads, clicks) in found.items():
        print(f"{name:<10} first {first:.2f} s, then loaded {loads:.2f} s, clicked {clicks:.2f} s")
    worst = max(max(loads, clicks) for _, loads, clicks in found.values())
    report(
        "dashboard_pages", worst_seconds=round(worst, 2), slowest_first=round(max(one[0] for one in found.values()), 2)
    )


def _pages() -> list[str]:
    return ["-m", "serving.cli", "dashboard", "--port", str(DASHBOARD), "--api", f"http://127.0.0.1:{API}"]


def _measured(page: Any, times: int) -> dict[str, tuple[float, float, float]]:
    """Page -> seconds of its first load, then the greatest of later loads and of clicks on its link."""
    first = {name: _loaded(page, name) for name in PAGES}
    loads = {name: max(_loaded(page, name) for _ in range(times)) for name in PAGES}
    clicks: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(times):
        for name in (*PAGES[1:], PAGES[0]):
            clicks[name].append(_clicked(page, name))
    print(f"median click {statistics.median(each for some in clicks.values() for each in some):.2f} s")
    return {name: (first[name], loads[name], max(clicks[name])) for name in PAGES}


def _loaded(page: Any, name: str) -> float:
    began = time.perf_counter()
    page.goto(f"http://127.0.0.1:{DASHBOARD}/{'' if name == 'overview' else name}")
    page.wait_for_function(SETTLED, timeout=120_000)
    return time.perf_counter() - began


def _clicked(page: Any, name: str) -> float:
    began = time.perf_counter()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name.capitalize()).click()
    page.wait_for_function(
        f"() => [...document.querySelectorAll('h1')].some(one => one.innerText.trim() === '{name.capitalize()}')"
    )
    page.wait_for_function(SETTLED, timeout=120_000)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
