"""Requests that schemathesis makes from the OpenAPI document, sent to the application, and what must hold of each."""

from collections import Counter
from contextlib import suppress
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from benchmarks.asgi_client import AsgiClient

_CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
_UNAVAILABLE = 503
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def operations_with_input(document: dict[str, Any]) -> list[str]:
    """Those of them that are sent something: the others have one case each."""
    every = [one for item in document["paths"].values() for one in item.values()]
    return [one["operationId"] for one in every if "requestBody" in one or one.get("parameters")]


def operations(document: dict[str, Any]) -> list[str]:
    """What the document's operations are called."""
    return [one["operationId"] for item in document["paths"].values() for one in item.values()]


def ask_generated(
    client: AsgiClient, document: dict[str, Any], operation_id: str, cases: int, seed: int
) -> Counter[int]:
    """Send so many cases of an operation, half of them as documented and half of them not; how often which status.

    Raises an error that says how to ask again where an answer is the server's fault, or one that the document does not
    speak of. 503 is no fault where the document has it.
    """
    operation = schemathesis.openapi.from_dict(document).find_operation_by_id(operation_id)
    statuses: Counter[int] = Counter()

    def ask(case: Any) -> None:
        answer = _answer(client, case)
        statuses[int(answer.status_code)] += 1
        documented = answer.status_code == _UNAVAILABLE and str(_UNAVAILABLE) in operation.definition.raw["responses"]
        case.validate_response(answer, checks=_CHECKS if documented else [not_a_server_error, *_CHECKS])

    for mode in _MODES:
        many = settings(
            max_examples=cases // len(_MODES),
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        strategy = operation.as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # nothing of an operation without a body and parameters can be wrong
            seeded(seed)(many(given(strategy)(ask)))()
    return statuses


def _answer(client: AsgiClient, case: Any) -> schemathesis.Response:
    asked = requests.Request(**_known(case.as_transport_kwargs(base_url="http://localhost"))).prepare()
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
    headers = [(_bytes(name).lower(), _bytes(value)) for name, value in asked.headers.items()]
    found = client.ask(asked.method or "", asked.url or "", headers, body)
    return schemathesis.Response(found.status, found.headers, found.body, asked, 0.0, True)


def _known(words: dict[str, Any]) -> dict[str, Any]:
    return {
        name: words[name] for name in ("method", "url", "headers", "data", "json", "params", "cookies") if name in words
    }


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")
