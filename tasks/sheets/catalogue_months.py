"""The sheet `catalogue_months`: the months of a track, an artist or the catalogue, known and expected."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.intervals import ANSWER
from models.valuation import MONTHS_A_YEAR
from refrain.track_months import MONTH_AHEAD
from tasks.database.months import months_after
from tasks.forecasting.forecaster import TARGET
from tasks.forecasting.histories import date_of
from tasks.forecasting.known_months import KnownMonths
from tasks.forecasting.together import Together, together
from tasks.sheets.catalogue_now import (
    ALL,
    ARTIST,
    CATALOGUE,
    DATASETS,
    NEAR_MONTHS,
    TRACK,
    Catalogue,
    catalogue_now,
)
from tasks.sheets.catalogue_words import notes
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

KNOWN, EXPECTED = "known", "expected"
_VALUES = ("value", *ANSWER[1:])
_TOTALS = ("total", *(f"total_{name}" for name in ANSWER[1:]))
_KEYS = {"scope": pl.String, "id": pl.String, "kind": pl.String, "months_ahead": pl.Int64}
_SCHEMA: Mapping[str, Any] = {
    **_KEYS,
    "first_day": pl.Date,
    "last_day": pl.Date,
    "years_ahead": pl.Float64,
    **dict.fromkeys((*_VALUES, "flat", "classic", *_TOTALS), pl.Float64),
    "tracks": pl.Int64,
    "unknown_days": pl.Int64,
}
_OF_SUM = "Of all expected months up to this one together: "


def make(material: Material, part: Part) -> Made:
    """The months of one thing, as far ahead as can be asked for; of all things without a part, tracks 24 months."""
    catalogue = catalogue_now(material)
    if part:
        rows = _months(catalogue, part["scope"], catalogue.furthest, only=part["id"])
    else:
        near = {TRACK: min(NEAR_MONTHS, catalogue.furthest)}
        scopes = (CATALOGUE, ARTIST, TRACK)
        rows = pl.concat([_months(catalogue, scope, near.get(scope, catalogue.furthest)) for scope in scopes])
    return Made(rows, (*notes(catalogue), *_of_time(catalogue)), (catalogue.loaded.served,))


def _months(catalogue: Catalogue, scope: str, months: int, only: str | None = None) -> pl.DataFrame:
    """All rows of a scope, or those of one thing in it, which may be none."""
    ahead, behind = (
        _belonging(catalogue, scope, ids) for ids in (catalogue.measured.track_ids, catalogue.known.track_ids)
    )
    ids = [only] if only is not None else list(dict.fromkeys(name for name in (*behind, *ahead) if name is not None))
    places = {name: place for place, name in enumerate(ids)}
    codes, known_codes = (
        np.array([places.get(name, -1) for name in names], dtype=np.int64) for names in (ahead, behind)
    )
    rows = [_known(scope, name, catalogue.known.at(known_codes == place)) for name, place in places.items()]
    expected = codes >= 0
    if expected.any():
        numbers, present = np.unique(codes[expected], return_inverse=True)
        measured = catalogue.measured.at(np.flatnonzero(expected))
        said = together(catalogue.forecaster, measured, catalogue.as_of, months, present.astype(np.int64))
        sizes = np.bincount(present)
        rows += [
            _expected(catalogue, scope, ids[number], said, place, int(sizes[place]))
            for place, number in enumerate(numbers)
        ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *rows]).sort("scope", "id", "months_ahead", maintain_order=True)


def _belonging(catalogue: Catalogue, scope: str, track_ids: NDArray[np.object_]) -> NDArray[np.object_]:
    """What each track belongs to, shape (n,); None where that is unknown."""
    if scope == TRACK:
        return track_ids
    if scope == ARTIST:
        return catalogue.artists_of(track_ids)
    return np.full(len(track_ids), ALL if scope == CATALOGUE else None, dtype=object)


def _known(scope: str, name: str, known: KnownMonths) -> pl.DataFrame:
    """Months back: 0 is the last whole one. Of a track only those of which all days are known."""
    ends, back = known.ends, len(known.days)
    unknown = (known.lived_days - known.counted_days).sum(axis=0)
    values = known.whole[0] if scope == TRACK and len(known.track_ids) else known.streams.sum(axis=0, dtype=np.float64)
    return _frame(
        scope,
        name,
        KNOWN,
        months_ahead=-np.arange(back),
        first_day=[date_of(int(day) + 1) for day in ends[1:]],
        last_day=[date_of(int(day)) for day in ends[:-1]],
        value=values,
        tracks=(known.counted_days > 0).sum(axis=0),
        unknown_days=unknown,
    ).filter(pl.col("value").is_not_nan())


def _expected(catalogue: Catalogue, scope: str, name: str, said: Together, place: int, tracks: int) -> pl.DataFrame:
    """Months ahead, from 1 on."""
    months = said.values.shape[1]
    ahead, steps = np.arange(1, months + 1), catalogue.forecaster.steps
    days = months_after(catalogue.as_of, months, steps)
    return _frame(
        scope,
        name,
        EXPECTED,
        months_ahead=ahead,
        first_day=[first for first, _ in days],
        last_day=[last for _, last in days],
        years_ahead=ahead / MONTHS_A_YEAR[steps],
        **dict(zip(_VALUES, said.values[place].T, strict=True)),
        flat=said.flat[place],
        classic=said.classic[place],
        **dict(zip(_TOTALS, said.totals[place].T, strict=True)),
        tracks=np.full(months, tracks),
    )


def _frame(scope: str, name: str, kind: str, **given: Any) -> pl.DataFrame:
    there = pl.DataFrame({key: pl.Series(key, values, dtype=_SCHEMA[key]) for key, values in given.items()})
    keys = [pl.lit(text).alias(key) for key, text in (("scope", scope), ("id", name), ("kind", kind))]
    lacking = [pl.lit(None, dtype=kind).alias(key) for key, kind in _SCHEMA.items() if key not in (*_KEYS, *given)]
    return there.with_columns(*keys, *lacking).select(*_SCHEMA)


def _of_time(catalogue: Catalogue) -> Iterator[str]:
    learned, calibrator = catalogue.loaded.learned, getattr(catalogue.loaded.model, "calibrator", None)
    if learned is not None and MONTH_AHEAD in learned.ranges:
        furthest = int(learned.ranges[MONTH_AHEAD][1])
        yield f"The model learned from months up to {furthest} ahead; what lies further is drawn on from there."
    measured = int(getattr(calibrator, "furthest_", 0))
    if measured:
        yield (
            f"Intervals were made from errors up to {measured} months ahead; beyond, they widen as those of a random "
            "walk do. How often they held is said where forecasts are held against what came."
        )


SHEETS = (
    Sheet(
        "catalogue_months",
        "The months of a track, an artist or the whole catalogue: those known, and those expected",
        columns(
            ("scope", Kind.TEXT, "What it is of: catalogue, artist or track"),
            ("id", Kind.TEXT, "Its id, as catalogue_entries has it; of the catalogue: all"),
            ("kind", Kind.TEXT, "Whether the month is known or expected"),
            (
                "months_ahead",
                Kind.WHOLE,
                "1 for the first month after the last day with counts; 0 for the last whole month",
                "months",
            ),
            ("first_day", Kind.DATE, "First day of the month"),
            ("last_day", Kind.DATE, "Last day of the month"),
            ("years_ahead", Kind.NUMBER, "From the last day with counts to the month's end", "years"),
            ("value", Kind.NUMBER, "Streams of the month: counted, or expected", "streams"),
            ("low_80", Kind.NUMBER, "80 % interval of what is expected: from", "streams"),
            ("high_80", Kind.NUMBER, "80 % interval of what is expected: to", "streams"),
            ("low_95", Kind.NUMBER, "95 % interval of what is expected: from", "streams"),
            ("high_95", Kind.NUMBER, "95 % interval of what is expected: to", "streams"),
            ("flat", Kind.NUMBER, "What it would be if every month were as the last", "streams"),
            ("classic", Kind.NUMBER, "What the classic rule says: published decay rates by age", "streams"),
            ("total", Kind.NUMBER, f"{_OF_SUM}streams", "streams"),
            ("total_low_80", Kind.NUMBER, f"{_OF_SUM}80 % interval from", "streams"),
            ("total_high_80", Kind.NUMBER, f"{_OF_SUM}80 % interval to", "streams"),
            ("total_low_95", Kind.NUMBER, f"{_OF_SUM}95 % interval from", "streams"),
            ("total_high_95", Kind.NUMBER, f"{_OF_SUM}95 % interval to", "streams"),
            ("tracks", Kind.WHOLE, "Tracks with a count in the month, or with a forecast of it", "tracks"),
            (
                "unknown_days",
                Kind.WHOLE,
                "Days of tracks in a known month, after their first count, without a count",
                "days",
            ),
        ),
        make,
        datasets=DATASETS,
        targets=(TARGET,),
        parted_by=("scope", "id"),
        # The whole is made at once: a part that says nothing is all of it.
        parts=lambda material: ({},),
    ),
)
