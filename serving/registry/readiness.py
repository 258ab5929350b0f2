"""Whether the champions answer: what a load balancer asks."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from serving.registry.answers import Readiness, TargetReadiness
from serving.web.endpoint import Reply
from serving.web.problems import MEDIA_TYPE
from tasks.champions.shelf import Shelf
from tasks.versions import CHAMPION


def readiness(shelf: Shelf, targets: Sequence[str]) -> Readiness:
    """Of some of the shelf's targets. Reads nothing but memory."""
    shown, found = shelf.shown, dict[str, TargetReadiness]()
    for target in targets:
        loaded = shown.loaded.get(target)
        problem = shown.problems.get(target, {}).get(CHAMPION, "") or shown.registry
        if loaded is None:
            found[target] = TargetReadiness(ready=False, model=None, problem=problem or f"{target} is not loaded yet.")
        else:
            found[target] = TargetReadiness(ready=True, model=loaded.champion.served, problem=problem)
    return Readiness(ready=all(one.ready for one in found.values()), targets=found)


def readiness_reply(found: Readiness) -> Reply:
    """200, or 503 with problem details that hold the same."""
    if found.ready:
        return Reply(found.model_dump_json().encode())
    missing = ", ".join(target for target, one in found.targets.items() if not one.ready)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": f"Not served: {missing}."}
    return Reply(json.dumps({**problem, **found.model_dump(mode="json")}).encode(), status, MEDIA_TYPE)
