"""A fresh process that loads stored models and predicts with them, as serving will."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from features.target import Kind, Target
from refrain.errors import RefrainError
from tasks.gate import Reproduction
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of, of_kind


def fresh_predictions(target: Target, models: Mapping[str, Path], rows: pd.DataFrame) -> dict[str, Answers | str]:
    """Name -> answers to `rows`, or, as text, why there are none.

    All models are loaded in one new Python process that knows nothing but the files. `rows` holds the features.
    """
    if not models:
        return {}
    with tempfile.TemporaryDirectory(prefix="refrain-") as name:
        folder = Path(name)
        rows.to_parquet(folder / "rows.parquet", index=False)
        paths = {key: str(path.resolve()) for key, path in models.items()}
        job = {"folder": name, "kind": target.kind, "classes": target.classes, "models": paths}
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


def reproductions(
    target: Target, said: Mapping[str, Answers | str], written: Mapping[str, Answers]
) -> dict[str, Reproduction]:
    """Compare what a fresh process said with what training wrote down, candidate by candidate."""
    return {name: _compare(target, said[name], expected) for name, expected in written.items()}


def _compare(target: Target, said: Answers | str, expected: Answers) -> Reproduction:
    if isinstance(said, str):
        return Reproduction(error=said)
    if len(said) != len(expected):
        return Reproduction(error=f"it gave {len(said)} predictions for {len(expected)} rows")
    difference = kind_of(target).distance(said, expected)
    return Reproduction(max_difference=difference if np.isfinite(difference) else np.inf)


def main() -> None:
    """The fresh process: a job on standard input, predictions beside its rows, reasons on standard output."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    from models.storage import load_estimator  # noqa: PLC0415 - only this process builds models

    job = json.load(sys.stdin)
    folder = Path(job["folder"])
    rows = pd.read_parquet(folder / "rows.parquet")
    kind = of_kind(Kind(job["kind"]), tuple(job["classes"]))
    reasons: dict[str, str] = {}
    with threadpool_limits(limits=1):
        for place, (name, path) in enumerate(job["models"].items()):
            try:
                np.save(folder / f"{place}.npy", kind.ask(load_estimator(Path(path)), rows))
                reasons[name] = ""
            except RefrainError as error:
                reasons[name] = str(error)
            except Exception as error:
                # Whatever a model does when it is used: it is the finding, not a fault of this process.
                reasons[name] = f"{type(error).__name__}: {error}"
    json.dump(reasons, sys.stdout)


if __name__ == "__main__":
    main()
