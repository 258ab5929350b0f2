"""The forecast of a catalogue that lies in files, written to a file; memory holds its tracks, but not their rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import polars as pl
import pyarrow as pa

from refrain.errors import InputError
from refrain.track_months import MLDR
from tasks.forecasting.careful_reading import made_plain, typed_rows
from tasks.forecasting.forecaster import Forecaster, Forecasts
from tasks.forecasting.histories import Histories, day_of
from tasks.forecasting.measured import Measured, completed, measure, surroundings_of
from tasks.forecasting.ordered import in_order
from tasks.forecasting.readers import CatalogueFiles, read_histories
from tasks.forecasting.row_batches import NotPlainError
from tasks.forecasting.table_files import table_file
from tasks.forecasting.tables import long_table, totals_table, wide_table
from tasks.forecasting.track_facts import TrackFacts

_TABLES: dict[str, Callable[[Forecasts], tuple[pa.Table, ...]]] = {
    "long": lambda forecasts: (long_table(forecasts), totals_table(forecasts)),
    "wide": lambda forecasts: (wide_table(forecasts),),
}
LAYOUTS = tuple(_TABLES)
Made = TypeVar("Made")
_CELLS = 1_000_000
"""Months of tracks that are forecast at once."""


@dataclass(frozen=True)
class CatalogueForecast:
    """What was forecast, and what was not."""

    as_of: date
    months: int
    tracks: int
    without_mldr: int
    """Tracks forecast without their artist's monthly-listener decay rate, which is not known."""
    skipped: Mapping[str, tuple[str, ...]]
    """Reason -> ids of tracks."""
    written: tuple[Path, ...]


def forecast_catalogue(
    forecaster: Forecaster,
    files: CatalogueFiles,
    out: Path,
    *,
    as_of: date,
    months: int = 24,
    layout: str = LAYOUTS[0],
    received_on: date | None = None,
    workers: int = 2,
) -> CatalogueForecast:
    """Write to `out` (.parquet or .csv) what the model says at `as_of` of every track in `files`.

    In the layout "long" a row is a track's month, and the sums are written beside it to a file of the same name with
    `_totals`; in "wide" a row is a track. Tracks come in the order of the file, or, where their rows lie apart, in that
    of their ids. About 500 bytes a track are held, and `workers` chunks of rows.
    Raises InputError if a file cannot be read as its dataset, or nothing in it can be forecast.
    """
    tabled = _TABLES[layout]
    measured = measured_catalogue(forecaster, files, as_of, received_on, workers)
    around = surroundings_of(measured, day_of(as_of))
    parts = list(in_order(lambda part: completed(part, around), _given_away(measured), workers))
    tracks = sum(len(part) for part in parts)
    skipped = _all_skipped(parts)
    if not tracks:
        reasons = ", ".join(f"{reason} ({len(track_ids)})" for reason, track_ids in skipped.items())
        raise InputError(
            f"{files.daily_streams} holds no track that can be forecast at {as_of}: {reasons or 'it has no rows'}."
        )

    def tables(piece: Measured) -> tuple[pa.Table, ...]:
        return tabled(forecaster.of_measured(piece, as_of, months))

    written = (out, out.with_name(f"{out.stem}_totals{out.suffix}")) if layout == "long" else (out,)
    cut = (piece for part in parts for piece in pieces(part, months))
    with ExitStack() as opened:
        outputs = [opened.enter_context(table_file(path)) for path in written]
        for made in in_order(tables, cut, workers):
            for output, table in zip(outputs, made, strict=True):
                output.write(table)
    return CatalogueForecast(
        as_of=as_of,
        months=months,
        tracks=tracks,
        without_mldr=sum(int(part.columns[MLDR].isna().sum()) for part in parts),
        skipped=skipped,
        written=written,
    )


def measured_catalogue(
    forecaster: Forecaster, files: CatalogueFiles, as_of: date, received_on: date | None, workers: int
) -> list[Measured]:
    """Every track of the files, measured: in chunks, in the order in which forecasts are written."""
    received = None if received_on is None else day_of(received_on)
    return each_chunk(
        lambda chunk: measure(chunk, day_of(as_of), forecaster.settings, received), forecaster, files, as_of, workers
    )


def each_chunk(
    made: Callable[[Histories], Made], forecaster: Forecaster, files: CatalogueFiles, as_of: date, workers: int
) -> list[Made]:
    """What is `made` of each chunk of the files' tracks, in the order in which forecasts are written."""
    facts = TrackFacts(files.tracks, files.artist_listeners, day_of(as_of), forecaster.settings)
    try:
        return list(in_order(made, read_histories([files.daily_streams], facts), workers))
    except NotPlainError:
        with made_plain(files.daily_streams) as paths:
            return list(in_order(made, read_histories(paths, facts), workers))


def last_day(daily_streams: Path, received_on: date | None = None) -> date:
    """The latest day of daily_streams (none later than `received_on`, where that is given): the natural as_of.

    Raises InputError if there is no such day.
    """
    rows = typed_rows(daily_streams)
    if received_on is not None:
        rows = rows.filter(pl.col("date") <= received_on)
    found: date | None = rows.select(pl.col("date").max()).collect(engine="streaming").item()
    if found is None:
        raise InputError(f"{daily_streams} has no counts.", hint="It is to have a row for each day of each track.")
    return found


def _given_away(parts: list[Measured]) -> Iterator[Measured]:
    """Each part, held here no longer: what it becomes is as large as it is."""
    parts.reverse()
    while parts:
        yield parts.pop()


def pieces(part: Measured, months: int) -> Iterator[Measured]:
    """The tracks of a part, as many at once as keep the forecast near the processor."""
    size = max(1, _CELLS // months)
    for first in range(0, len(part), size):
        yield part.at(slice(first, first + size))


def _all_skipped(parts: Iterable[Measured]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for reason, track_ids in part.skipped.items():
            found[reason] = (*found.get(reason, ()), *track_ids)
    return found
