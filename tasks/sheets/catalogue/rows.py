"""The months of the things in a catalogue as rows: those that are known, and those that are expected."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.intervals import ANSWER
from models.valuation import MONTHS_A_YEAR
from tasks.database.months import months_after
from tasks.forecasting.histories import date_of
from tasks.forecasting.known_months import KnownMonths
from tasks.forecasting.together import Together, together
from tasks.sheets.catalogue.now import ALL, ARTIST, CATALOGUE, NEAR_MONTHS, TRACK, Catalogue

KNOWN, EXPECTED = "known", "expected"
VALUES = ("value", *ANSWER[1:])
TOTALS = ("total", *(f"total_{name}" for name in ANSWER[1:]))
_KEYS = {"scope": pl.String, "id": pl.String, "kind": pl.String, "months_ahead": pl.Int64}
_SCHEMA: Mapping[str, Any] = {
    **_KEYS,
    "first_day": pl.Date,
    "last_day": pl.Date,
    "years_ahead": pl.Float64,
    **dict.fromkeys((*VALUES, "flat", "classic", *TOTALS), pl.Float64),
    "tracks": pl.Int64,
    "unknown_days": pl.Int64,
}


def near_rows(catalogue: Catalogue, scope: str, only: Collection[str] | None = None) -> pl.DataFrame:
    """The known months and the next 24 of everything of a kind, or of what `only` names; none of what there is not."""
    return _in_order([*_known(catalogue, scope, only), *_expected(catalogue, scope, NEAR_MONTHS, only)])


def far_rows(catalogue: Catalogue, scope: str, only: Collection[str] | None = None) -> pl.DataFrame:
    """The months after these."""
    rows = _in_order(_expected(catalogue, scope, catalogue.furthest, only))
    return rows.filter(pl.col("months_ahead") > NEAR_MONTHS)


def _known(catalogue: Catalogue, scope: str, only: Collection[str] | None) -> list[pl.DataFrame]:
    names, codes = _numbered(_belonging(catalogue, scope, catalogue.known.track_ids), only)
    return [_known_of(scope, name, catalogue.known.at(codes == place)) for place, name in enumerate(names)]


def _expected(catalogue: Catalogue, scope: str, months: int, only: Collection[str] | None) -> list[pl.DataFrame]:
    names, codes = _numbered(_belonging(catalogue, scope, catalogue.measured.track_ids), only)
    if not names:
        return []
    tracks = np.flatnonzero(codes >= 0)
    said = together(catalogue.forecaster, catalogue.measured.at(tracks), catalogue.as_of, months, codes[tracks])
    sizes = np.bincount(codes[tracks])
    return [_expected_of(catalogue, scope, name, said, place, int(sizes[place])) for place, name in enumerate(names)]


def _belonging(catalogue: Catalogue, scope: str, track_ids: NDArray[np.object_]) -> NDArray[np.object_]:
    """What each track belongs to, shape (n,); None where that is unknown."""
    if scope == TRACK:
        return track_ids
    if scope == ARTIST:
        return catalogue.artists_of(track_ids)
    return np.full(len(track_ids), ALL if scope == CATALOGUE else None, dtype=object)


def _numbered(names: NDArray[np.object_], only: Collection[str] | None) -> tuple[list[str], NDArray[np.int64]]:
    """The names that are wanted, and each track's place among them, shape (n,); -1 of what is not wanted."""
    wanted = None if only is None else set(only)
    found = [name for name in dict.fromkeys(names) if name is not None and (wanted is None or name in wanted)]
    places = {name: place for place, name in enumerate(found)}
    return found, np.array([places.get(name, -1) for name in names], dtype=np.int64)


def _known_of(scope: str, name: str, known: KnownMonths) -> pl.DataFrame:
    """Months back: 0 is the last whole one. Of a track only those of which all days are known."""
    ends = known.ends
    values = known.whole[0] if scope == TRACK else known.streams.sum(axis=0, dtype=np.float64)
    rows = _frame(
        scope,
        name,
        KNOWN,
        months_ahead=-np.arange(len(known.days)),
        first_day=[date_of(int(day) + 1) for day in ends[1:]],
        last_day=[date_of(int(day)) for day in ends[:-1]],
        value=values,
        tracks=(known.counted_days > 0).sum(axis=0),
        unknown_days=(known.lived_days - known.counted_days).sum(axis=0),
    )
    return rows.filter(pl.col("value").is_not_nan())


def _expected_of(catalogue: Catalogue, scope: str, name: str, said: Together, place: int, tracks: int) -> pl.DataFrame:
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
        **dict(zip(VALUES, said.values[place].T, strict=True)),
        flat=said.flat[place],
        classic=said.classic[place],
        **dict(zip(TOTALS, said.totals[place].T, strict=True)),
        tracks=np.full(months, tracks),
    )


def _frame(scope: str, name: str, kind: str, **given: Any) -> pl.DataFrame:
    there = pl.DataFrame({key: pl.Series(key, values, dtype=_SCHEMA[key]) for key, values in given.items()})
    keys = [pl.lit(text).alias(key) for key, text in (("scope", scope), ("id", name), ("kind", kind))]
    lacking = [pl.lit(None, dtype=kind).alias(key) for key, kind in _SCHEMA.items() if key not in (*_KEYS, *given)]
    return there.with_columns(*keys, *lacking).select(*_SCHEMA)


def _in_order(rows: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *rows]).sort("scope", "id", "months_ahead", maintain_order=True)
