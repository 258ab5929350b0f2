"""Small snapshots with a known truth, and a small project to train in."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from features.registry import all_targets
from refrain.project import Project

TARGET = "breakout.core"
PARAMS = """
storage: {}
sources: {}
datasets: {}
targets:
  breakout:
    core:
      training:
        seed: 3
        split: {train: 0.6, tune: 0.2, folds: 2, min_rows: 30}
        replicates: 100
        importance_rows: 200
        importance_repeats: 1
        candidates:
          logistic: {C: [0.1, 1.0]}
          forest: {n_estimators: [20], min_samples_leaf: [5]}
          xgboost: {max_depth: [2, 3], n_estimators: [60]}
        alerts: {beta: 0.5, max_median: 3}
"""


def breakout_snapshot(rows: int = 1200, months: int = 24, seed: int = 5, unlabelled: int = 40) -> pd.DataFrame:
    """Rows of breakout.core whose label depends on plays_t and delta_1m; the last ones have none yet."""
    target = all_targets()[TARGET]
    generator = np.random.default_rng(seed)
    month = np.sort(generator.integers(0, months, rows))
    frame = pd.DataFrame({name: generator.normal(size=rows) for name in target.numeric})
    frame["plays_t"] = generator.poisson(6, rows) + 3.0
    frame["plays_prev3_mean"] = frame["plays_t"] * generator.uniform(0.2, 1.0, rows)
    frame.loc[generator.random(rows) < 0.1, "ratio_to_prev3"] = np.nan
    odds = 0.35 * (frame["plays_t"] - 12) + 1.2 * frame["delta_1m"]
    frame["label"] = (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype("float")
    frame.loc[frame.index[rows - unlabelled :], "label"] = np.nan
    frame["listener"] = [f"listener {number}" for number in generator.integers(0, 6, rows)]
    frame["artist"] = [f"artist {number}" for number in generator.integers(0, 150, rows)]
    starts = pd.Timestamp("2021-01-01") + pd.to_timedelta(0, "D")
    frame["as_of"] = [(starts + pd.DateOffset(months=int(m) + 1) - pd.Timedelta(days=1)).date() for m in month]
    frame["label_known_at"] = [(starts + pd.DateOffset(months=int(m) + 3)).date() for m in month]
    return frame.drop_duplicates(["listener", "artist", "as_of"]).reset_index(drop=True)


def project_with(folder: Path, snapshot: pd.DataFrame, params: str = PARAMS) -> Project:
    """A project in `folder` that has nothing but params.yaml and the snapshot."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / "params.yaml").write_text(params)
    project = Project(folder)
    project.snapshot(TARGET).parent.mkdir(parents=True)
    snapshot.to_parquet(project.snapshot(TARGET), index=False)
    return project
