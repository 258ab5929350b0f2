"""The audience's endpoints as the OpenAPI document has them."""

from collections.abc import Mapping
from typing import Any

from models.contributions import LOG_ODDS
from models.contributions import PROBABILITY as PROBABILITY_SCALE
from refrain.sessions import REASONS
from serving.audience.churn import ID_PATTERN, OPTIONS
from serving.audience.parameters import AT_HINT, MOST_DRIVERS, MOST_USERS
from serving.predictions.fields.churn import CHURN_FIELDS
from serving.predictions.schemas import MODEL, NOTES, PROBABILITY, body_schema, described, or_null
from tasks.audience.hourly_figures import HourlyFigures
from tasks.churn_figures import DRIVERS, ChurnFigures

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_DAY: Schema = {"type": "string", "format": "date"}
_SOURCE: Schema = {
    "enum": ["event store", "datasets"],
    "description": "Where the data is kept: the store where it holds sessions, otherwise the project's datasets.",
}
_REASON: Schema = {"enum": [*REASONS, None]}
_CHANCES: Schema = {
    "type": ["object", "null"],
    "properties": dict.fromkeys(REASONS, PROBABILITY),
    "required": list(REASONS),
    "additionalProperties": False,
    "description": "Of each reason, if the user leaves; null where no model of reasons is served.",
}


def closed(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def churn_body(most: int) -> Schema:
    """JSON Schema of what POST /audience/churn/predict is sent, with examples."""
    of_records = body_schema(CHURN_FIELDS, most, OPTIONS)
    ids = {
        "type": "array",
        "items": {"type": "string", "pattern": ID_PATTERN},
        "minItems": 1,
        "maxItems": most,
        "uniqueItems": True,
        "description": "Users whose features are made of what is known of them.",
    }
    at = {"type": ["string", "null"], "maxLength": 40, "description": f"As of when; the newest if left out. {AT_HINT}"}
    beside = {name: or_null(kind.schema()) for name, kind in OPTIONS.items()}
    users = {"title": "Users", **closed({"user_ids": ids, "at": at, **beside}, ("at", *beside))}
    examples = [{"user_ids": ["u00017", "u00042"]}, {"user_ids": ["u00017"], "at": "2024-12-15", "threshold": 0.4}]
    return {"anyOf": [*of_records["anyOf"], users], "examples": [*of_records["examples"], *examples]}


def churn_answer() -> Schema:
    """JSON Schema of what it answers."""
    driver = closed({"feature": _TEXT, "value": {"type": ["number", "string", "null"]}, "effect": {"type": "number"}})
    row: dict[str, Schema] = {
        "user_id": _TEXT,
        "as_of": _DAY,
        "probability": described(PROBABILITY, "Of staying away."),
        "likely": {"type": "boolean", "description": "Whether that reaches the threshold."},
        "reason": described(_REASON, "The one that is chosen, if the user leaves."),
        "reasons": _CHANCES,
        "contributions": {
            "type": ["array", "null"],
            "maxItems": MOST_DRIVERS,
            "items": driver,
            "description": "What moves the score most: above 0 towards leaving. Null where nobody can say.",
        },
        "contributions_scale": {"enum": [LOG_ODDS, PROBABILITY_SCALE, None]},
        **NOTES,
    }
    optional = ("user_id", "as_of", "contributions", "contributions_scale")
    head: dict[str, Schema] = {
        "model": MODEL,
        "reason_model": {"anyOf": [MODEL, {"type": "null"}]},
        "threshold": described(PROBABILITY, "The probability from which a user is likely to leave."),
    }
    unanswered = {"type": "array", "items": closed({"user_id": _TEXT, "reason": _TEXT})}
    where = {
        "source": _SOURCE,
        "as_of": _DAY,
        "unanswered": described(unanswered, "Users of whom there is nothing to be said, and why."),
    }
    predictions = {"type": "array", "items": closed(row, optional)}
    return {
        "anyOf": [
            {"title": "Of records or users", **closed({**head, **where, "predictions": predictions}, (*where,))},
            {"title": "Of a record", **closed({**head, **row}, optional)},
        ]
    }


def summary_answer() -> Schema:
    """JSON Schema of what GET /audience/churn/summary answers."""
    driver = closed({"feature": _TEXT, "effect": {"type": "number"}})
    user = closed(
        {
            "user_id": _TEXT,
            "as_of": _DAY,
            "probability": PROBABILITY,
            "likely": {"type": "boolean"},
            "reason": described(_REASON, "Only of those likely to leave."),
            "reasons": _CHANCES,
            "drivers": {"type": "array", "items": driver, "maxItems": DRIVERS},
        }
    )
    figures = ChurnFigures.model_json_schema(mode="serialization")
    properties = {
        "source": _SOURCE,
        **figures["properties"],
        "scale_of_effects": {"enum": [LOG_ODDS, PROBABILITY_SCALE]},
        "top_users": {"type": "array", "items": user, "maxItems": MOST_USERS},
    }
    return {"title": "ChurnSummary", "$defs": figures["$defs"], **closed(properties)}


def hourly_answer() -> Schema:
    """JSON Schema of what GET /audience/hourly answers."""
    figures = HourlyFigures.model_json_schema(mode="serialization")
    properties = {"source": _SOURCE, **figures["properties"]}
    return {"title": "Hourly", "$defs": figures["$defs"], **closed(properties)}


def _model(target: str, family: str, version: int, learned_until: str) -> dict[str, Any]:
    return {
        "target": target,
        "name": family,
        "family": family,
        "version": version,
        "is_baseline": family == "baseline",
        "learned_until": learned_until,
    }


_CHURN_MODEL = _model("audience.churn", "xgboost", 6, "2024-06-02")
_REASON_MODEL = _model("audience.churn_reason", "xgboost", 11, "2024-05-12")
_HOURLY_MODEL = _model("audience.hourly", "blend", 20, "2024-05-30")
_CHANCES_EXAMPLE = {"price": 0.58, "quality": 0.21, "content": 0.12, "time": 0.06, "other": 0.03}
_USER = {"user_id": "u00017", "as_of": "2024-12-29", "probability": 0.83, "likely": True, "reason": "price"}

CHURN_EXAMPLE = {
    "model": _CHURN_MODEL,
    "reason_model": _REASON_MODEL,
    "threshold": 0.34,
    "source": "datasets",
    "as_of": "2024-12-29",
    "unanswered": [{"user_id": "u00042", "reason": "had no session in the 28 days up to 2024-12-29"}],
    "predictions": [
        {
            **_USER,
            "reasons": _CHANCES_EXAMPLE,
            "contributions": [{"feature": "silence", "value": 4.2, "effect": 1.31}],
            "contributions_scale": "log-odds",
            "imputed": [],
            "warnings": [],
        }
    ],
}
SUMMARY_EXAMPLE = {
    "source": "datasets",
    "as_of": "2024-12-29",
    "users": 610,
    "expected": {"number": 128.4, "low_80": 112, "high_80": 146, "low_95": 104, "high_95": 155},
    "base_rate": 0.21,
    "threshold": 0.35,
    "likely": 117,
    "share_likely": 0.192,
    "reasons": _CHANCES_EXAMPLE,
    "churn_model": _CHURN_MODEL,
    "reason_model": _REASON_MODEL,
    "scale_of_effects": "log-odds",
    "top_users": [
        {**_USER, "reasons": _CHANCES_EXAMPLE, "drivers": [{"feature": "silence", "effect": 1.31}]},
    ],
}
HOURLY_EXAMPLE = {
    "source": "datasets",
    "as_of": "2024-12-31",
    "timezone": "Europe/Berlin",
    "hours": [
        {
            "hour": "2024-12-31T23:00:00Z",
            "prediction": 41.2,
            "interval_80": [33.9, 48.8],
            "interval_95": [29.0, 54.1],
            "usual": 38.5,
            "actual": None,
        }
    ],
    "past": [{"hour": "2024-12-31T22:00:00Z", "users": 52.0}],
    "model": _HOURLY_MODEL,
    "usual_model": _model("audience.hourly", "baseline", 23, "2024-05-30"),
}
