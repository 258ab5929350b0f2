"""What a track's surroundings stream: the medians of its artist's other tracks and of the whole catalogue."""

from typing import Any

import narwhals as nw

from features.held import settled
from features.origins import AS_OF_DAY
from refrain.track_months import ARTIST_LEVEL, BACK, CATALOGUE_LEVEL

Lazy = nw.LazyFrame[Any]

_LAST_MONTH = BACK[0]
_ARTIST = ["artist_id", AS_OF_DAY]


def with_levels(histories: Lazy) -> Lazy:
    """`histories` with ARTIST_LEVEL and CATALOGUE_LEVEL, medians of BACK[0] over the tracks that have it.

    Reads track_id, artist_id (null where the artist is not known), as_of_day and BACK[0].
    """
    return _with_artist_level(_with_catalogue_level(settled(histories)))


def _with_catalogue_level(histories: Lazy) -> Lazy:
    known = histories.filter(~nw.col(_LAST_MONTH).is_null())
    level = known.group_by(AS_OF_DAY).agg(nw.col(_LAST_MONTH).median().cast(nw.Float64).alias(CATALOGUE_LEVEL))
    return histories.join(level, on=AS_OF_DAY, how="left")


def _with_artist_level(histories: Lazy) -> Lazy:
    """The median of an artist's values without the track's own.

    With a track's own value taken out of n sorted ones, what is left has its median at the places (n - 2) // 2 and
    (n - 1) // 2, each one higher where the own value stood at or before it. So five places of the sorted values tell
    every track's median.
    """
    known = histories.filter(~nw.col(_LAST_MONTH).is_null(), ~nw.col("artist_id").is_null()).select(
        "track_id", *_ARTIST, nw.col(_LAST_MONTH).alias("value")
    )
    # Of equal values any may stand before the other: what is left without one of them is the same.
    placed = settled(
        known.with_columns((nw.col("value").rank("ordinal").over(*_ARTIST).cast(nw.Int64) - 1).alias("place"))
    )
    count = placed.group_by(*_ARTIST).agg(nw.len().cast(nw.Int64).alias("count"))
    low, high = (nw.col("count") - 2) // 2, (nw.col("count") - 1) // 2
    places = {"low": low, "after_low": low + 1, "high": high, "after_high": high + 1, "of_all": nw.col("count") // 2}
    sorted_values = (
        placed.join(count, on=_ARTIST)
        .with_columns(place.alias(f"at_{name}") for name, place in places.items())
        .group_by(*_ARTIST, "count")
        .agg(
            nw.when(nw.col("place") == nw.col(f"at_{name}")).then(nw.col("value")).max().alias(name) for name in places
        )
    )
    own = placed.select("track_id", AS_OF_DAY, "place")
    joined = histories.join(own, on=["track_id", AS_OF_DAY], how="left").join(sorted_values, on=_ARTIST, how="left")
    without_own = _middle(
        nw.when(nw.col("place") <= low).then(nw.col("after_low")).otherwise(nw.col("low")),
        nw.when(nw.col("place") <= high).then(nw.col("after_high")).otherwise(nw.col("high")),
    )
    # Without a value of its own: the places (n - 1) // 2 and n // 2 of all n.
    level = nw.when(nw.col("place").is_null()).then(_middle(nw.col("high"), nw.col("of_all"))).otherwise(without_own)
    alone = nw.col("count") - (~nw.col("place").is_null()).cast(nw.Int64) == 0
    return joined.with_columns(nw.when(~alone).then(level).alias(ARTIST_LEVEL)).drop("place", "count", *places)


def _middle(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    return (one + other) / 2
