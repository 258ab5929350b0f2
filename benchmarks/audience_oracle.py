"""How far the champions of audience.churn and audience.churn_reason are from the best possible, on the simulated world.

`python -m benchmarks.audience_oracle [--seed N]`. The lift is what a metric (average precision, macro F1) on the test
window has over the base: the base rate, or the macro F1 of always naming the most frequent reason. The ratio is the
champion's lift over that of the oracle, which knows all true parameters but not who has left
(`sources.world.audience.truth`). Of its probabilities of the reasons a class is chosen as of the champion's: by weights
found on the tune window. At least .90 is asked of both. In brackets: 2.5 % and 97.5 % of the ratio over 500 resamples
of users, base, champion and oracle resampled together.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from ruamel.yaml import YAML
from sklearn.metrics import average_precision_score, f1_score

from benchmarks.projects import BenchmarkProject, clone_project, report
from features.registry import find_target
from models.class_calibration import choose_decision_weights, chosen_classes
from refrain.sessions import REASONS
from tasks.answers import from_columns
from tasks.kinds.registry import kind_of

_RESAMPLES = 500
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """What was said of the rows of the test window, and what came; arrays are [row]."""

    user: NDArray[np.object_]
    came: NDArray[np.int64]
    base: Numbers
    champion: Numbers
    oracle: Numbers
    metric: Callable[[NDArray[np.int64], Numbers], float]

    def metrics(self, rows: NDArray[np.int64]) -> tuple[float, float, float]:
        """The metric of base, champion and oracle on these rows."""
        came = self.came[rows]
        base, champion, oracle = (self.metric(came, said[rows]) for said in (self.base, self.champion, self.oracle))
        return base, champion, oracle

    def ratios(self) -> Numbers:
        """The ratio of the lifts: of all rows, and then of each resample of the users."""
        random = np.random.default_rng(0)
        mine = pd.Series(range(len(self.user))).groupby(self.user).apply(np.array).to_list()
        draws = random.integers(0, len(mine), (_RESAMPLES, len(mine)))
        samples = (np.concatenate([mine[place] for place in draw]) for draw in draws)
        found = np.array([self.metrics(rows) for rows in (np.arange(len(self.user)), *samples)])
        ratios: Numbers = (found[:, 1] - found[:, 0]) / (found[:, 2] - found[:, 0])
        return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="of another world than the embedded one")
    seed = parser.parse_args().seed
    with tempfile.TemporaryDirectory() as folder:
        project = clone_project(Path(folder) / "project")
        if seed is not None:
            _reseed(project, seed)
        results = {each["target"]: each for each in project.results("audience.churn", "audience.churn_reason")}
        champions = {name: result["champion"]["name"] for name, result in results.items()}
        found = {
            "churn": _told(project, "audience.churn", champions, _churn),
            "reason": _told(project, "audience.churn_reason", champions, _reason),
        }
    report("audience_oracle", **found)


def _told(
    project: BenchmarkProject,
    target: str,
    champions: dict[str, str],
    compare: Callable[[pd.DataFrame, str], Compared],
) -> float:
    """Print the comparison; the ratio."""
    compared = compare(_rows(project, target), champions[target])
    ratios = compared.ratios()
    base, champion, oracle = compared.metrics(np.arange(len(compared.came)))
    low, high = np.quantile(ratios[1:], [0.025, 0.975])
    print(
        f"{target}: {len(compared.came)} rows; base {base:.3f}, champion {champions[target]} {champion:.3f}, oracle "
        f"{oracle:.3f}: {ratios[0]:.1%} of the oracle's lift [{low:.1%}, {high:.1%}]"
    )
    return round(float(ratios[0]), 3)


def _rows(project: BenchmarkProject, target: str) -> pd.DataFrame:
    """The rows of the tune and test windows, with the oracle's columns."""
    said = pl.read_parquet(project.root / "data" / "predictions" / f"{target}.parquet")
    oracle = pl.read_csv(project.root / "data" / "ingest" / "events" / "oracle.csv", try_parse_dates=True)
    joined = said.with_columns(pl.col("as_of").cast(pl.Date)).join(oracle, on=["user_id", "as_of"], how="left")
    if joined["p_silent"].null_count():
        raise SystemExit(f"{target} has rows that the oracle does not know.")
    return joined.to_pandas()


def _churn(rows: pd.DataFrame, champion: str) -> Compared:
    test = rows[rows["window"] == "test"]
    said = from_columns(test, champion, kind_of(find_target("audience.churn")))
    return Compared(
        user=test["user_id"].to_numpy(dtype=object),
        came=test["label"].to_numpy(dtype=np.int64),
        base=np.zeros(len(test)),
        champion=said,
        oracle=test["p_silent"].to_numpy(dtype=np.float64),
        metric=lambda came, score: float(average_precision_score(came, score)),
    )


def _reason(rows: pd.DataFrame, champion: str) -> Compared:
    tune, test = (rows[rows["window"] == window] for window in ("tune", "test"))
    said = from_columns(test, champion, kind_of(find_target("audience.churn_reason")))
    columns = [f"p_{reason}" for reason in REASONS]
    weights = choose_decision_weights(tune[columns].to_numpy(), tune["label"].to_numpy())
    most_frequent = np.bincount(tune["label"].to_numpy(dtype=np.int64)).argmax()
    return Compared(
        user=test["user_id"].to_numpy(dtype=object),
        came=test["label"].to_numpy(dtype=np.int64),
        base=np.full(len(test), float(most_frequent)),
        champion=said[:, -1],
        oracle=chosen_classes(test[columns].to_numpy(), weights).astype(np.float64),
        metric=lambda came, chosen: float(f1_score(came, chosen, average="macro", labels=np.unique(came))),
    )


def _reseed(project: BenchmarkProject, seed: int) -> None:
    yaml, path = YAML(), project.root / "params.yaml"
    params = yaml.load(path.read_text())
    params["sources"]["simulated"]["seed"] = seed
    with path.open("w") as stream:
        yaml.dump(params, stream)


if __name__ == "__main__":
    main()
