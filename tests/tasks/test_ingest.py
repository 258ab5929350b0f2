"""The ingest step: a file or a folder is read as long as it is what was imported."""

import json
import shutil
from datetime import date

import pytest

from refrain.errors import InputError
from refrain.settings import DatasetSettings, Settings
from sources.folders import content_md5, text_files
from tasks.ingest import load

HEADER = "date,region,position,uri,streams,days_on_chart\n"


@pytest.fixture
def charts(tmp_path):
    """A folder of two charts."""
    place = tmp_path / "charts"
    place.mkdir()
    for day in (1, 2):
        (place / f"{day}.csv").write_text(f"{HEADER}2023-01-0{day},us,1,{day:022},9,1\n")
    return place


def ingest(root, path, source="spotify-charts", md5=None):
    chosen = DatasetSettings(source=source, path=path, md5=md5, received_on=date(2024, 1, 1))
    settings = Settings(sources={source: {}}, datasets={"daily_streams": chosen}, targets={})
    folder = root / "out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return load("daily_streams", chosen, settings, root, folder)


def test_a_folder_is_read_and_named_by_its_digest(charts, tmp_path):
    digest = content_md5(charts)
    assert ingest(tmp_path, "charts", md5=digest).kept == 2
    assert json.loads((tmp_path / "out" / "ingest" / "report.json").read_text())["file_md5"] == digest


def changed(place):
    (place / "2.csv").write_text(f"{HEADER}2023-01-02,us,1,{2:022},8,1\n")


def added(place):
    (place / "3.csv").write_text(f"{HEADER}2023-01-03,us,1,{3:022},9,1\n")


def renamed(place):
    (place / "2.csv").rename(place / "two.csv")


def removed(place):
    (place / "2.csv").unlink()


@pytest.mark.parametrize("change", [changed, added, renamed, removed])
def test_a_folder_that_has_changed_is_refused_and_what_is_not_read_in_it_may_change(charts, tmp_path, change):
    digest = content_md5(charts)
    (charts / "README.md").write_text("how they were downloaded")
    (charts / ".listing.csv").write_text("hidden")
    (charts / "more").mkdir()
    assert ingest(tmp_path, "charts", md5=digest).kept == 2
    change(charts)
    with pytest.raises(InputError, match="charts has changed since daily_streams was imported from it"):
        ingest(tmp_path, "charts", md5=digest)


def test_files_below_a_folder_are_read_in_the_order_of_their_places(charts):
    (charts / "a").mkdir()
    (charts / "a" / "0.csv").write_text("x")
    assert [path.relative_to(charts).as_posix() for path in text_files(charts)] == ["1.csv", "2.csv", "a/0.csv"]


def test_a_folder_is_nothing_that_a_source_of_one_file_reads(charts, tmp_path):
    with pytest.raises(InputError, match="was imported from charts, which is no longer there"):
        ingest(tmp_path, "charts", source="csv")
    with pytest.raises(InputError, match="was imported from gone, which is no longer there"):
        ingest(tmp_path, "gone")
