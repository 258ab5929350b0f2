"""Times that a local clock showed, as UTC: the hour that it skips in spring, the hour that it shows twice in autumn."""

from dataclasses import dataclass

import polars as pl

from sources.times import read_times


@dataclass(frozen=True)
class Moments:
    """Naive UTC times, null where unreadable; and which of them the file gave without a zone."""

    times: pl.Series
    naive: pl.Series


@dataclass(frozen=True)
class FromLocal:
    """UTC times in the given order, null where there is none; and why not."""

    times: pl.Series
    skipped: pl.Series
    """Times that no clock of the zone showed."""
    unclear: pl.Series
    """Times that it showed twice, of a day that lists only one of the two."""


def read_moments(text: pl.Series) -> Moments:
    """Text as times (see times.read_times), those without a zone as their clock showed them."""
    found, any_naive = read_times(text)
    if not any_naive:
        return Moments(found, pl.repeat(False, len(text), eager=True))
    elsewhere, _ = read_times(text, "Etc/GMT-5")
    return Moments(found, (found != elsewhere).fill_null(False))


def from_local(times: pl.Series, zone: str) -> FromLocal:
    """`times` as the clock of `zone` showed them, in the order of the file, as UTC.

    Of an hour that the clock shows twice, the first pass ends where the times step back, or where each is listed twice.
    A file may begin with its oldest or with its newest time.
    """
    rows = pl.DataFrame({"local": times}).with_row_index("place")
    for name in ("earliest", "latest"):
        rows = rows.with_columns(_in_zone(times, zone, name).alias(name))
    twice = rows.filter(pl.col("earliest") != pl.col("latest"))
    if twice.is_empty():
        none = pl.repeat(False, len(times), eager=True)
        return FromLocal(rows["earliest"], rows["earliest"].is_null() & times.is_not_null(), none)
    day = pl.col("local").dt.date()
    again = (
        twice.sort("place", descending=_newest_first(times))
        .with_columns(
            back=(pl.col("local") < pl.col("local").shift()).fill_null(False).cum_max().over(day),
            repeated=pl.int_range(pl.len()).over("local") > 0,
        )
        .with_columns(second=pl.col("back") | pl.col("repeated"))
        .select("place", "second", both=pl.col("second").any().over(day))
    )
    rows = rows.join(again, on="place", how="left", maintain_order="left")
    chosen = pl.when(pl.col("second")).then("latest").otherwise("earliest")
    unclear = (~pl.col("both")).fill_null(False)
    found = rows.select(
        times=pl.when(~unclear).then(chosen),
        skipped=pl.col("earliest").is_null() & pl.col("local").is_not_null(),
        unclear=unclear,
    )
    return FromLocal(found["times"], found["skipped"], found["unclear"])


def _in_zone(times: pl.Series, zone: str, ambiguous: str) -> pl.Series:
    placed = times.dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
    return placed.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _newest_first(times: pl.Series) -> bool:
    steps = times.drop_nulls().diff().dt.total_seconds()
    return int((steps < 0).sum()) > int((steps > 0).sum())
