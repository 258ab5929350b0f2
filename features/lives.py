"""Which tracks a catalogue holds at an origin, and how old they are by what was known then."""

from typing import Any

import narwhals as nw

from features.calendar import day_number, month_number, with_month_days
from features.origins import AS_OF_DAY, ORIGIN_MONTH, numbered
from features.target import AS_OF
from refrain.track_months import AGE, SEEN

Lazy = nw.LazyFrame[Any]

FIRST_DAY = "first_day"
RELEASED = "released"
_COLUMNS = ("track_id", "artist_id", AS_OF, AS_OF_DAY, FIRST_DAY, RELEASED, AGE, SEEN)
_SHORTEST_MONTH = 28


def releases_of(tracks: Lazy) -> Lazy:
    """track_id, artist_id, written and latest: the release date as it stands, and the latest day that it can mean.

    These are ordinals. They differ where only the year or the month of the release is known.
    """
    present = tracks.collect_schema().names()
    precision = nw.col("release_precision").fill_null("day") if "release_precision" in present else nw.lit("day")
    dated = tracks.filter(~nw.col("release_date").is_null()).with_columns(
        precision.alias("precision"),
        day_number(nw.col("release_date")).alias("written"),
        month_number(nw.col("release_date")).cast(nw.Int64).alias("month"),
    )
    is_year = nw.col("precision") == "year"
    december = nw.col("month") - nw.col("month") % 12 + 11
    placed = with_month_days(
        dated.with_columns(nw.when(is_year).then(december).otherwise(nw.col("month")).alias("month")), "month"
    )
    latest = nw.when(nw.col("precision").is_in(["month", "year"])).then(nw.col("last")).otherwise(nw.col("written"))
    return placed.select("track_id", "artist_id", "written", latest.alias("latest"))


def counted_tracks(periods: Lazy, origins: Lazy, releases: Lazy | None, within_days: int) -> Lazy:
    """Tracks with a count in the last `within_days` up to an origin: one row a track and origin, as _COLUMNS say.

    A release is known from its (written) date on. One that is said to lie after the track's first count cannot be true:
    the first count's day stands for it. Where only the year or month is known, the earlier of its last day and the
    first count's day stands.
    """
    firsts = first_counts(periods)
    seen = _recently_counted(periods, origins, within_days).join(firsts, on="track_id")
    if releases is None:
        unknown = [nw.lit(None).cast(nw.Int64).alias(name) for name in ("written", "latest")]
        placed = seen.with_columns(nw.lit(None).cast(nw.String).alias("artist_id"), *unknown)
    else:
        placed = seen.join(releases, on="track_id", how="left")
    is_out = nw.col("written") <= nw.col(AS_OF_DAY)
    released = nw.min_horizontal(nw.col("latest"), nw.col(FIRST_DAY))
    known = placed.with_columns(
        nw.when(is_out).then(nw.col("artist_id")).alias("artist_id"),
        nw.when(is_out).then(released).alias(RELEASED),
        (nw.col(AS_OF_DAY) - nw.col(FIRST_DAY) + 1).alias(SEEN),
    )
    return known.with_columns((nw.col(AS_OF_DAY) - nw.col(RELEASED)).alias(AGE)).select(*_COLUMNS)


def uncounted_tracks(periods: Lazy, origins: Lazy, releases: Lazy, counted: Lazy, new_days: int) -> Lazy:
    """Tracks out for less than `new_days` at an origin without any count yet, by artists with a counted track then."""
    artists = counted.filter(~nw.col("artist_id").is_null()).select("artist_id", AS_OF_DAY).unique()
    out = releases.join(origins, how="cross").filter(
        nw.col("latest") <= nw.col(AS_OF_DAY), nw.col("latest") > nw.col(AS_OF_DAY) - new_days
    )
    new = (
        out.join(artists, on=["artist_id", AS_OF_DAY], how="semi")
        .join(first_counts(periods).drop(FIRST_DAY), on="track_id", how="left")
        .filter(nw.col("first_known").is_null() | (nw.col("first_known") > nw.col(AS_OF_DAY)))
    )
    return new.with_columns(
        nw.lit(None).cast(nw.Int64).alias(FIRST_DAY),
        nw.col("latest").alias(RELEASED),
        (nw.col(AS_OF_DAY) - nw.col("latest")).alias(AGE),
        nw.lit(0).cast(nw.Int64).alias(SEEN),
    ).select(*_COLUMNS)


def first_counts(periods: Lazy) -> Lazy:
    """track_id, first_day (the first that a count covers), first_known (the day at whose end that count is known)."""
    return periods.group_by("track_id").agg(
        (nw.col("last") - nw.col("span") + 1).min().alias(FIRST_DAY), nw.col("last").min().alias("first_known")
    )


def released_after_first_count(periods: Lazy, releases: Lazy) -> Lazy:
    """track_id, written, first_day: the tracks whose release date lies after their first count, so cannot be true."""
    late = releases.join(first_counts(periods), on="track_id").filter(nw.col("written") > nw.col(FIRST_DAY))
    return late.select("track_id", "written", FIRST_DAY)


def _recently_counted(periods: Lazy, origins: Lazy, within_days: int) -> Lazy:
    """track_id, as_of, as_of_day: tracks with a count known in the last `within_days` up to an origin.

    Counts are brought down to one row a track and month first: a month has at most one origin, and only in that month
    can counts be later than it.
    """
    own = origins.select(AS_OF_DAY, nw.col(ORIGIN_MONTH).alias("month"))
    by_then = nw.col(AS_OF_DAY).is_null() | (nw.col("last") <= nw.col(AS_OF_DAY))
    monthly = (
        periods.join(own, on="month", how="left")
        .group_by("track_id", "month")
        .agg(nw.when(by_then).then(nw.col("last")).max().alias("by_then"), nw.col("last").max().alias("latest"))
    )
    later = numbered(monthly, range(within_days // _SHORTEST_MONTH + 2), "later").with_columns(
        (nw.col("month") + nw.col("later")).alias(ORIGIN_MONTH),
        nw.when(nw.col("later") == 0).then(nw.col("by_then")).otherwise(nw.col("latest")).alias("last_known"),
    )
    return (
        later.join(origins.select(ORIGIN_MONTH, AS_OF, AS_OF_DAY), on=ORIGIN_MONTH)
        .filter(nw.col("last_known") > nw.col(AS_OF_DAY) - within_days)
        .select("track_id", AS_OF, AS_OF_DAY)
        .unique()
    )
