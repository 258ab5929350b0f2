"""The OpenAPI document, with what holds for every endpoint said of each."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.web.door import OPEN
from serving.web.problems import MEDIA_TYPE

_PROBLEM = {
    "title": "Problem",
    "description": "What is wrong, as RFC 9457 has it. It never repeats a value that was sent.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, in a sentence."},
        "errors": {
            "type": "array",
            "description": "Each fault; the first hundred of many.",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {
                    "line": {"type": "integer", "description": "Which record of several, from 1."},
                    "field": {"type": "string"},
                    "reason": {"type": "string"},
                    "hint": {"type": "string", "description": "What to do about it."},
                },
            },
        },
        "faults": {"type": "integer", "description": "How many faults there are."},
    },
}
_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key, after `Authorization: Bearer`."},
}
_EVERYWHERE = {"421": "The request was sent to another name than this machine's own; only where no keys are set."}
_LOCKED = {"401": "There is no API key in the request that is known here; only where keys are set."}
_WITH_A_BODY = {
    "413": "The body is too large.",
    "422": "What was sent cannot be taken: each fault with its field.",
}
_OVERDUE = {"503": "There is no answer now, or none in time; Retry-After says when to try again."}
_REFERENCE = "#/$defs/"
_COMPONENT = "#/components/schemas/"


def describe(app: FastAPI, description: str) -> dict[str, Any]:
    """The document of an application: the same on every machine."""
    document = get_openapi(title=app.title, version=app.version, description=description, routes=app.routes)
    components = document.setdefault("components", {})
    schemas: dict[str, Any] = {"Problem": _PROBLEM, **components.get("schemas", {})}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, path)
    paths = _hoisted(document["paths"], schemas)
    components |= {"schemas": schemas, "securitySchemes": _SCHEMES}
    return {**document, "paths": paths, "components": components}


def _complete(operation: dict[str, Any], path: str) -> None:
    said = operation["responses"]
    general = dict(_EVERYWHERE) if path in OPEN else {**_EVERYWHERE, **_LOCKED, **_OVERDUE}
    if path not in OPEN:
        operation["security"] = [{}, *({name: []} for name in _SCHEMES)]
    if "requestBody" in operation:
        general |= _WITH_A_BODY
    elif operation.get("parameters"):
        general["422"] = "A parameter is not understood."
    for status, text in general.items():
        said.setdefault(status, {"description": text, "content": {MEDIA_TYPE: {}}})
    for answer in said.values():
        if MEDIA_TYPE in answer.get("content", {}):
            answer["content"][MEDIA_TYPE] = {"schema": {"$ref": f"{_COMPONENT}Problem"}}
    operation["responses"] = dict(sorted(said.items()))


def _hoisted(part: Any, schemas: dict[str, Any]) -> Any:
    """A part of the document whose schemas refer to components rather than to definitions of their own, which
    `schemas` then has.
    """
    if isinstance(part, list):
        return [_hoisted(entry, schemas) for entry in part]
    if not isinstance(part, Mapping):
        return part
    kept = {name: _hoisted(value, schemas) for name, value in part.items() if name not in ("$defs", "$ref")}
    reference = part.get("$ref")
    if isinstance(reference, str):
        kept["$ref"] = reference.replace(_REFERENCE, _COMPONENT)
    for name, definition in part.get("$defs", {}).items():
        found = _hoisted(definition, schemas)
        if schemas.setdefault(name, found) != found:
            raise ValueError(f"two schemas are called {name}")
    return kept
