"""What the social series are worth: the forecasts of streams with and without them, on the same simulated rows.

`python -m benchmarks.streams_socials [--families NAME ...]`.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.projects import report
from benchmarks.streams_trials import best, print_record, trial
from features.registry import all_targets
from sources.simulated import SOURCE
from sources.source import Destination

CANDIDATES = {"ridge": {"alpha": [100.0]}, "xgboost": {"max_depth": [5], "n_estimators": [400]}}
SLICES = ("new releases", "catalogue")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", nargs="+", default=list(CANDIDATES))
    chosen = parser.parse_args().families
    candidates = {name: CANDIDATES[name] for name in chosen}
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        paths = {dataset: Path(name) / f"{dataset}.csv" for dataset in ("daily_streams", "tracks", "socials")}
        for dataset, path in paths.items():
            destination = Destination(path, path.with_suffix(".rejects"))
            SOURCE.load(dataset, None, SOURCE.options_type(), None, destination)
        for target in ("streams.one_week", "streams.three_week"):
            for socials in (False, True):
                print(f"{target} {'with' if socials else 'without'} socials")
                grids = {family: {**grid, "socials": [socials]} for family, grid in candidates.items()}
                training = {"split": {"folds": 1, "tune_steps": 2}, "candidates": grids, "seed": 1}
                record = trial(all_targets()[target], paths, Path(name), {}, training)
                print_record(record, SLICES)
                key = f"{target.partition('.')[2]}_{'with' if socials else 'without'}"
                bar = next(each for each in record.candidates if each.name == record.best_baseline)
                figures |= {key: best(record).metrics["wape"].value, f"{key}_naive": bar.metrics["wape"].value}
    report("streams_socials", **{name: round(value, 4) for name, value in figures.items()})


if __name__ == "__main__":
    main()
