"""GET /models, /models/{target} and /ready: what is served, what else is registered, and where it came from."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel

from serving.collector.clock import Clock, system_clock
from serving.registry.answers import Models, Readiness, TargetDetail
from serving.registry.describing import all_models, one_target
from serving.registry.readiness import readiness, readiness_reply
from serving.web.endpoint import Call, Endpoint, Reply
from serving.web.problems import ProblemError, refused, unavailable
from tasks.champions.shelf import Shelf
from tasks.collected.outcome import Refusal

T = TypeVar("T", bound=BaseModel)
_log = logging.getLogger("refrain.serving")
_TAG = "models"
_UNREADABLE = "The registry cannot be read now."
_SECONDS = 5


def registry_endpoints(shelf: Shelf, clock: Clock = system_clock) -> list[Endpoint]:
    """What answers about the models themselves. `clock` says how old training data is."""
    known = shelf.targets

    async def models(call: Call) -> Reply:
        _require_known(call.query, ())
        return await _read(lambda: all_models(shelf, clock().date()))

    async def model(call: Call) -> Reply:
        _require_known(call.query, ())
        target = call.path["target"]
        if target not in known:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"No such target is served here. There are {', '.join(known)}.")
        return await _read(lambda: one_target(shelf, target, clock().date()))

    async def ready(call: Call) -> Reply:
        _require_known(call.query, ("targets",))
        return readiness_reply(readiness(shelf, _asked(call.query.get("targets"), known)))

    unreadable = {422: "A parameter is not understood.", 503: _UNREADABLE}
    return [
        Endpoint(
            "GET",
            "/models",
            "Of each target: what is served, its challengers and its baseline, and how they did",
            models,
            _TAG,
            answers=_schema(Models),
            problems=unreadable,
        ),
        Endpoint(
            "GET",
            "/models/{target}",
            "All versions of a target: metrics, the gate's decision, what they were made of, and who moved which alias",
            model,
            _TAG,
            parameters=[_target(known)],
            answers=_schema(TargetDetail),
            problems={404: "No such target is served here.", **unreadable},
        ),
        Endpoint(
            "GET",
            "/ready",
            "Whether the champions answer",
            ready,
            "health",
            parameters=[_targets(known)],
            answers=_schema(Readiness),
            problems={
                422: "A parameter is not understood.",
                503: "Not all of them answer. The problem details have the members of the answer, too.",
            },
        ),
    ]


async def _read(answer: Callable[[], T]) -> Reply:
    """What is read from the registry, in a thread: a store that does not answer must not keep others waiting."""
    try:
        found = await asyncio.to_thread(answer)
    except Exception as error:
        # Any of a dozen libraries may be behind the store.
        _log.warning("The registry cannot be read: %s.", type(error).__name__)
        raise unavailable(_UNREADABLE, _SECONDS) from None
    return Reply(found.model_dump_json().encode())


def _asked(text: str | None, known: Sequence[str]) -> Sequence[str]:
    if text is None:
        return known
    names = [name.strip() for name in text.split(",")]
    if not set(names) <= set(known):
        hint = f"Some of {', '.join(known)}, with commas between them."
        raise refused([Refusal("targets", "names a target that is not served here", hint)])
    return list(dict.fromkeys(names))


def _require_known(query: Mapping[str, str], known: Sequence[str]) -> None:
    if set(query) - set(known):
        hint = f"There is {known[0]}." if known else "This path has none."
        raise refused([Refusal("query", "holds a parameter that is not known", hint)])


def _target(known: Sequence[str]) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(known)}
    return {"name": "target", "in": "path", "required": True, "description": "A target's name.", "schema": schema}


def _targets(known: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "targets",
        "in": "query",
        "description": "Names of the targets that are asked for; all that are served here if left out.",
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(known)}},
    }


def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema(mode="serialization")
