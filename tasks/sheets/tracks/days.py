"""The sheet `track_days`: what is known of a track's streams, day by day."""

from collections.abc import Iterator

import polars as pl

from refrain.datasets import DAILY_STREAMS
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_CENSORED = (
    "The source lists a track only on days on which it has enough streams. On the others it had at most as many as the "
    "lowest one that is listed, which is not to say none."
)


def make(material: Material, part: Part) -> Made:
    """The days of a track, the oldest first.

    In a censored source also the days from its first to the newest of the record on which it is not listed, with the
    bound that this tells.
    """
    rows = _days(material.dataset(DAILY_STREAMS.name), pl.col("track_id") == part["track_id"])
    if rows.is_empty():
        raise NotYetError("There are no daily streams of this track.", hint="Pick another one.")
    return _made(rows)


def together(material: Material) -> Iterator[tuple[Part, Made]]:
    """Those of every track: the counts are read through for one track as for all."""
    rows = _days(material.dataset(DAILY_STREAMS.name), pl.lit(True))
    for (track_id,), some in rows.partition_by("track_id", as_dict=True, maintain_order=True).items():
        yield {"track_id": str(track_id)}, _made(some)


def _made(rows: pl.DataFrame) -> Made:
    return Made(rows, (_CENSORED,) if rows["at_most"].count() else ())


def _days(counts: pl.LazyFrame, wanted: pl.Expr) -> pl.DataFrame:
    """track_id, date, streams, covers_days and at_most of the tracks that are wanted."""
    present = counts.collect_schema().names()
    covers = (pl.col("days").fill_null(1) if "days" in present else pl.lit(1)).cast(pl.Int64).alias("covers_days")
    known = counts.filter(wanted).select("track_id", "date", "streams", covers).collect()
    unlisted = _unlisted(counts, known) if "cutoff" in present else pl.DataFrame(schema={"at_most": pl.Int64})
    return pl.concat([known, unlisted], how="diagonal").sort("track_id", "date")


def _unlisted(counts: pl.LazyFrame, known: pl.DataFrame) -> pl.DataFrame:
    """track_id, date, covers_days and at_most of the days that others are listed on, and a track of `known` is not."""
    listed = counts.filter(pl.col("cutoff").is_not_null())
    bounds = listed.group_by("date").agg(pl.col("cutoff").max().alias("at_most")).collect()
    tracks = known.group_by("track_id").agg(
        pl.col("date").min().alias("first"), pl.col("covers_days").mode().sort().first()
    )
    days = tracks.join(bounds, how="cross").filter(pl.col("date") > pl.col("first"))
    return days.join(known, on=["track_id", "date"], how="anti").select("track_id", "date", "covers_days", "at_most")


SHEETS = (
    Sheet(
        "track_days",
        "A track's streams, day by day",
        columns(
            ("track_id", Kind.TEXT, "The track"),
            ("date", Kind.DATE, "The day, or the last day that the count covers"),
            ("streams", Kind.WHOLE, "How often it was streamed; empty where that is not known", "streams"),
            ("covers_days", Kind.WHOLE, "Days that the count covers: 7 in a weekly chart", "days"),
            ("at_most", Kind.WHOLE, "The lowest count that was listed, where this track was not listed", "streams"),
        ),
        make,
        datasets=(DAILY_STREAMS.name,),
        order="date",
        parted_by=("track_id",),
        together=together,
    ),
)
