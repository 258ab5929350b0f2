"""Files of daily_streams with rows in any order, or cells that are no numbers or dates: made plain first."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from refrain.errors import InputError
from tasks.forecasting.row_batches import column_names

_PART_ROWS = 10_000_000
"""Rows that are sorted at once, in memory."""
_PART = "__part"
_NUMBERS: dict[str, type[pl.DataType]] = {"streams": pl.Float64, "days": pl.Int64, "cutoff": pl.Float64}


@contextmanager
def made_plain(path: Path, part_rows: int = _PART_ROWS) -> Iterator[list[Path]]:
    """Parquet files with the same rows, sorted by track and date over all files; gone at the end of the block.

    A cell that is no number or date becomes an empty one, which is then a fault of its track. Tracks are shared out to
    files by their ids, so that memory holds one file's rows and all ids.
    """
    with TemporaryDirectory(prefix="refrain-") as name:
        try:
            found = _sorted_files(path, Path(name), part_rows)
        except pl.exceptions.PolarsError as error:
            raise InputError(
                f"{path} cannot be read: {str(error).splitlines()[0]}.", hint="It is to be UTF-8, with a header line."
            ) from None
        yield found


def _sorted_files(path: Path, folder: Path, part_rows: int) -> list[Path]:
    rows = typed_rows(path)
    parts = max(1, -(-int(rows.select(pl.len()).collect(engine="streaming").item()) // part_rows))
    if parts == 1:
        return [_sorted_file(rows, folder / "sorted.parquet")]
    _share_out(rows, parts, folder)
    found = []
    for number in range(parts):
        files = sorted((folder / f"{_PART}={number}").glob("*.parquet"))
        if files:
            found.append(_sorted_file(pl.scan_parquet(files), folder / f"sorted-{number:06d}.parquet"))
        for file in files:
            file.unlink()
    return found


def _sorted_file(rows: pl.LazyFrame, path: Path) -> Path:
    ordered = rows.sort("track_id", "date", maintain_order=True).collect()
    ordered.write_parquet(path, compression="uncompressed", statistics=False, row_group_size=1 << 20)
    return path


def typed_rows(path: Path) -> pl.LazyFrame:
    """The rows of a file of daily_streams, lazily; null for a cell that is no number or no date."""
    return _typed(_scanned(path))


def _scanned(path: Path) -> pl.LazyFrame:
    names = column_names(path)
    if path.suffix.lower() == ".csv":
        return pl.scan_csv(path, infer_schema=False).select(names)
    return pl.scan_parquet(path).select(names)


def _typed(rows: pl.LazyFrame) -> pl.LazyFrame:
    schema = rows.collect_schema()

    def date(name: str) -> pl.Expr:
        if schema[name] == pl.String:
            return pl.col(name).str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
        return pl.col(name).cast(pl.Date, strict=False)

    def number(name: str, into: type[pl.DataType]) -> pl.Expr:
        cell = pl.col(name).str.strip_chars() if schema[name] == pl.String else pl.col(name)
        return cell.cast(into, strict=False)

    numbers = [number(name, into) for name, into in _NUMBERS.items() if name in schema]
    return rows.select(pl.col("track_id").cast(pl.String), date("date"), *numbers)


def _share_out(rows: pl.LazyFrame, parts: int, folder: Path) -> None:
    ids = rows.select(pl.col("track_id").unique()).collect(engine="streaming").sort("track_id")
    shares = ids.with_columns((pl.int_range(pl.len()) * parts // pl.len()).cast(pl.Int32).alias(_PART))
    shared = rows.join(shares.lazy(), on="track_id", how="left", nulls_equal=True, maintain_order="left")
    shared.sink_parquet(
        pl.PartitionBy(folder, key=_PART, include_key=False), compression="uncompressed", statistics=False, mkdir=True
    )
