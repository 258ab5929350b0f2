"""The sheet `track_genres`: the genres that tracks have, for whoever describes one."""

import polars as pl

from refrain.datasets import TRACKS
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns


def make(material: Material, part: Part) -> Made:
    """A row for each genre."""
    del part
    tracks = material.dataset(TRACKS.name)
    if "genre" not in tracks.collect_schema().names():
        raise NotYetError("The tracks have no genre.", hint="Import some that have one.")
    counted = tracks.filter(pl.col("genre").is_not_null()).group_by("genre").len("tracks")
    return Made(counted.sort("genre").collect())


SHEETS = (
    Sheet(
        "track_genres",
        "The genres of the dataset's tracks",
        columns(("genre", Kind.TEXT, "A genre, as the data names it"), ("tracks", Kind.WHOLE, "Its tracks", "tracks")),
        make,
        datasets=(TRACKS.name,),
        order="genre",
    ),
)
