"""A series of times and numbers as users by hour: a level that was read now and then, or counts of short periods."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import polars as pl

from refrain.datasets import HOURLY_USERS
from refrain.errors import InputError
from sources.cells import CellReader, read_cells
from sources.importing import Plan, chosen_dataset, existing_path, importing, with_notes
from sources.local_times import from_local, read_moments
from sources.rejects import Reject
from sources.series_columns import NAME, SeriesLayout, find_layout
from sources.source import Destination, ImportReport, Source
from sources.tabular import Batch, FileOptions, cells_at, in_batches, read_rows
from sources.times import TimeZone

_SAMPLE_ROWS = 500
_HOUR = 3600
_MOMENT, _LOCAL, _NAIVE, _LINE, _USERS, _REASON = "moment", "local", "naive", "line", "users", "reason"
_SKIPPED = "at a time that the clock skipped"
_UNCLEAR = "in the hour that the clock showed twice, which the file lists once"
_TWICE = "another number for the same time"
_THIN = "in an hour with fewer than half of its readings"


class Options(FileOptions):
    """What may be said about the file."""

    values: Literal["level", "count"] | None = None
    """What the numbers are: a level (users online), whose mean over an hour is taken, or counts (rides begun), which
    are added up. A level where nothing is said."""
    timezone: TimeZone = "UTC"
    """The zone of times that carry none."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import a series as `hourly_users`; see sources.source.Source. Holds some 50 bytes a row in memory.

    * The two columns may have any names; of more than two, `columns` must say which are meant where it cannot be told.
      A header line may be missing.
    * Hours are those of UTC; a time is the moment of a reading, or the beginning of the period that it counts.
    * How many readings an hour has is told by the median step between them. An hour with fewer than half of these is
      left out. To counts of an hour that lacks some, what these would have counted is added, as the others did.
    * Times without a zone are of `options.timezone`; see local_times.from_local about the days on which its clock is
      changed. Where a day lists the hour that comes twice only once, its counts may be of one or of both: left out.
    * The same number again for the same time is the same reading; of different ones the first stays.

    Raises InputError where readings are more than an hour apart.
    """
    kind, file = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    rows = read_rows(file, options, NAME)
    sample = list(islice(rows, _SAMPLE_ROWS))
    layout = find_layout(file, sample, columns or {})
    body = chain(sample[layout.first_row :], rows)
    with importing(Plan(file, kind, layout.names), destination) as under_way:
        series, read, rejects = _read(in_batches(body, len(layout.names)), layout)
        if series.is_empty():
            under_way.take(read, series.select(pl.col(_MOMENT).alias("hour"), _USERS), rejects)
            return under_way.finish()
        series = _at_moments(series, options.timezone)
        step = _step(file, series)
        series = _judged(series, step)
        hours = _hours(series.filter(pl.col(_REASON).is_null()), step, options.values)
        refused = series.filter(pl.col(_REASON).is_not_null()).select(_LINE, _REASON)
        under_way.take(read, hours, [*rejects, *_rejects(file, options, refused)])
        return with_notes(under_way.finish(), _notes(options, series, hours, step))


def _read(batches: Iterator[Batch], layout: SeriesLayout) -> tuple[pl.DataFrame, int, list[Reject]]:
    """line, local, naive and users of the rows that parse, how many rows there are, and those that do not parse."""
    readers = [_reader("hour", layout, "a time"), _reader("users", layout, "a number")]
    frames, rejects, read = [], [], 0
    for batch in batches:
        typed = read_cells(batch, readers)
        read += len(batch.rows) + len(batch.torn)
        rejects += typed.rejects
        frames.append(typed.frame.unnest("hour"))
    empty = pl.DataFrame(schema={_LINE: pl.Int64, _LOCAL: pl.Datetime("us"), _NAIVE: pl.Boolean, _USERS: pl.Float64})
    series = pl.concat([empty, *(frame.select(empty.columns) for frame in frames)])
    return series.rename({_LOCAL: _MOMENT}) if series.is_empty() else series, read, rejects


def _reader(name: str, layout: SeriesLayout, kind: str) -> CellReader:
    position = layout.positions[name]
    parse = _moments if name == "hour" else _numbers
    return CellReader(name, layout.names[position], position, True, parse, kind, counts=name == "users")


def _moments(text: pl.Series) -> pl.Series:
    found = read_moments(text)
    frame = pl.DataFrame({_LOCAL: found.times, _NAIVE: found.naive})
    # Null as a whole where there is no time: that is how a cell that does not parse is known.
    return frame.select(pl.when(pl.col(_LOCAL).is_not_null()).then(pl.struct(_LOCAL, _NAIVE))).to_series()


def _numbers(text: pl.Series) -> pl.Series:
    number = text.cast(pl.Float64, strict=False)
    return number.set(~number.is_finite().fill_null(False), None)


def _at_moments(series: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The series with the UTC moment of each reading, or the reason why it has none."""
    naive = series.filter(_NAIVE)
    if zone == "UTC" or naive.is_empty():
        return series.with_columns(pl.col(_LOCAL).alias(_MOMENT), pl.lit(None, pl.String).alias(_REASON))
    found = from_local(naive[_LOCAL], zone)
    reason = pl.when(found.skipped).then(pl.lit(_SKIPPED)).when(found.unclear).then(pl.lit(_UNCLEAR))
    placed = naive.with_columns(found.times.alias(_MOMENT), reason.alias(_REASON))
    known = series.filter(~pl.col(_NAIVE)).with_columns(
        pl.col(_LOCAL).alias(_MOMENT), pl.lit(None, pl.String).alias(_REASON)
    )
    return pl.concat([placed, known]).sort(_LINE)


def _step(file: Path, series: pl.DataFrame) -> float:
    """Seconds from one reading to the next, as a rule; an hour where there is only one."""
    moment = pl.col(_MOMENT).drop_nulls().unique().sort()
    step = float(series.select(moment.diff().dt.total_seconds().median()).item() or _HOUR)
    if step > 1.5 * _HOUR:  # a logger that is called once an hour is seldom there on the second
        raise InputError(
            f"{file} has a reading every {step / _HOUR:.3g} hours, and users by hour need one an hour at least.",
            hint="Check that the column of times holds the time of day, too.",
        )
    return step


def _judged(series: pl.DataFrame, step: float) -> pl.DataFrame:
    """The series by moment, with the reason where a reading does not count; the same reading again is left out."""
    first = pl.col(_USERS).first().over(_MOMENT)
    rows = series.sort(_MOMENT, _LINE).with_columns(pl.col(_MOMENT).dt.truncate("1h").alias("hour"))
    rows = rows.with_columns(pl.coalesce(_REASON, pl.when(pl.col(_USERS) != first).then(pl.lit(_TWICE))))
    good = pl.col(_REASON).is_null()
    repeated = good & (pl.int_range(pl.len()).over(_MOMENT) > 0)
    rows = rows.filter(~repeated)
    thin = pl.when(good & (2 * good.sum().over("hour") < _per_hour(step))).then(pl.lit(_THIN))
    return rows.with_columns(pl.coalesce(_REASON, thin))


def _per_hour(step: float) -> int:
    return max(1, round(_HOUR / step))


def _hours(readings: pl.DataFrame, step: float, values: str | None) -> pl.DataFrame:
    """hour, users, and how many `readings` each hour has."""
    total, count = pl.col(_USERS).sum(), pl.len()
    lacking = pl.max_horizontal(1.0, _per_hour(step) / count)
    users = total * lacking if values == "count" else total / count
    return readings.group_by("hour", maintain_order=True).agg(users.alias(_USERS), count.alias("readings"))


def _rejects(file: Path, options: Options, refused: pl.DataFrame) -> list[Reject]:
    if refused.is_empty():
        return []
    cells = cells_at(file, options, NAME, set(refused[_LINE]))
    return [Reject(line, reason, cells[line]) for line, reason in refused.iter_rows()]


def _notes(options: Options, series: pl.DataFrame, hours: pl.DataFrame, step: float) -> Sequence[str]:
    per_hour, notes = _per_hour(step), []
    taken = "as a level, and averaged" if options.values != "count" else "as counts, and added up"
    if per_hour > 1:
        unsaid = f" If they are counts, set sources.{NAME}.values: count in params.yaml." if not options.values else ""
        notes.append(f"An hour has {per_hour} readings as a rule; they were taken {taken}.{unsaid}")
    short = hours.filter(pl.col("readings") < per_hour).height
    if short and options.values == "count":
        notes.append(f"Hours that lack some of their readings: {short:,}. These were counted as the others are.")
    if not hours.is_empty():
        hour = pl.col("hour")
        span = int(hours.select((hour.max() - hour.min()).dt.total_hours()).item()) + 1
        if span > hours.height:
            notes.append(f"{span - hours.height:,} of the {span:,} hours from the first to the last are missing.")
    if series[_NAIVE].any() and options.timezone == "UTC":
        notes.append(f"Its times carry no zone and were taken as UTC; if they are not, set sources.{NAME}.timezone.")
    return notes


SOURCE = Source(
    name=NAME,
    title="a series of times and numbers, as users by hour",
    datasets=(HOURLY_USERS.name,),
    options_type=Options,
    load=load,
)
