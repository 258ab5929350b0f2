"""The step that serves: rows of a file through the champion."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from features.target import Target
from refrain.errors import InputError, ModelError
from refrain.files import replacing
from refrain.settings import Frozen
from tasks.champions.loaded import LoadedModel, load_version
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.scoring.batches import Batch, RowFile, opened, read_batches
from tasks.scoring.refused import refused
from tasks.scoring.threads import ahead, behind
from tasks.scoring.writing import SUFFIXES, array, constant, writer
from tasks.tracking import Store
from tasks.versions import champion

Told = Callable[[int, float], None]
"""Is told how many rows are scored, and how much of the file that is, from 0 to 1 (0 where that is not known)."""


class ScoreReport(Frozen):
    """What was scored, and by which model."""

    target: str
    rows: int
    alerts: int | None
    """Rows whose probability reaches the decision threshold, where the target has one."""
    name: str
    family: str
    version: int
    is_baseline: bool
    imputed: tuple[str, ...]
    """Optional features that the input does not have."""
    ignored: tuple[str, ...]
    """Columns of the input that are neither features nor keys."""


def score(
    target: Target, in_path: Path, out_path: Path, store: Store, told: Told = lambda rows, share: None
) -> ScoreReport:
    """Write to `out_path` what the champion of `target` says of the rows in `in_path`; each .csv or .parquet.

    An output row has the input's key columns; `probability`, and `alert` (0 or 1) where the target has a decision
    threshold, or of an amount `prediction` with its bounds, or `class` and the probability of each; and the model's
    name, version, family and is_baseline.
    Memory does not grow with the number of rows.
    Raises ModelError if there is no champion or it does not load, InputError if the input is not what the target
    takes; `out_path` then stays as it was.
    """
    if out_path.suffix.lower() not in SUFFIXES:
        raise InputError(f"Predictions cannot be written as {out_path.name}.", hint="Name it .csv or .parquet.")
    model = load_version(store, champion(store, target.name))
    file = opened(target, in_path)
    rows = alerts = 0
    with (
        replacing(out_path) as beside,
        writer(beside, out_path.suffix.lower()) as out,
        behind(out.write) as write,
        ahead(read_batches(target, in_path, file)) as batches,
    ):
        for batch in batches:
            columns = _scored(batch, _asked(batch, model, file, in_path), model)
            write(columns)
            rows += len(batch.rows)
            alerts += int(columns["alert"].sum().as_py()) if "alert" in columns else 0
            told(rows, batch.share)
    served = model.served
    return ScoreReport(
        target=target.name,
        rows=rows,
        alerts=None if model.threshold is None else alerts,
        name=served.name,
        family=served.family,
        version=served.version,
        is_baseline=served.is_baseline,
        imputed=file.layout.absent,
        ignored=file.layout.ignored,
    )


def _asked(batch: Batch, model: LoadedModel, file: RowFile, path: Path) -> Answers:
    try:
        answers = model.answers(batch.rows)
    except InputError as error:
        raise refused(batch, model, file, path) or error from None
    finite = np.isfinite(answers.reshape(len(answers), -1)).all(axis=1)
    if not finite.all():
        place = file.places([batch.start + int(np.argmin(finite))])[0]
        raise ModelError(f"{path}, {place}: {model.served.name} gives no number.", hint="Leave the row out.")
    return answers


def _scored(batch: Batch, answers: Answers, model: LoadedModel) -> Mapping[str, Any]:
    """Column -> Arrow array."""
    described = kind_of(model.target).described(answers)
    columns = batch.keys | {name: array(values) for name, values in described.items()}
    if model.threshold is not None:
        columns["alert"] = array((described["probability"] >= model.threshold).astype("int64"))
    served, count = model.served, len(batch.rows)
    return columns | {
        "model": constant(served.name, count),
        "version": constant(served.version, count),
        "family": constant(served.family, count),
        "is_baseline": constant(served.is_baseline, count),
    }
