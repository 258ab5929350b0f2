"""The sheets `breakout_artists` and `breakout_history`: whom there is to look up, and what each month was like."""

import polars as pl

from features.breakout import ONE_LISTENER, BreakoutSettings
from features.target import AS_OF, LABEL
from refrain.datasets import SCROBBLES
from tasks.sheets.breakout.rows import (
    ARTIST,
    BASELINE,
    BREAKOUT,
    LEARNED,
    LISTENER,
    PROBABILITY,
    models_said,
    rows_said,
    settings_of,
)
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_PAIR = [LISTENER, ARTIST]


def make_artists(material: Material, part: Part) -> Made:
    """A row for each artist of a listener who was once new to them, the likeliest of the newest month first."""
    del part
    newest = pl.all().sort_by(AS_OF).last()
    found = (
        rows_said(material)
        .group_by(_PAIR)
        .agg(
            pl.len().alias("months"),
            pl.col(AS_OF).min().alias("first_as_of"),
            newest.name.prefix("newest_"),
            (pl.col(LABEL) == 1).any(ignore_nulls=False).alias("became_core"),
        )
        .with_columns(pl.col(f"newest_{PROBABILITY}").alias(PROBABILITY), pl.col(f"newest_{AS_OF}").alias(AS_OF))
        .sort(AS_OF, PROBABILITY, ARTIST, LISTENER, descending=[True, True, False, False])
    )
    return Made(found, (), models_said(material))


def make_history(material: Material, part: Part) -> Made:
    """A row for each month of such an artist from the first play to the last one; months without a play among them."""
    del part
    said, settings = rows_said(material), settings_of(material)
    rows = said.select(
        *_PAIR, pl.col(AS_OF).dt.month_start().alias("month"), AS_OF, PROBABILITY, BASELINE, LEARNED, LABEL
    )
    months = _months(_plays(material), rows.select(_PAIR).unique(), settings)
    found = (
        months.join(rows, on=[*_PAIR, "month"], how="left")
        .with_columns((pl.col(LABEL) == 1).alias("became_core"))
        .sort(*_PAIR, "month")
    )
    return Made(found, _notes(settings), models_said(material))


def _plays(material: Material) -> pl.LazyFrame:
    """listener, artist, day: one row a play."""
    scrobbles = material.dataset(SCROBBLES.name)
    there = LISTENER in scrobbles.collect_schema().names()
    listener = pl.col(LISTENER).fill_null(ONE_LISTENER) if there else pl.lit(ONE_LISTENER)
    return scrobbles.select(listener.alias(LISTENER), ARTIST, pl.col("played_at").dt.date().alias("day"))


def _months(plays: pl.LazyFrame, pairs: pl.DataFrame, settings: BreakoutSettings) -> pl.DataFrame:
    """listener, artist, month, plays, days, listener_plays, share, is_core: each month of each pair."""
    month = pl.col("day").dt.month_start().alias("month")
    totals = plays.group_by(LISTENER, month).agg(pl.len().cast(pl.Int64).alias("listener_plays")).collect()
    counted = (
        plays.join(pairs.lazy(), on=_PAIR, how="semi")
        .group_by(*_PAIR, month)
        .agg(pl.len().cast(pl.Int64).alias("plays"), pl.col("day").n_unique().cast(pl.Int64).alias("days"))
        .collect()
    )
    grid = (
        counted.group_by(_PAIR)
        .agg(pl.date_ranges(pl.col("month").min(), pl.col("month").max(), "1mo").first().alias("month"))
        .explode("month")
    )
    share = pl.col("plays") / pl.col("listener_plays")
    is_core = (pl.col("plays") >= settings.core_plays) | (pl.col("share") >= settings.core_share).fill_null(False)
    return (
        grid.join(counted, on=[*_PAIR, "month"], how="left")
        .join(totals, on=[LISTENER, "month"], how="left")
        .with_columns(pl.col("plays", "days", "listener_plays").fill_null(0))
        .with_columns(pl.when(pl.col("listener_plays") > 0).then(share).alias("share"))
        .with_columns(is_core.alias("is_core"))
    )


def _notes(settings: BreakoutSettings) -> tuple[str, ...]:
    core = f"{settings.core_plays} plays, or {settings.core_share:.1%} of all plays, in a month".replace("%", " %")
    return (
        f"Core is an artist of at least {core}. A probability is there for the months in which the artist was new to "
        f"the listener (first heard at most {settings.max_months_known} months before), played at least "
        f"{settings.min_plays} times and not yet core.",
        "Where the model may have learned from a month, what it says of it is no test. The first and the last "
        "month of the record may be parts of months.",
    )


SHEETS = (
    Sheet(
        "breakout_artists",
        "An artist of a listener who was once new to them",
        columns(
            (LISTENER, Kind.TEXT, "The listener"),
            (ARTIST, Kind.TEXT, "The artist"),
            ("months", Kind.WHOLE, "Months in which the artist could be an alert", "months"),
            ("first_as_of", Kind.DATE, "The end of the first of them"),
            (AS_OF, Kind.DATE, "The end of the last of them"),
            (PROBABILITY, Kind.NUMBER, "What the champion says of that last month", "probability"),
            (
                "became_core",
                Kind.FLAG,
                "Whether the artist became core after any of them; empty while that may still come",
            ),
        ),
        make_artists,
        targets=(BREAKOUT,),
        search=(ARTIST, LISTENER),
    ),
    Sheet(
        "breakout_history",
        "A month of a listener with an artist who was once new to them",
        columns(
            (LISTENER, Kind.TEXT, "The listener"),
            (ARTIST, Kind.TEXT, "The artist"),
            ("month", Kind.DATE, "The first day of the month"),
            ("plays", Kind.WHOLE, "The listener's plays of the artist", "plays"),
            ("days", Kind.WHOLE, "Days (UTC) with a play of the artist", "days"),
            ("listener_plays", Kind.WHOLE, "The listener's plays of all artists", "plays"),
            ("share", Kind.NUMBER, "plays / listener_plays", "share"),
            ("is_core", Kind.FLAG, "Whether the artist was core in that month"),
            (PROBABILITY, Kind.NUMBER, "At its end, that the artist becomes core, says the champion", "probability"),
            (BASELINE, Kind.NUMBER, "The same, says the best baseline", "probability"),
            ("became_core", Kind.FLAG, "Whether that came true; empty where it is not known, or nothing was asked"),
            (LEARNED, Kind.FLAG, "Whether the champion may have learned from the month: then it is no test"),
        ),
        make_history,
        datasets=(SCROBBLES.name,),
        targets=(BREAKOUT,),
        search=(ARTIST, LISTENER),
    ),
)
