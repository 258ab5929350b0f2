"""What the sources make of real files and of the simulated world keeps the contracts."""

from datetime import date
from pathlib import Path

import pytest

from contracts.registry import find_contract
from refrain.settings import DatasetSettings, validated
from sources.source import Destination, find_source
from tasks.validate import validate

FILES = {
    "tidytuesday": ("tracks", "tracks/tidytuesday_spotify_songs.csv.gz", date(2020, 1, 21), 28_000),
    "lastfm": ("scrobbles", "scrobbles/lastfm_listener.csv.gz", date(2026, 1, 1), 25_000),
    "spotify-charts": (
        "daily_streams",
        "charts/spotify_us_weekly_top200_2016_2025.csv.gz",
        date(2025, 12, 26),
        93_000,
    ),
    "hourly-series": ("hourly_users", "audience/nyc_taxi_30min.csv", date(2015, 2, 1), 5_160),
}
WORLD = {"seed": 5, "scale": 0.1, "start": date(2022, 1, 1), "end": date(2024, 12, 31)}


def load(source: str, dataset: str, path: Path | None, folder: Path, **options) -> Path:
    adapter = find_source(source)
    destination = Destination(
        folder / f"{dataset}.csv", folder / f"{dataset}.rejects.csv", folder / f"{dataset}.oracle"
    )
    adapter.load(dataset, path, validated(adapter.options_type, options, where="options"), None, destination)
    return destination.dataset


@pytest.mark.parametrize("source", FILES)
def test_an_imported_file_keeps_its_contract(source, shared_data, tmp_path):
    dataset, path, received_on, rows = FILES[source]
    raw = load(source, dataset, shared_data / path, tmp_path)
    settings = DatasetSettings(source=source, received_on=received_on, min_rows=rows)
    assert validate(dataset, settings, raw, tmp_path / "report.json", {}).passed


def test_the_simulated_world_keeps_every_contract_with_all_that_can_be_asked(tmp_path):
    simulated = find_source("simulated").datasets
    raw = {dataset: load("simulated", dataset, None, tmp_path, **WORLD) for dataset in simulated}
    for dataset in simulated:
        contract = find_contract(dataset)
        references = tuple(sorted({reference.dataset for reference in contract.references}))
        settings = DatasetSettings(
            source="simulated",
            received_on=date(2025, 1, 1),
            max_age_days=60 if dataset in ("tracks", "users") else 2,
            min_rows=100,
            references=references,
        )
        report = validate(dataset, settings, raw[dataset], tmp_path / f"{dataset}.json", raw)
        assert report.passed
        assert report.references.keys() == set(references)
