"""JSON Schemas of records and answers, for the documentation and for who checks what it says."""

from collections.abc import Mapping
from typing import Any

from serving.predictions.fields.kinds import Field, RecordFields
from serving.predictions.records import RECORDS

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
MODEL: Schema = {
    "type": "object",
    "description": "The model that answered.",
    "properties": {
        "target": {"type": "string"},
        "name": {"type": "string"},
        "family": {"type": "string"},
        "version": {"type": "integer", "description": "Its version in the registry."},
        "is_baseline": {"type": "boolean", "description": "Whether no model beats this naive predictor yet."},
        "learned_until": {
            "type": ["string", "null"],
            "format": "date",
            "description": "The last as_of that it learned from.",
        },
    },
    "required": ["target", "name", "family", "version", "is_baseline", "learned_until"],
    "additionalProperties": False,
}
NOTES: dict[str, Schema] = {
    "imputed": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Optional features that were absent or null.",
    },
    "warnings": {
        "type": "array",
        "description": "Values outside of all that the model learned from.",
        "items": {
            "type": "object",
            "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            "required": ["field", "message"],
            "additionalProperties": False,
        },
    },
}


def described(schema: Mapping[str, Any], description: str) -> Schema:
    """A schema with a description."""
    return {**schema, "description": description}


def or_null(schema: Mapping[str, Any]) -> Schema:
    """A schema of one type, of a value that may be null."""
    return {**schema, "type": [schema["type"], "null"]}


def body_schema(fields: RecordFields, most: int, options: Mapping[str, Field] | None = None) -> Schema:
    """Of a body: a record, a list of records, or {"records": [...]} with `options` beside."""
    record = _record(fields)
    records = {"type": "array", "items": record, "minItems": 1, "maxItems": most}
    beside = {name: or_null(kind.schema()) for name, kind in (options or {}).items()}
    together = _closed({RECORDS: {**records, "description": "The records."}, **beside}, (RECORDS,))
    example = dict(fields.example)
    return {
        "anyOf": [
            {**record, "title": "A record"},
            {**records, "title": "Records"},
            {**together, "title": "Records with options"},
        ],
        "examples": [example, [example, example], {RECORDS: [example]}],
    }


def answer_schema(row: Mapping[str, Schema], head: Mapping[str, Schema], optional: tuple[str, ...]) -> Schema:
    """Of an answer: of one record flat, of several with `predictions`.

    `head`: what is said once. `optional`: what an answer may lack.
    """
    every = {**row, **NOTES}
    said = [name for name in every if name not in optional]
    single = _closed({**head, **every, "model": MODEL}, (*head, *said, "model"))
    predictions = {"type": "array", "items": _closed(every, said)}
    several = _closed({"model": MODEL, **head, "predictions": predictions}, ("model", *head, "predictions"))
    return {"anyOf": [{**single, "title": "Of a record"}, {**several, "title": "Of records"}]}


def flag_parameter(name: str, description: str) -> Schema:
    """A query parameter that leaves something out of an answer."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string", "enum": ["true", "false"], "default": "true"},
    }


def _record(fields: RecordFields) -> Schema:
    properties: dict[str, Schema] = {}
    for name, kind in {**fields.passed, **fields.numbers, **fields.words}.items():
        schema = kind.schema()
        properties[name] = schema if name in fields.required else or_null(schema)
    return _closed(properties, fields.required)


def _closed(properties: Mapping[str, Schema], required: Any) -> Schema:
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**found, "required": list(required)} if required else found
