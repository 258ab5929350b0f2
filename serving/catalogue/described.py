"""POST /catalogue/forecast as the OpenAPI document has it."""

from typing import Any

from serving.catalogue.body import (
    EARLIEST,
    HINTS,
    LATEST,
    MOST_STREAMS,
    USUAL_DISCOUNT,
    USUAL_MONTHS,
)
from serving.predictions.schemas import MODEL
from tasks.forecasting.forecaster import MOST_MONTHS

_BOUNDS = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_DAY = {"type": "string", "format": "date"}
_RATE = {"type": "number", "minimum": 0, "maximum": 1_000_000}
_COUNTRIES = {
    "type": ["object", "null"],
    "additionalProperties": _RATE,
    "propertyNames": {"maxLength": 100},
    "minProperties": 1,
    "maxProperties": 300,
}
_NAME = {"minLength": 1, "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f]+$"}
_WARNINGS = {
    "type": "array",
    "description": "What lies outside all that the model learned from.",
    "items": {
        "type": "object",
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
        "required": ["field", "message"],
    },
}


def body_schema(max_tracks: int, max_days: int) -> dict[str, Any]:
    """JSON Schema of what is sent, with examples."""
    track, options = _track(max_days), _options()
    needed = ["track_id", "daily"]
    return {
        "oneOf": [
            {
                "title": "Tracks",
                "type": "object",
                "properties": {
                    "tracks": {
                        "type": "array",
                        "description": "They are taken for the whole catalogue: a track is forecast beside the others.",
                        "items": _object(track, needed),
                        "minItems": 1,
                        "maxItems": max_tracks,
                    },
                    **options,
                },
                "required": ["tracks"],
                "additionalProperties": False,
            },
            {"title": "Track", **_object({**track, **options}, needed)},
        ],
        "examples": [EXAMPLE_TRACKS, EXAMPLE_TRACK],
    }


def answer_schema() -> dict[str, Any]:
    """JSON Schema of what is answered."""
    months = {
        "type": "array",
        "description": "The months ahead, in order: every list of a forecast has an entry for each.",
        "items": _object({"first": _DAY, "last": _DAY}, ["first", "last"]),
    }
    common = {"model": MODEL, "as_of": _DAY, "months": months}
    track = _forecast()
    artist = _object({"artist_id": {"type": "string"}, **_amount("the present value of the artist's tracks")})
    value = _object(
        {
            "rate": {"type": "number", "description": "What a stream earns."},
            "discount": {"type": "number", "description": "The effective yearly discount rate."},
            **_amount("the present value of all tracks together, in the currency of the rate"),
            "artists": {
                "type": "array",
                "items": artist,
            },
        }
    )
    skipped = _object({"track_id": {"type": "string"}, "reason": {"type": "string"}})
    many = {
        **common,
        "predictions": {"type": "array", "items": _object(track)},
        "total": _object(_amount("streams of all tracks and months together")),
        "value": {"anyOf": [value, {"type": "null"}]},
        "skipped": {"type": "array", "description": "Tracks without a forecast, and why.", "items": skipped},
        "warnings": _WARNINGS,
    }
    return {"oneOf": [{"title": "Forecasts", **_object(many)}, {"title": "Forecast", **_object({**common, **track})}]}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def _track(max_days: int) -> dict[str, Any]:
    count = {"type": ["number", "null"], "minimum": 0, "maximum": MOST_STREAMS}
    day = {"type": ["string", "null"], "format": "date"}
    found: dict[str, Any] = {
        "track_id": {"type": "string", **_NAME},
        "artist_id": {"type": ["string", "null"], **_NAME},
        "release_date": day,
        "first_day": day,
        "last_day": day,
        "daily": {"type": "array", "items": count, "maxItems": max_days},
        "mldr": {"type": ["number", "null"], "minimum": -10, "maximum": 10},
    }
    return _with_hints(found)


def _options() -> dict[str, Any]:
    found: dict[str, Any] = {
        "months": {"type": "integer", "minimum": 1, "maximum": MOST_MONTHS, "default": USUAL_MONTHS},
        "as_of": {"type": ["string", "null"], "format": "date"},
        "rate": {"type": ["number", "null"], "minimum": 0, "maximum": 1_000_000},
        "rates": _COUNTRIES,
        "shares": _COUNTRIES,
        "discount": {
            "type": ["number", "null"],
            "exclusiveMinimum": -1,
            "maximum": 1_000,
            "default": USUAL_DISCOUNT,
        },
    }
    return _with_hints(found)


def _with_hints(fields: dict[str, Any]) -> dict[str, Any]:
    """Each field with what it is; days also with their limits, which JSON Schema cannot say."""
    limits = f" From {EARLIEST} to {LATEST}."
    return {
        name: {**field, "description": HINTS[name] + (limits if field.get("format") == "date" else "")}
        for name, field in fields.items()
    }


def _forecast() -> dict[str, Any]:
    numbers = {"type": "array", "items": {"type": "number"}}
    return {
        "track_id": {"type": "string"},
        "prediction": {**numbers, "description": "Streams of each month ahead."},
        "interval_80": {"type": "array", "items": _BOUNDS, "description": "Least and most of each month, with 80 %."},
        "interval_95": {"type": "array", "items": _BOUNDS, "description": "The same with 95 %."},
        "segment": {
            "type": ["array", "null"],
            "items": {"type": "integer"},
            "description": "Which segment of its life the track is in; null where its age is unknown.",
        },
        "total": _object(_amount("streams of all months together, whose interval is its own")),
        "value": {"anyOf": [_object(_amount("the present value, where a rate is given")), {"type": "null"}]},
        "imputed": {"type": "array", "items": {"type": "string"}, "description": "Fields that were not there."},
        "warnings": _WARNINGS,
    }


def _amount(what: str) -> dict[str, Any]:
    return {
        "prediction": {"type": "number", "description": f"{what[0].upper()}{what[1:]}."},
        "interval_80": _BOUNDS,
        "interval_95": _BOUNDS,
    }


_WEEK = [410, 395, 388, 402, 455, 520, 498]
EXAMPLE_TRACK = {
    "track_id": "7ouMYWpwJ422jRcDASZB7P",
    "release_date": "2026-06-05",
    "first_day": "2026-06-05",
    "daily": [*(count * 3 for count in _WEEK), *(count * 2 for count in _WEEK), *_WEEK, 380, None, *_WEEK],
    "months": 3,
    "rate": 0.003,
}
EXAMPLE_TRACKS = {
    "tracks": [
        {
            "track_id": "7ouMYWpwJ422jRcDASZB7P",
            "artist_id": "12Chz98pHFMPJEknJQMWvI",
            "release_date": "2026-06-05",
            "daily": EXAMPLE_TRACK["daily"],
            "mldr": 0.02,
        },
        {"track_id": "new and without a release date", "last_day": "2026-07-04", "daily": _WEEK * 5},
    ],
    "months": 3,
    "rates": {"US": 0.004, "other": 0.002},
    "shares": {"US": 3, "DE": 1},
    "discount": 0.1,
}
EXAMPLE_ANSWER = {
    "model": {
        "target": "catalogue.decay",
        "name": "blend",
        "family": "blend",
        "version": 10,
        "is_baseline": False,
        "learned_until": "2022-12-31",
    },
    "as_of": "2026-07-04",
    "months": [{"first": "2026-07-05", "last": "2026-08-03"}],
    "predictions": [
        {
            "track_id": "7ouMYWpwJ422jRcDASZB7P",
            "prediction": [12034.5],
            "interval_80": [[9811.2, 15020.9]],
            "interval_95": [[8210.0, 19402.3]],
            "segment": [0],
            "total": {"prediction": 12034.5, "interval_80": [9850.1, 14981.4], "interval_95": [8300.7, 19011.8]},
            "value": {"prediction": 35.9, "interval_80": [29.4, 44.7], "interval_95": [24.8, 56.7]},
            "imputed": ["mldr"],
            "warnings": [],
        }
    ],
    "total": {"prediction": 12034.5, "interval_80": [9850.1, 14981.4], "interval_95": [8300.7, 19011.8]},
    "value": {
        "rate": 0.003,
        "discount": 0.08,
        "prediction": 35.9,
        "interval_80": [29.4, 44.7],
        "interval_95": [24.8, 56.7],
        "artists": [],
    },
    "skipped": [{"track_id": "an old one", "reason": "no recent count"}],
    "warnings": [],
}
