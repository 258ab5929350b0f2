"""Records to send to a server of predictions: rows of this project's own snapshots, as a caller would write them."""

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.projects import ROOT
from features.registry import find_target
from refrain.project import find_project

WEEK = ("popularity", "days_since_release", *(f"day_{back}" for back in range(7)))
SONG = ("danceability", "energy", "valence", "tempo")
MONTH = find_target("breakout.core").numeric
_POPULARITY = 62
"""Where the data has no dated reading of it."""


def records(target: str, features: tuple[str, ...], count: int) -> list[dict[str, Any]]:
    """`count` of the newest rows of a target's snapshot, with these numeric features; what is missing is left out."""
    path = find_project(ROOT).snapshot(target)
    frame = pq.read_table(path, columns=[*features, "as_of"]).to_pandas()
    newest = frame.sort_values("as_of", kind="stable").drop(columns="as_of").tail(count)
    rows = newest.astype(float).to_dict("records")
    return [_written({str(name): value for name, value in row.items()}) for row in rows]


def _written(row: dict[str, float]) -> dict[str, float | int]:
    """Whole numbers as people write them."""
    present = {name: value for name, value in row.items() if not math.isnan(value)}
    written = {name: int(value) if value.is_integer() else value for name, value in present.items()}
    return {"popularity": _POPULARITY, **written} if "popularity" in row else written


def catalogue(tracks: int, days: int, seed: int = 1) -> dict[str, Any]:
    """Tracks with so many daily counts each, from the release on: high at first, then lower, with weeks and chance."""
    random = np.random.default_rng(seed)
    age = np.arange(days)
    level, fading = 10 ** random.uniform(1, 5, (tracks, 1)), random.uniform(20, 400, (tracks, 1))
    mean = level * (0.3 + 0.7 * np.exp(-age / fading)) * (1 + 0.15 * (age % 7 == 4))
    counts = random.poisson(mean).tolist()
    released = (date(2024, 12, 31) - timedelta(days=days - 1)).isoformat()
    return {
        "tracks": [{"track_id": f"T{n}", "release_date": released, "daily": daily} for n, daily in enumerate(counts)]
    }
