"""The step that serves: rows of a file through the champion."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from features.target import Target
from models.storage import load_estimator
from refrain.errors import InputError
from refrain.files import replacing
from refrain.settings import Frozen
from tasks.kinds.registry import kind_of
from tasks.model_folder import MODEL_FILE, fetched_model
from tasks.score_rows import PARQUET, Chunk, read_chunks, write_csv_header
from tasks.tracking import Store
from tasks.versions import Version, champion

_SUFFIXES = (".csv", PARQUET)


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


def score(target: Target, in_path: Path, out_path: Path, store: Store) -> ScoreReport:
    """Write to `out_path` what the champion of `target` says of the rows in `in_path`; each .csv or .parquet.

    An output row has the input's key columns; `probability`, and `alert` (0 or 1) where the target has a decision
    threshold, or of an amount `prediction` with its bounds, or `class` and the probability of each; and the model's
    name, version, family and is_baseline.
    Memory does not grow with the number of rows.
    Raises ModelError if there is no champion or it does not load, InputError if the input is not what the target
    takes; `out_path` then stays as it was.
    """
    if out_path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"Predictions cannot be written as {out_path.name}.", hint="Name it .csv or .parquet.")
    served = champion(store, target.name)
    with fetched_model(store, served) as folder:
        model = load_estimator(folder / MODEL_FILE)
    layout, chunks = read_chunks(target, in_path)
    rows = alerts = 0
    with replacing(out_path) as beside, _writer(beside, out_path.suffix.lower()) as writer:
        for chunk in chunks:
            scored = _scored(chunk, model, served, target)
            writer.write(scored)
            rows += len(scored)
            alerts += int(scored["alert"].sum()) if "alert" in scored else 0
    return ScoreReport(
        target=target.name,
        rows=rows,
        alerts=alerts if "threshold" in served.tags else None,
        name=served.name,
        family=served.family,
        version=served.version,
        is_baseline=served.is_baseline,
        imputed=layout.absent,
        ignored=layout.ignored,
    )


def _scored(chunk: Chunk, model: Any, served: Version, target: Target) -> pd.DataFrame:
    # The order in which the model was fitted; a feature that the input lacks is missing in every row.
    features = chunk.features.reindex(columns=list(target.features))
    kind = kind_of(target)
    scored = chunk.keys.assign(**kind.described(kind.ask(model, features)))
    if "threshold" in served.tags:
        scored["alert"] = (scored["probability"] >= float(served.tags["threshold"])).astype("int64")
    return scored.assign(
        model=served.name, version=served.version, family=served.family, is_baseline=served.is_baseline
    )


class _Writer(Protocol):
    def write(self, rows: pd.DataFrame) -> None: ...


class _CsvWriter:
    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._writer: Any = None

    def write(self, rows: pd.DataFrame) -> None:
        self._writer = self._writer or write_csv_header(self._stream, list(rows.columns))
        self._writer.writerows(rows.astype(object).to_numpy().tolist())


class _ParquetWriter:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, rows: pd.DataFrame) -> None:
        import pyarrow  # noqa: PLC0415 - a CSV needs none of it
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

        table = pyarrow.Table.from_pandas(rows, preserve_index=False)
        if self._writer is None:
            self._writer = ParquetWriter(self._path, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@contextmanager
def _writer(path: Path, suffix: str) -> Iterator[_Writer]:
    if suffix == PARQUET:
        writer = _ParquetWriter(path)
        try:
            yield writer
        finally:
            writer.close()
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield _CsvWriter(stream)
