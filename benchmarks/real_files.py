"""What both predictions reach on real input: TidyTuesday's tracks and one listener's Last.fm export.

`python -m benchmarks.real_files [--data FOLDER]`. Hits are tested on releases from 2019-07-01 on.
"""

import argparse
import os
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.projects import ROOT, BenchmarkProject, clone_project, report
from tasks.records import Estimate, EvaluationRecord

TRACKS = "tracks/tidytuesday_spotify_songs.csv.gz"
SCROBBLES = "scrobbles/lastfm_listener.csv.gz"
TEST_START = "2019-07-01"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("REFRAIN_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    data = parser.parse_args().data
    if not data.is_dir():
        print(f"skipped: the real files are not here ({data})")
        report("real_files", skipped=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        project = clone_project(Path(folder) / "project")
        project.refrain("import", "tidytuesday", str(data / TRACKS), "--received", "2020-01-21")
        project.refrain("import", "lastfm", str(data / SCROBBLES))
        _test_from(project, TEST_START)
        results = {result["target"]: result for result in project.results()}
        for target, result in results.items():
            _print(project, target, result["verdict"])
    hits = results["hits.hit"]["metric"]
    report("real_files", hits=hits["value"], hits_low=hits["low"], hits_high=hits["high"])


def _test_from(project: BenchmarkProject, day: str) -> None:
    yaml, path = YAML(), project.root / "params.yaml"
    document = yaml.load(path.read_text())
    document["targets"]["hits"]["hit"]["training"]["split"]["test_start"] = day
    with path.open("w") as stream:
        yaml.dump(document, stream)


def _print(project: BenchmarkProject, target: str, verdict: str) -> None:
    path = project.root / "data" / "evaluations" / f"{target}.json"
    record = EvaluationRecord.model_validate_json(path.read_text())
    test = record.test
    print(f"{target}: {verdict}")
    print(f"  test {test.first_as_of} to {test.last_as_of}: {test.rows} rows, {test.positives} positive")
    for candidate in record.candidates:
        shown = candidate.metrics[record.headline].shown()
        difference = candidate.difference[record.headline].shown("+")
        error: Estimate = candidate.metrics["calibration_error"]
        print(f"  {candidate.name:<28} {shown}  to the bar {difference}  calibration error {error.value:.3f}")


if __name__ == "__main__":
    main()
