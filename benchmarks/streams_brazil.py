"""What the forecasts of streams reach on a real chart: Spotify Brazil, daily Top 200 of 2019.

`python -m benchmarks.streams_brazil [--data FOLDER] [--starts DAY ...] [--families NAME ...]
[--targets NAME ...]`. A row is a track on any
day whose window is known whole (7 days; 21 for the third week) and whose label is. So selected, and tested from
2019-10-01 on, the last 7 days' sum has a WAPE of .0694 one week ahead and .1155 in the third (.1156 if all of the 21
days between must be known too, not only the week asked for). Settings are chosen on rolling folds before the test
window, which is read once. `--starts` tests from other days on, too; `--thursdays` takes Thursdays alone.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.projects import ROOT, report
from benchmarks.streams_trials import best, print_record, trial
from features.registry import all_targets
from sources.source import Destination
from sources.spotify_charts import SOURCE
from tasks.records import EvaluationRecord

CHART = "charts/spotify_br_daily_top200_2019.csv.gz"
STARTS = ("2019-10-01",)
CANDIDATES: dict[str, dict[str, dict[str, list[Any]]]] = {
    "streams.one_week": {
        "ridge": {"alpha": [100.0, 1000.0]},
        "lasso": {"alpha": [0.0003, 0.001]},
        "forest": {"n_estimators": [60], "max_rows": [20_000]},
        "svm": {"C": [0.0001, 0.001], "knots": [0, 1]},
        "xgboost": {"max_depth": [4, 6], "n_estimators": [300]},
    },
    "streams.three_week": {
        "ridge": {"alpha": [1000.0, 10_000.0], "knots": [0, 1]},
        "lasso": {"alpha": [0.001, 0.003]},
        "svm": {"C": [0.0001, 0.0003], "knots": [1, 3]},
        "xgboost": {"max_depth": [3, 4], "n_estimators": [200]},
        "blend": {"max_depth": [4], "n_estimators": [200], "knots": [1]},
    },
}
WINDOW = {"streams.one_week": 7, "streams.three_week": 21}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("REFRAIN_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--starts", nargs="+", default=STARTS)
    parser.add_argument("--families", nargs="+")
    parser.add_argument("--targets", nargs="+", default=list(CANDIDATES))
    parser.add_argument("--thursdays", action="store_true")
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        print(f"skipped: the real files are not here ({chosen.data})")
        report("streams_brazil", skipped=True)
        return
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "daily_streams.csv"
        print(
            SOURCE.load(
                "daily_streams",
                chosen.data / CHART,
                SOURCE.options_type(),
                None,
                Destination(path, path.with_suffix(".rejects")),
            )
        )
        for start in chosen.starts:
            for target in chosen.targets:
                record = _tried(target, path, Path(name), start, chosen)
                print_record(record)
                key = f"{target.partition('.')[2]}_{start}"
                bar = next(each for each in record.candidates if each.name == record.best_baseline)
                figures |= {key: best(record).metrics["wape"].value, f"{key}_naive": bar.metrics["wape"].value}
    report("streams_brazil", **{name: round(value, 4) for name, value in figures.items()})


def _tried(target: str, path: Path, folder: Path, start: str, chosen: argparse.Namespace) -> EvaluationRecord:
    candidates = {
        name: grid for name, grid in CANDIDATES[target].items() if name in (chosen.families or CANDIDATES[target])
    }
    return trial(
        all_targets()[target],
        {"daily_streams": path},
        folder,
        {"week_ends": "thursday" if chosen.thursdays else "any", "min_days": WINDOW[target]},
        {"split": {"test_start": start, "folds": 3, "tune_steps": 2}, "candidates": candidates, "seed": 1},
    )


if __name__ == "__main__":
    main()
