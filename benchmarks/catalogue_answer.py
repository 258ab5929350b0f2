"""Where the time of POST /catalogue/forecast goes: 1,000 tracks x 730 days, from the body's bytes to the answer's.

`python -m benchmarks.catalogue_answer [--tracks N] [--days N]`. It asks the registered champion of catalogue.decay in
this process: what HTTP adds is in `benchmarks.serving_speed`. Each step's time is the least of all runs.
"""

import argparse
import time
from datetime import UTC, datetime

import orjson

import refrain  # noqa: F401  (before NumPy)
from benchmarks.projects import ROOT, report
from benchmarks.serving_rows import catalogue
from features.catalogue import CatalogueSettings
from refrain.project import find_project
from refrain.settings import validated
from serving.catalogue.answer import written
from serving.catalogue.body import read_body
from serving.catalogue.forecasting import answered
from tasks.champions.shelf import Shelf
from tasks.forecasting.forecaster import TARGET, Forecaster
from tasks.tracking import open_store

_RUNS = 10


def main(tracks: int, days: int) -> None:
    """Answer the same body some times."""
    project = find_project(ROOT)
    shelf = Shelf(open_store(project), [TARGET])
    shelf.refresh()
    champion = shelf.of(TARGET).champion
    settings = validated(CatalogueSettings, dict(project.settings.target(TARGET).snapshot), str(project.params_file))
    forecaster = Forecaster(champion.model, settings)
    body, today = orjson.dumps(catalogue(tracks, days)), datetime.now(UTC).date()
    steps: list[tuple[float, float, float]] = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        asked = read_body(body, tracks, days)
        parsed = time.perf_counter()
        found = answered(asked, forecaster, today)
        forecast = time.perf_counter()
        text, *_ = written(asked, found, forecaster.steps, champion.served, champion.learned)
        steps.append((parsed - began, forecast - parsed, time.perf_counter() - forecast))
    parse, forecasting, write = map(min, zip(*steps, strict=True))
    report(
        "catalogue_answer",
        tracks=tracks,
        days=days,
        family=champion.served.family,
        forecasts=len(found.forecasts),
        body_mb=round(len(body) / 1e6, 2),
        answer_mb=round(len(text) / 1e6, 2),
        parse_seconds=round(parse, 4),
        forecast_seconds=round(forecasting, 4),
        write_seconds=round(write, 4),
        seconds=round(min(sum(each) for each in steps), 4),
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tracks", type=int, default=1000)
    arguments.add_argument("--days", type=int, default=730)
    chosen = arguments.parse_args()
    main(chosen.tracks, chosen.days)
