"""The simulated world through its source: the files it writes."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from refrain.datasets import DATASETS
from refrain.errors import UsageError
from refrain.files import file_md5
from sources.simulated import SOURCE, simulate_scrobbles_parquet
from sources.source import Destination, find_source
from sources.world.settings import WorldSettings

SMALL = WorldSettings(scale=0.1)
OF_ANY_SIZE = tuple(name for name in SOURCE.datasets if name != "shows")
"""Datasets that grow with the world: a platform has the same shows for however many users."""
OF_CHARTS = ("days", "cutoff")
"""Columns of daily_streams that a world does not need in which every track is counted every day."""


def written(folder: Path, dataset: str, settings: WorldSettings = SMALL) -> Destination:
    destination = Destination(
        folder / f"{dataset}.csv", folder / f"{dataset}.rejects.csv", folder / f"{dataset}.oracle"
    )
    report = SOURCE.load(dataset, None, settings, None, destination)
    assert report.read == report.kept == pl.scan_csv(destination.dataset).select(pl.len()).collect().item()
    return destination


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Destination]:
    folder = tmp_path_factory.mktemp("world")
    return {dataset: written(folder, dataset) for dataset in SOURCE.datasets}


@pytest.fixture(scope="module")
def frames(world: dict[str, Destination]) -> dict[str, pl.DataFrame]:
    return {name: pl.read_csv(to.dataset, try_parse_dates=True) for name, to in world.items()}


def test_the_source_is_found_and_makes_every_dataset_it_names():
    assert find_source("simulated") is SOURCE
    assert not SOURCE.reads_file
    assert set(SOURCE.datasets) == set(DATASETS) - {"hourly_users"}


@pytest.mark.parametrize("dataset", SOURCE.datasets)
def test_columns_are_those_of_the_dataset(frames: dict[str, pl.DataFrame], dataset: str):
    names = [column.name for column in DATASETS[dataset].columns if column.name not in OF_CHARTS]
    assert frames[dataset].columns == names
    for name in DATASETS[dataset].required:
        assert frames[dataset][name].null_count() == 0, name


@pytest.mark.parametrize("dataset", SOURCE.datasets)
def test_keys_are_unique(frames: dict[str, pl.DataFrame], dataset: str):
    assert not frames[dataset].select(DATASETS[dataset].key).is_duplicated().any()


@pytest.mark.parametrize("dataset", SOURCE.datasets[::-1])
def test_a_dataset_made_alone_and_in_another_order_has_the_same_bytes(
    world: dict[str, Destination], tmp_path: Path, dataset: str
):
    again = written(tmp_path, dataset)
    assert file_md5(again.dataset) == file_md5(world[dataset].dataset)
    if world[dataset].oracle.exists():
        assert file_md5(again.oracle) == file_md5(world[dataset].oracle)


@pytest.mark.parametrize("dataset", SOURCE.datasets)
def test_another_seed_is_another_world(world: dict[str, Destination], tmp_path: Path, dataset: str):
    other = written(tmp_path, dataset, SMALL.model_copy(update={"seed": 1}))
    assert file_md5(other.dataset) != file_md5(world[dataset].dataset)


@pytest.mark.parametrize("dataset", OF_ANY_SIZE)
def test_rows_grow_with_the_scale(tmp_path: Path, dataset: str):
    few, many = (
        pl.scan_csv(written(tmp_path, dataset, WorldSettings(scale=scale)).dataset).select(pl.len()).collect().item()
        for scale in (0.5, 1.5)
    )
    assert many == pytest.approx(3 * few, rel=0.25)


def test_scrobbles_are_of_tracks_that_are_out(frames: dict[str, pl.DataFrame]):
    released = frames["tracks"].group_by("artist", "title").agg(pl.col("release_date").min())
    plays = frames["scrobbles"].join(released, left_on=["artist", "track"], right_on=["artist", "title"], how="left")
    assert plays["release_date"].null_count() == 0
    assert plays.filter(pl.col("played_at").dt.date() < pl.col("release_date")).is_empty()


def test_streams_and_listener_counts_are_of_tracks_and_artists_that_exist(frames: dict[str, pl.DataFrame]):
    streams = frames["daily_streams"].join(frames["tracks"], on="track_id", how="left")
    assert streams["release_date"].null_count() == 0
    assert streams.filter(pl.col("date") < pl.col("release_date")).is_empty()
    assert set(frames["artist_listeners"]["artist_id"]) <= set(frames["tracks"]["artist_id"])
    assert set(frames["socials"]["track_id"]) < set(frames["daily_streams"]["track_id"])


def test_socials_are_read_on_mondays_from_release_on(frames: dict[str, pl.DataFrame]):
    readings = frames["socials"].join(frames["tracks"], on="track_id", how="left")
    assert readings.filter(pl.col("date") < pl.col("release_date")).is_empty()
    assert set(readings["date"].dt.weekday()) == {1}
    assert set(readings.select("platform", "metric").unique().rows()) == {
        ("tiktok", "posts"),
        ("instagram", "followers"),
    }
    weeks = readings.sort("date").select(pl.col("date").diff().dt.total_days().over("track_id", "platform")).to_series()
    assert set(weeks.drop_nulls()) == {7}


def test_posts_know_a_little_of_the_week_to_come(frames: dict[str, pl.DataFrame]):
    """Posts per stream of the week before them go with the week after them; without the lead they could not."""
    streams = frames["daily_streams"].sort("track_id", "date")
    week = pl.col("streams").rolling_sum(7).over("track_id")
    weeks = streams.with_columns(before=week, after=week.shift(-7).over("track_id")).drop_nulls()
    posts = frames["socials"].filter(pl.col("metric") == "posts", pl.col("value") > 20)
    seen = posts.join(weeks, on=["track_id", "date"]).filter(pl.min_horizontal("before", "after") > 0)
    per_stream = (pl.col("value") / pl.col("before")).log()
    told = (per_stream - per_stream.mean().over("track_id")).alias("told")
    change = (pl.col("after") / pl.col("before")).log()
    correlation = seen.select(pl.corr(told, change)).item()
    assert 0.2 < correlation < 0.8


def test_nothing_is_outside_the_dates_asked_for(tmp_path: Path):
    settings = WorldSettings(scale=0.1, start=date(2020, 2, 10), end=date(2021, 5, 20))
    for dataset, column in (
        ("tracks", "release_date"),
        ("scrobbles", "played_at"),
        ("daily_streams", "date"),
        ("artist_listeners", "date"),
        ("socials", "date"),
        ("events", "login_time"),
        ("shows", "released_at"),
        ("users", "registered_at"),
    ):
        days = pl.read_csv(written(tmp_path, dataset, settings).dataset, try_parse_dates=True)[column].cast(pl.Date)
        assert days.max() <= settings.end
        assert days.max() >= date(2021, 5, 1)
        if dataset not in ("tracks", "shows", "users"):
            assert days.min() >= settings.start


def test_a_path_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="reads no file"):
        SOURCE.load("tracks", tmp_path, SMALL, None, Destination(tmp_path / "t.csv", tmp_path / "r.csv"))


def test_the_oracle_is_written_only_where_asked_for(tmp_path: Path):
    SOURCE.load("tracks", None, SMALL, None, Destination(tmp_path / "t.csv", tmp_path / "r.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_parquet_of_about_as_many_scrobbles_as_asked_for(tmp_path: Path):
    rows = simulate_scrobbles_parquet(tmp_path / "s.parquet", 2_000_000)
    assert rows == pytest.approx(2_000_000, rel=0.15)
    assert pl.scan_parquet(tmp_path / "s.parquet").select(pl.len()).collect().item() == rows


PEAK = """
import resource, sys
from pathlib import Path
from sources.simulated import SOURCE
from sources.source import Destination
from sources.world.settings import WorldSettings
to = Destination(Path(sys.argv[1]), Path(sys.argv[1] + ".rejects"), Path(sys.argv[1] + ".oracle"))
rows = SOURCE.load(sys.argv[2], None, WorldSettings(scale=float(sys.argv[3])), None, to).kept
status = Path("/proc/self/status")
if status.exists():  # Linux says it without what the parent held at the fork
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(rows, peak // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "scale"), [("scrobbles", 0.5), ("daily_streams", 0.5)])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, dataset: str, scale: float):
    """Eight times the rows in a process of its own: a few MB more for the catalogue, not eight times the memory."""
    (few, low), (many, high) = (
        map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        for command in (
            [sys.executable, "-c", PEAK, str(tmp_path / f"{factor}.csv"), dataset, str(scale * factor)]
            for factor in (1, 8)
        )
    )
    assert many > 6 * few
    assert high - low < 60, (few, low, many, high)
    assert high < 1000
