"""What is answered to POST /catalogue/forecast. Numbers are the model's own, to the last digit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from refrain.track_months import HISTORY, MONTH_AHEAD
from serving.catalogue.body import Asked, Track
from serving.catalogue.forecasting import Answered, Worths
from tasks.champions.loaded import ServedModel
from tasks.database.months import months_after
from tasks.forecasting.forecaster import Forecasts
from tasks.records import LearnedRecord

Numbers = NDArray[np.float64]
_OF_THE_CATALOGUE = ("season_from", "catalogue_level", "artist_level")
"""Columns that say nothing about the track itself."""
_MAY_LACK = ("release_date", "mldr")
"""Fields without which a model fills in what is usual."""


def written(
    asked: Asked, found: Answered, steps: str, model: ServedModel, learned: LearnedRecord | None
) -> tuple[bytes, int, int]:
    """The answer, and of how many tracks something was imputed or warned about. `steps`: what a month is."""
    forecasts = found.forecasts
    warnings = _warnings(forecasts, learned)
    given = {track["track_id"]: track for track in asked.tracks}
    whose = [given[track] for track in forecasts.track_ids]
    tracks = list(_tracks(found, whose, warnings))
    ahead: dict[str, Any] = {
        "model": model.model_dump(mode="json"),
        "as_of": forecasts.as_of.isoformat(),
        "months": [
            {"first": first.isoformat(), "last": last.isoformat()}
            for first, last in months_after(forecasts.as_of, forecasts.months, steps)
        ],
    }
    imputed, warned = (sum(bool(track[name]) for track in tracks) for name in ("imputed", "warnings"))
    further = _too_far(forecasts.months, learned)
    if asked.alone:
        ahead |= tracks[0] | {"warnings": [*tracks[0]["warnings"], *further]}
    else:
        ahead |= {
            "predictions": tracks,
            "total": _amount(found.together),
            "value": None if found.worths is None else _value(found.worths),
            "skipped": _skipped(forecasts),
            "warnings": further,
        }
    return orjson.dumps(ahead, option=orjson.OPT_SERIALIZE_NUMPY), imputed, warned


def _tracks(found: Answered, given: Sequence[Track], warnings: Sequence[list[Any]]) -> Iterator[dict[str, Any]]:
    values = found.forecasts.values
    predicted = np.ascontiguousarray(values[:, :, 0])
    near, far = (np.ascontiguousarray(values[:, :, pair]) for pair in (slice(1, 3), slice(3, 5)))
    for place, track in enumerate(given):
        yield {
            "track_id": track["track_id"],
            "prediction": predicted[place],
            "interval_80": near[place],
            "interval_95": far[place],
            "segment": _segments(found, place),
            "total": _amount(found.forecasts.totals[place]),
            "value": None if found.worths is None else _amount(found.worths.tracks[place]),
            "imputed": [name for name in _MAY_LACK if track.get(name) is None],
            "warnings": warnings[place],
        }


def _segments(found: Answered, place: int) -> Any:
    """Of each month; null where neither the model nor an age says it."""
    return None if found.segments[place, 0] < 0 else found.segments[place]


def _amount(values: Numbers) -> dict[str, Any]:
    """An amount with its intervals, from the columns of models.intervals.ANSWER."""
    prediction, *bounds = values.tolist()
    return {"prediction": prediction, "interval_80": bounds[:2], "interval_95": bounds[2:]}


def _value(worths: Worths) -> dict[str, Any]:
    return {
        "rate": worths.terms.rate,
        "discount": worths.terms.discount,
        **_amount(worths.together),
        "artists": [{"artist_id": artist, **_amount(values)} for artist, values in worths.artists.items()],
    }


def _skipped(forecasts: Forecasts) -> list[dict[str, str]]:
    return [{"track_id": track, "reason": reason} for reason, tracks in forecasts.skipped.items() for track in tracks]


def _warnings(forecasts: Forecasts, learned: LearnedRecord | None) -> list[list[dict[str, str]]]:
    """Of each track what is known of it and lies outside all that the model learned from."""
    found: list[list[dict[str, str]]] = [[] for _ in range(len(forecasts))]
    ranges: Mapping[str, tuple[float, float]] = {} if learned is None else learned.ranges
    for name in HISTORY:
        if name in ranges and name not in _OF_THE_CATALOGUE:
            low, high = ranges[name]
            values = forecasts.columns[name].to_numpy(dtype=np.float64)
            for place in np.flatnonzero((values < low) | (values > high)):
                found[place].append(_outside(name, float(values[place]), low, high))
    return found


def _too_far(months: int, learned: LearnedRecord | None) -> list[dict[str, str]]:
    low, high = (1.0, float(months)) if learned is None else learned.ranges.get(MONTH_AHEAD, (1.0, float(months)))
    return [_outside("months", float(months), low, high)] if months > high else []


def _outside(field: str, value: float, low: float, high: float) -> dict[str, str]:
    side = "below" if value < low else "above"
    return {"field": field, "message": f"{value:g} is {side} what the model learned from: {low:g} to {high:g}."}
