"""A small project in which one target was really trained, for the tests of everything that comes after training."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.registry import all_targets
from refrain.project import Project
from tasks.train import run_stage

TARGET = all_targets()["breakout.core"]
PARAMS = """
storage: {mlruns: mlruns}
sources: {simulated: {}}
datasets:
  scrobbles: {source: simulated, received_on: '2025-01-01'}
targets:
  breakout:
    core:
      training:
        seed: 1
        replicates: 200
        importance_rows: 50
        importance_repeats: 1
        split: {train: 0.6, tune: 0.2, folds: 1}
        candidates:
          logistic: {C: [1.0]}
          xgboost: {max_depth: [2], learning_rate: [0.3]}
        alerts: {beta: 0.5, max_median: 3}
      gate: {max_calibration_error: 0.2}
"""


def snapshot_rows(rows: int = 1200, seed: int = 0, signal: float = 2.0) -> pd.DataFrame:
    """Rows as the target's snapshot has them; the label follows two features, not the baselines' column."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.normal(size=rows) for name in TARGET.numeric})
    months = pd.date_range("2022-01-31", periods=24, freq="ME")
    as_of = months[np.sort(rng.integers(0, len(months), rows))]
    chance = 1 / (1 + np.exp(1.5 - signal * (frame["share_t"] + frame["days_active_t"])))
    return frame.assign(
        listener=[f"listener {number}" for number in rng.integers(0, 40, rows)],
        artist=[f"artist {number}" for number in range(rows)],
        as_of=[day.date() for day in as_of],
        label_known_at=[day.date() for day in as_of + pd.Timedelta(days=20)],
        label=(rng.random(rows) < chance).astype(float),
    )


def make_project(folder: Path, frame: pd.DataFrame | None = None, params: str = PARAMS) -> Project:
    """A project with that snapshot, trained."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(params)
    project = Project(folder)
    path = project.snapshot(TARGET.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    (snapshot_rows() if frame is None else frame).to_parquet(path, index=False)
    run_stage(TARGET.name, project)
    return project


LAST_DAY = date(2023, 12, 31)
