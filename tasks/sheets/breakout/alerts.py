"""The sheet `breakout_alerts`: the artists of the newest month, ranked, with what stands behind each probability."""

from datetime import date

import polars as pl

from features.target import AS_OF
from tasks.sheets.breakout.rows import (
    ARTIST,
    BASELINE,
    BREAKOUT,
    LISTENER,
    PROBABILITY,
    models_said,
    rows_said,
    settings_of,
)
from tasks.sheets.breakout.signals import SIGNALS, signals_of
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns


def make(material: Material, part: Part) -> Made:
    """A row for each artist of a listener who may break out, the likeliest first."""
    del part
    champion = material.served(BREAKOUT).champion
    said = rows_said(material)
    newest = said.filter(pl.col(AS_OF) == said[AS_OF].max())
    signals = signals_of(champion, newest)
    ranked = newest.with_columns(
        pl.int_range(1, pl.len() + 1).alias("rank"),
        pl.col(PROBABILITY).rank("ordinal", descending=True).over(LISTENER).alias("rank_of_listener"),
        pl.lit(champion.threshold, pl.Float64).alias("threshold"),
        (pl.col(PROBABILITY) >= pl.lit(champion.threshold, pl.Float64)).alias("is_alert"),
        pl.col("plays_t").alias("plays"),
        pl.col("days_active_t").alias("days"),
        pl.col("share_t").alias("share"),
        pl.lit(signals.scale or None, pl.String).alias("scale_of_effects"),
    )
    every = pl.concat([ranked, signals.columns], how="horizontal")
    return Made(every, _notes(material, newest, champion.threshold, signals.scale), models_said(material))


def _notes(material: Material, newest: pl.DataFrame, threshold: float | None, scale: str) -> tuple[str, ...]:
    as_of = newest[AS_OF].max()
    assert isinstance(as_of, date)
    settings = settings_of(material)
    ahead = f"{settings.horizon_months} month{'' if settings.horizon_months == 1 else 's'}"
    core = f"{settings.core_plays} plays, or {settings.core_share:.1%} of all plays, in a month".replace("%", " %")
    notes = [
        f"As of {as_of:%d %B %Y}, the end of the newest month known to be complete: will the artist become core (at "
        f"least {core}) in any of the {ahead} after it?"
    ]
    if threshold is None:
        notes.append("The champion has no threshold, so that nothing is called an alert.")
    if scale:
        notes.append(f"Effects of signals are on the score before calibration ({scale}): above 0 towards breaking out.")
    return tuple(notes)


SHEETS = (
    Sheet(
        "breakout_alerts",
        "An artist of a listener in the newest month, and whether they are likely to become core",
        columns(
            ("rank", Kind.WHOLE, "1 is the likeliest to break out"),
            ("rank_of_listener", Kind.WHOLE, "The same among the listener's own artists"),
            (LISTENER, Kind.TEXT, "The listener"),
            (ARTIST, Kind.TEXT, "The artist"),
            (AS_OF, Kind.DATE, "The last day of the month that is looked back on"),
            (PROBABILITY, Kind.NUMBER, "That the artist becomes core, says the champion; calibrated", "probability"),
            (BASELINE, Kind.NUMBER, "The same, says the best baseline", "probability"),
            ("threshold", Kind.NUMBER, "The champion's probability from which a row is an alert", "probability"),
            ("is_alert", Kind.FLAG, "Whether the probability reaches it"),
            ("plays", Kind.WHOLE, "The listener's plays of the artist in the month", "plays"),
            ("days", Kind.WHOLE, "Days of the month (UTC) with a play of the artist", "days"),
            ("share", Kind.NUMBER, "Those plays / all the listener's plays of the month", "share"),
            *(
                described
                for place in range(1, SIGNALS + 1)
                for described in (
                    (f"signal_{place}", Kind.TEXT, f"What moves the score most, in place {place}"),
                    (f"effect_{place}", Kind.NUMBER, "By how much, on the score's scale: above 0 towards breaking out"),
                )
            ),
            ("scale_of_effects", Kind.TEXT, "log-odds or probability, before calibration"),
        ),
        make,
        targets=(BREAKOUT,),
        search=(ARTIST, LISTENER),
    ),
)
