"""The site: it builds without a warning, fetches nothing from elsewhere, and has a light and a dark face."""

import os
import re
import subprocess
import sys

import pytest
from pages import DOCS, ROOT

pytest.importorskip("sphinx", reason="Sphinx is in the dependency group docs (make docs)")
pytest.importorskip("myst_parser")
pytest.importorskip("furo")
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|data)=["']?(?:https?:)?//"""
    r"""|<link\b[^>]*\bhref=["']?(?:https?:)?//|@import|url\(["']?(?:https?:)?//"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    words = ("-W", "--keep-going", "-q", "-b", "html", "-d", str(folder / "trees"), "docs", str(folder / "site"))
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_every_page_is_in_it(site):
    for page in DOCS.rglob("*.md"):
        assert (site / page.relative_to(DOCS).with_suffix(".html")).is_file()
    assert (site / "openapi.json").read_bytes() == (DOCS / "openapi.json").read_bytes()


def test_nothing_is_fetched_from_elsewhere(site):
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(files) > 15
    for path in files:
        found = _FETCHED.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found and found[0]}"


def test_it_has_a_light_and_a_dark_face(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    assert "theme-toggle" in page
    assert "prefers-color-scheme: dark" in page


def test_measured_figures_stand_with_their_intervals(site):
    guide = (site / "guides" / "hits.html").read_text(encoding="utf-8")
    assert "base rate (baseline)" in guide
    assert re.search(r"0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]", guide)
    assert re.search(r"\+0\.\d{3} \[\+0\.\d{3}, \+0\.\d{3}\]", guide)


def test_the_api_is_listed(site):
    page = re.sub(r"<[^>]+>", "", (site / "http-api.html").read_text(encoding="utf-8"))
    assert "POST /hit/predict" in page
    assert "GET /models/{target}" in page


def test_what_scrolls_is_reached_by_the_keyboard(site):
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "<pre>" not in page
        assert '<div class="table-wrapper' not in page
        assert page.count('role="heading"') == page.count('role="heading" aria-level="2"')
