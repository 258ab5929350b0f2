"""A fresh process that loads stored models and predicts with them, as serving will."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refrain.errors import ModelError, RefrainError
from tasks.gate import Reproduction

Numbers = NDArray[np.float64]


def fresh_predictions(models: Mapping[str, Path], rows: pd.DataFrame) -> dict[str, Numbers | str]:
    """Name -> probabilities of label 1 for each of `rows`, or, as text, why there are none.

    All models are loaded in one new Python process that knows nothing but the files. `rows` holds the features.
    """
    if not models:
        return {}
    with tempfile.TemporaryDirectory(prefix="refrain-") as name:
        folder = Path(name)
        rows.to_parquet(folder / "rows.parquet", index=False)
        job = {"folder": name, "models": {key: str(path.resolve()) for key, path in models.items()}}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tasks.reproduce"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return dict.fromkeys(models, f"the fresh process ended with exit code {done.returncode}: {last}")
        said = json.loads(done.stdout)
        return {key: said[key] or np.load(folder / f"{place}.npy") for place, key in enumerate(models)}


def reproductions(said: Mapping[str, Numbers | str], written: Mapping[str, Numbers]) -> dict[str, Reproduction]:
    """Compare what a fresh process said with what training wrote down, candidate by candidate."""
    return {name: _compare(said[name], expected) for name, expected in written.items()}


def _compare(said: Numbers | str, expected: Numbers) -> Reproduction:
    if isinstance(said, str):
        return Reproduction(error=said)
    if len(said) != len(expected):
        return Reproduction(error=f"it gave {len(said)} predictions for {len(expected)} rows")
    difference = float(np.max(np.abs(said - expected), initial=0.0))
    return Reproduction(max_difference=difference if np.isfinite(difference) else np.inf)


def predict(model: Any, rows: pd.DataFrame) -> Numbers:
    """Probabilities of label 1. Raises ModelError if what the model gives is not one probability a row."""
    said = np.asarray(model.predict_proba(rows), dtype=np.float64)
    if said.shape != (len(rows), 2) or not np.all((said >= 0) & (said <= 1)):
        raise ModelError(f"The {type(model).__name__} does not give two probabilities a row.", hint="Train it anew.")
    return said[:, 1]


def main() -> None:
    """The fresh process: a job on standard input, predictions beside its rows, reasons on standard output."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    from models.storage import load_estimator  # noqa: PLC0415 - only this process builds models

    job = json.load(sys.stdin)
    folder = Path(job["folder"])
    rows = pd.read_parquet(folder / "rows.parquet")
    reasons: dict[str, str] = {}
    with threadpool_limits(limits=1):
        for place, (name, path) in enumerate(job["models"].items()):
            try:
                np.save(folder / f"{place}.npy", predict(load_estimator(Path(path)), rows))
                reasons[name] = ""
            except RefrainError as error:
                reasons[name] = str(error)
            except Exception as error:
                # Whatever a model does when it is used: it is the finding, not a fault of this process.
                reasons[name] = f"{type(error).__name__}: {error}"
    json.dump(reasons, sys.stdout)


if __name__ == "__main__":
    main()
