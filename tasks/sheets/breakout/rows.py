"""The rows of breakout.core with what the served champion and the baseline say of them."""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.breakout import BreakoutSettings
from features.registry import find_target
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT
from models.compiled.rows import Rows
from refrain.settings import validated
from tasks.champions.loaded import LoadedModel, ServedModel, columns_of
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material

BREAKOUT = "breakout.core"
PROBABILITY, BASELINE = "probability", "baseline_probability"
LEARNED = "learned"
LISTENER, ARTIST = "listener", "artist"


def rows_said(material: Material) -> pl.DataFrame:
    """All rows of the snapshot with `probability`, `baseline_probability` (null without a baseline) and `learned`.

    `learned`: whether the champion may have learned from the row, so that what it says of it is no test. By as_of, then
    from the highest probability to the lowest, then by artist and listener. Raises NotYetError.
    """
    served = material.served(BREAKOUT)
    frame = material.snapshot(BREAKOUT).collect()
    if frame.is_empty():
        raise NotYetError("No artist-month is complete yet.", hint="Import more scrobbles, and run `refrain run`.")
    rows = Rows.of_frame(frame.to_pandas(), columns_of(find_target(BREAKOUT)))
    said = frame.with_columns(
        pl.Series(PROBABILITY, _probabilities(served.champion, rows)),
        pl.Series(BASELINE, _probabilities(served.baseline, rows), dtype=pl.Float64),
        (pl.col(AS_OF) < tested_from(frame, served.champion.served)).fill_null(True).alias(LEARNED),
    )
    return said.sort(AS_OF, PROBABILITY, ARTIST, LISTENER, descending=[False, True, False, False], maintain_order=True)


def tested_from(frame: pl.DataFrame, served: ServedModel) -> pl.Expr:
    """The first as_of of rows that the model surely did not learn from; null where that is not known.

    Of what a model learned from, all labels were known by then: the window of a later row's label overlaps none.
    """
    until = served.learned_until
    if until is None:
        return pl.lit(None, pl.Date)
    known: date | None = frame.filter(pl.col(AS_OF) <= until)[LABEL_KNOWN_AT].max()  # type: ignore[assignment]
    return pl.lit(until if known is None else known, pl.Date)


def judged(said: pl.DataFrame) -> pl.DataFrame:
    """The rows that the champion can be judged by: what came is known, and it did not learn from them."""
    found = said.filter(~pl.col(LEARNED), pl.col(LABEL).is_not_null())
    if found.is_empty():
        raise NotYetError(
            "There is no month whose outcome is known and from which the served model did not learn.",
            hint="Wait for a month, or run `refrain run breakout`.",
        )
    return found


def settings_of(material: Material) -> BreakoutSettings:
    """What a row is. Raises SettingsError."""
    settings = material.project.settings
    return validated(BreakoutSettings, dict(settings.target(BREAKOUT).snapshot), str(material.project.params_file))


def models_said(material: Material) -> tuple[ServedModel, ...]:
    """The champion, and the baseline where one is served beside it."""
    served = material.served(BREAKOUT)
    return (served.champion.served, *(() if served.baseline is None else (served.baseline.served,)))


def numbered(frame: pl.DataFrame, *by: str) -> NDArray[np.int64]:
    """A number from 0 on of each row: the same for rows that agree in the columns `by`."""
    numbers = frame.select(pl.struct(by).rank("dense").cast(pl.Int64) - 1).to_series()
    return np.asarray(numbers.to_numpy(), dtype=np.int64)


def _probabilities(model: LoadedModel | None, rows: Rows) -> NDArray[np.float64]:
    if model is None:
        return np.full(len(rows), np.nan)
    return np.asarray(model.answers(rows), dtype=np.float64)
