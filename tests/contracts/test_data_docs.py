"""Data Docs show what the reports say, without a network, and whatever a cell holds stays text."""

import re

import polars as pl
import pytest

from contracts.data_docs import build_docs
from refrain.errors import ContractError
from tasks.validate import validate

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, good_cells, strict_settings):
    folder = tmp_path_factory.mktemp("docs")
    good_cells("tracks").write_csv(folder / "tracks.csv")
    spoilt = good_cells("scrobbles").with_columns(artist=pl.lit(EVIL))
    spoilt.write_csv(folder / "scrobbles.csv")
    validate("tracks", strict_settings("tracks"), folder / "tracks.csv", folder / "reports" / "tracks.json", {})
    with pytest.raises(ContractError):
        validate(
            "scrobbles",
            strict_settings("scrobbles"),
            folder / "scrobbles.csv",
            folder / "reports" / "scrobbles.json",
            {"tracks": folder / "tracks.csv"},
        )
    assert build_docs(folder / "reports", folder / "docs") == folder / "docs" / "index.html"
    return folder / "docs"


def test_the_index_leads_to_every_dataset_and_names_what_is_broken(folder):
    index = (folder / "index.html").read_text()
    links = re.findall(r'href="([^"]+)"', index)
    assert sorted(links) == ["scrobbles.html", "tracks.html"]
    assert all((folder / link).is_file() for link in links)
    assert "artist.reference" in index


def test_a_page_says_every_clause_and_the_failing_rows(folder):
    kept, broken = (folder / "tracks.html").read_text(), (folder / "scrobbles.html").read_text()
    assert "every popularity lies between 0 and 100" in kept
    assert "text-danger" not in re.sub("<style.*?</style>", "", kept, flags=re.DOTALL)
    assert "every artist is in tracks.artist: 4 of 4 rows are not so: line 2 has" in broken
    assert "text-danger" in re.sub("<style.*?</style>", "", broken, flags=re.DOTALL)


def test_a_cell_with_markup_stays_text(folder):
    broken = (folder / "scrobbles.html").read_text()
    assert EVIL not in broken
    assert broken.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_the_pages_fetch_nothing(folder):
    for page in folder.glob("*.html"):
        text = page.read_text()
        assert not re.findall(r"(?i)(?:https?:)?//[a-z0-9]|<script|<link|<img|@import|url\(", text), page.name
