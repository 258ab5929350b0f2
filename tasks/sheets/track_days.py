"""The sheet `track_days`: what is known of a track's streams, day by day."""

from collections.abc import Iterable

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
    """The days of the track that `part` names, the oldest first.

    In a censored source also the days from its first to the newest of the record on which it is not listed, with the
    bound that this tells.
    """
    counts = material.dataset(DAILY_STREAMS.name)
    present = counts.collect_schema().names()
    covers = pl.col("days").fill_null(1) if "days" in present else pl.lit(1)
    own = counts.filter(pl.col("track_id") == part["track_id"]).select(
        "track_id", "date", "streams", covers.cast(pl.Int64).alias("covers_days")
    )
    known = own.sort("date").collect()
    if known.is_empty():
        raise NotYetError("There are no daily streams of this track.", hint="Pick another one.")
    if "cutoff" not in present:
        return Made(known)
    unlisted = _unlisted(counts, known, part["track_id"])
    rows = pl.concat([known, unlisted], how="diagonal").sort("date")
    return Made(rows, (_CENSORED,) if len(unlisted) else ())


def _unlisted(counts: pl.LazyFrame, known: pl.DataFrame, track_id: str) -> pl.DataFrame:
    """track_id, date, covers_days and at_most of the days that others are listed on, and this track is not."""
    covers = known["covers_days"].mode()[0]
    listed = counts.filter(pl.col("cutoff").is_not_null(), pl.col("date") > known["date"][0])
    bounds = listed.group_by("date").agg(pl.col("cutoff").max().alias("at_most")).collect()
    return bounds.join(known, on="date", how="anti").select(
        pl.lit(track_id).alias("track_id"), "date", pl.lit(covers, pl.Int64).alias("covers_days"), "at_most"
    )


def parts(material: Material) -> Iterable[Part]:
    """Each track that has counts."""
    tracks = material.dataset(DAILY_STREAMS.name).select(pl.col("track_id").unique().sort()).collect()
    return [{"track_id": track_id} for track_id in tracks["track_id"]]


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
        parts=parts,
    ),
)
