"""On a real chart: the last week's sum misses by what was measured of it, and a line learned before misses by less."""

from datetime import date
from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from features.registry import all_targets
from models.families import fit_family
from models.preprocessing import Columns
from models.streams.families import FAMILIES
from refrain.datasets import DAILY_STREAMS
from sources.canonical import scan_dataset
from sources.source import Destination
from sources.spotify_charts import SOURCE

CHART = "charts/spotify_br_daily_top200_2019.csv.gz"
TEST_FROM = date(2019, 10, 1)


@pytest.fixture(scope="module")
def chart(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spotify Brazil, daily Top 200 of 2019, as daily_streams."""
    folder = tmp_path_factory.mktemp("chart")
    destination = Destination(folder / "daily_streams.csv", folder / "rejects.csv")
    SOURCE.load("daily_streams", shared_data / CHART, SOURCE.options_type(), None, destination)
    return destination.dataset


@pytest.mark.parametrize(
    ("name", "days", "naive", "most"), [("one_week", 7, 0.0694, 0.0625), ("three_week", 21, 0.1155, 0.112)]
)
def test_the_last_week_misses_by_what_was_measured_and_a_line_by_less(
    chart: Path, name: str, days: int, naive: float, most: float
) -> None:
    target = all_targets()[f"streams.{name}"]
    settings = target.settings_type(week_ends="any", min_days=days)
    frames = {"daily_streams": nw.from_native(scan_dataset(DAILY_STREAMS, chart))}
    collected = target.rows(frames, settings).to_native().collect(engine="streaming")
    rows = collected.filter(pl.col("label").is_not_null()).sort("as_of", "track_id")
    assert collected["cutoff"].null_count() == 0
    known, test = rows.filter(pl.col("label_known_at") < TEST_FROM), rows.filter(pl.col("as_of") >= TEST_FROM)

    def wape(families, family, settings):
        learn = known.select(target.features).to_pandas(), known["label"].to_numpy()
        model, _ = fit_family(families[family], Columns(target.numeric), settings, learn, seed=0)
        return (
            np.abs(test["label"] - model.predict(test.select(target.features).to_pandas())).sum() / test["label"].sum()
        )

    assert round(wape(FAMILIES.baselines, "last 7 days", {}), 4) == naive
    assert wape(FAMILIES.candidates, "ridge", {"alpha": 1000.0}) < most
