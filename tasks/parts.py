"""Taking datasets that outgrow memory in parts, each of which can be computed without the others."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

_WHOLE_ROWS = 5_000_000
"""Up to so many rows a dataset is taken whole: parting it costs more than it saves."""
_PART_ROWS = 1_250_000
_PART = "__part"
Frames = Mapping[str, pl.LazyFrame]


@contextmanager
def in_parts(frames: Frames, apart: str | None, folder: Path, whole: int = _WHOLE_ROWS) -> Iterator[Iterator[Frames]]:
    """Yield `frames` whole, or in parts that have all rows of a value of the column `apart` together.

    They are parted where one of them has more than `whole` rows, and all such have that column; a smaller one that has
    it not is whole in every part. The parts lie in a temporary folder in `folder` until the end of the block. A single
    value with very many rows stays one part.
    """
    rows = {dataset: _count(frame) for dataset, frame in frames.items()}
    parted = {dataset: frame for dataset, frame in frames.items() if apart in frame.collect_schema()}
    outgrown = {dataset for dataset, count in rows.items() if count > whole}
    if apart is None or not outgrown or outgrown - parted.keys():
        yield iter([frames])
        return
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=folder) as name:
        count = -(-max(rows.values()) // min(_PART_ROWS, whole))
        for dataset, frame in parted.items():
            _part(frame, apart, count, Path(name) / dataset)
        yield ({**frames, **_scanned(parted, Path(name), number)} for number in range(count))


def in_order(parts: Iterable[pl.DataFrame], by: Sequence[str], folder: Path) -> pl.DataFrame:
    """The rows of all `parts`, which have the same columns, sorted by the columns `by`; together they name a row.

    Several parts wait in a temporary folder in `folder`, and are put into order a column at a time: no row is in memory
    twice.
    """
    with tempfile.TemporaryDirectory(prefix=".rows-", dir=folder) as name:
        files: list[Path] = []
        for number, part in enumerate(parts):
            files.append(Path(name) / f"{number}.parquet")
            part.write_parquet(files[-1], compression="lz4", statistics=False)
            del part
        order = pl.read_parquet(files, columns=list(by)).select(pl.arg_sort_by(*by)).to_series()
        columns = pl.read_parquet_schema(files[0])
        return pl.DataFrame([pl.read_parquet(files, columns=[column])[column].gather(order) for column in columns])


def _count(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect(engine="streaming").item())


def _part(frame: pl.LazyFrame, apart: str, count: int, folder: Path) -> None:
    # Which part a value falls into does not matter to what comes out, only that it is one.
    numbered = frame.with_columns((pl.col(apart).hash(seed=0) % count).alias(_PART))
    numbered.sink_parquet(
        pl.PartitionBy(folder, key=_PART, include_key=False), compression="uncompressed", statistics=False, mkdir=True
    )


def _scanned(frames: Frames, folder: Path, number: int) -> Frames:
    found = {}
    for dataset, frame in frames.items():
        files = sorted((folder / dataset / f"{_PART}={number}").glob("*.parquet"))
        found[dataset] = pl.scan_parquet(files) if files else frame.head(0)
    return found
