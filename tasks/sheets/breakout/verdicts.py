"""The sheet `breakout_verdicts`: what was said of each artist of the test window, and what came."""

import polars as pl

from features.target import AS_OF, LABEL, LABEL_KNOWN_AT
from tasks.sheets.breakout.rows import (
    ARTIST,
    BASELINE,
    BREAKOUT,
    LISTENER,
    PROBABILITY,
    judged,
    models_said,
    rows_said,
)
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

RIGHT, FALSE, MISSED, QUIET = "right alert", "false alarm", "missed", "rightly quiet"
VERDICTS = (RIGHT, FALSE, MISSED, QUIET)


def make(material: Material, part: Part) -> Made:
    """A row for each artist-month of the test window, the likeliest first."""
    del part
    threshold = pl.lit(material.served(BREAKOUT).champion.threshold, pl.Float64)
    rows = judged(rows_said(material)).with_columns(
        pl.col("plays_t").alias("plays"),
        threshold.alias("threshold"),
        (pl.col(PROBABILITY) >= threshold).alias("is_alert"),
        (pl.col(LABEL) == 1).alias("came_true"),
    )
    return Made(
        rows.with_columns(_verdict().alias("verdict")).sort(
            PROBABILITY, AS_OF, ARTIST, LISTENER, descending=[True, True, False, False]
        ),
        (
            "Verdicts are by the champion's threshold, which was chosen on earlier months. Of none of these months did "
            "it know the outcome.",
        ),
        models_said(material),
    )


def _verdict() -> pl.Expr:
    alert, came = pl.col("is_alert"), pl.col("came_true")
    return (
        pl.when(alert.is_null())
        .then(None)
        .when(alert & came)
        .then(pl.lit(RIGHT))
        .when(alert)
        .then(pl.lit(FALSE))
        .when(came)
        .then(pl.lit(MISSED))
        .otherwise(pl.lit(QUIET))
    )


SHEETS = (
    Sheet(
        "breakout_verdicts",
        "An artist-month of the test window: what was said of it, and what came",
        columns(
            (LISTENER, Kind.TEXT, "The listener"),
            (ARTIST, Kind.TEXT, "The artist"),
            (AS_OF, Kind.DATE, "The last day of the month that was looked back on"),
            (LABEL_KNOWN_AT, Kind.DATE, "When it was known what came"),
            (PROBABILITY, Kind.NUMBER, "That the artist becomes core, said the champion", "probability"),
            (BASELINE, Kind.NUMBER, "The same, said the best baseline", "probability"),
            ("threshold", Kind.NUMBER, "The champion's probability from which a row is an alert", "probability"),
            ("plays", Kind.WHOLE, "The listener's plays of the artist in the month", "plays"),
            ("is_alert", Kind.FLAG, "Whether the probability reaches the threshold"),
            ("came_true", Kind.FLAG, "Whether the artist became core"),
            ("verdict", Kind.TEXT, f"{', '.join(VERDICTS[:-1])} or {QUIET}; empty where there is no threshold"),
        ),
        make,
        targets=(BREAKOUT,),
        search=(ARTIST, LISTENER),
    ),
)
