"""The sheet `audio_averages`: what the tracks of the dataset are like, for a track to be held against."""

import polars as pl

from refrain.datasets import AUDIO_FEATURES, TRACKS
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

ALL, TOP = "all tracks", "top 100"
_TOP_ROWS = 100
_POPULARITY = "popularity"


def make(material: Material, part: Part) -> Made:
    """A row for each group and audio feature."""
    del part
    tracks = material.dataset(TRACKS.name).collect()
    if tracks.is_empty():
        raise NotYetError("There are no tracks.", hint="Run `refrain run hits`, or import some.")
    top = _most_popular(tracks)
    groups = [(ALL, tracks)] if top is None else [(ALL, tracks), (TOP, top)]
    present = [name for name in AUDIO_FEATURES if name in tracks.columns]
    return Made(pl.concat([_summary(group, name, rows) for group, rows in groups for name in present]), _notes(top))


def _most_popular(tracks: pl.DataFrame) -> pl.DataFrame | None:
    if _POPULARITY not in tracks.columns:
        return None
    rated = tracks.filter(pl.col(_POPULARITY).is_not_null())
    return None if rated.is_empty() else rated.sort([_POPULARITY, "track_id"], descending=[True, False]).head(_TOP_ROWS)


def _summary(group: str, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    value = pl.col(name).cast(pl.Float64)
    return rows.select(
        pl.lit(group).alias("group"),
        pl.lit(name).alias("feature"),
        value.mean().alias("mean"),
        value.std().alias("deviation"),
        value.min().alias("lowest"),
        value.max().alias("highest"),
        value.count().cast(pl.Int64).alias("tracks"),
    )


def _notes(top: pl.DataFrame | None) -> tuple[str, ...]:
    if top is None:
        return ("No track has a popularity, so that there is no top 100.",)
    least = int(top[_POPULARITY].to_numpy().min())
    return (f"The top {len(top)} are the tracks with the highest popularity, {least} or more.",)


SHEETS = (
    Sheet(
        "audio_averages",
        "The audio features of all tracks, and of the hundred most popular ones",
        columns(
            ("group", Kind.TEXT, "Whose: all tracks, or top 100"),
            ("feature", Kind.TEXT, "An audio feature"),
            ("mean", Kind.NUMBER, "Its mean"),
            ("deviation", Kind.NUMBER, "Its standard deviation"),
            ("lowest", Kind.NUMBER, "Its least value"),
            ("highest", Kind.NUMBER, "Its greatest value"),
            ("tracks", Kind.WHOLE, "Tracks that have it", "tracks"),
        ),
        make,
        datasets=(TRACKS.name,),
    ),
)
