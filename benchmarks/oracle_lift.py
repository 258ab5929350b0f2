"""How far the champions are from the best possible, on simulated data, whose true probabilities are known.

`python -m benchmarks.oracle_lift`. A target's lift is its average precision on the test window minus the best
baseline's; the ratio is the champion's lift over the oracle's. At least .90 is asked of breakout.
"""

import argparse
import tempfile
from pathlib import Path

import polars as pl
from sklearn.metrics import average_precision_score

from benchmarks.projects import BenchmarkProject, clone_project, report
from refrain.settings import load_settings
from sources.world.popularity import probability_at_least


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = clone_project(Path(folder) / "project")
        results = {result["target"]: result for result in project.results()}
        shares = {}
        for target, truth in (("breakout.core", _core(project)), ("hits.hit", _hit(project))):
            result = results[target]
            oracle = average_precision_score(truth["label"], truth["truth"])
            lift = result["metric"]["value"] - result["baseline"]["value"]
            shares[target] = lift / (oracle - result["baseline"]["value"])
            print(
                f"{target}: champion {result['champion']['name']} {result['metric']['value']:.3f}, "
                f"best baseline {result['baseline']['value']:.3f}, oracle {oracle:.3f}: "
                f"{shares[target]:.1%} of the oracle's lift"
            )
    report("oracle_lift", ratio=round(shares["breakout.core"], 3), hits=round(shares["hits.hit"], 3))


def _test_rows(project: BenchmarkProject, target: str) -> pl.DataFrame:
    rows = pl.read_parquet(project.root / "data" / "predictions" / f"{target}.parquet")
    return rows.filter(pl.col("window") == "test")


def _core(project: BenchmarkProject) -> pl.DataFrame:
    oracle = pl.read_csv(project.root / "data" / "ingest" / "scrobbles" / "oracle.csv", try_parse_dates=True)
    rows = _test_rows(project, "breakout.core").with_columns(month=pl.col("as_of").dt.truncate("1mo").cast(pl.Date))
    return rows.join(oracle, on=["listener", "artist", "month"], how="left").with_columns(truth=pl.col("p_core"))


def _hit(project: BenchmarkProject) -> pl.DataFrame:
    oracle = pl.read_csv(project.root / "data" / "ingest" / "tracks" / "oracle.csv")
    threshold = load_settings(project.root / "params.yaml").target("hits.hit").snapshot["threshold"]
    rows = _test_rows(project, "hits.hit").join(oracle, on="track_id", how="left")
    chances = probability_at_least(rows["popularity_mean"].to_numpy(), rows["popularity_sd"].to_numpy(), threshold)
    return rows.with_columns(truth=pl.Series(chances))


if __name__ == "__main__":
    main()
