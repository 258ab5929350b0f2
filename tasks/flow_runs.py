"""The last flow runs, as the Prefect server tells them over HTTP: without Prefect's client, which takes seconds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from features.target import Target
from refrain.errors import RefrainError
from refrain.settings import Frozen

FLOW = "refrain"
_SECONDS = 2.0
_MOST = 100


class NoPrefectError(RefrainError):
    """No Prefect server says what ran."""


class FlowRun(Frozen):
    """A run of the flow that brings targets up to date, once it has begun."""

    id: str
    state: str
    """As Prefect calls it: Completed, Running, Failed, Crashed ... It is that of the whole run, of all its targets."""
    message: str
    """What the run said of its state, as "failed: hits.hit"."""
    started: datetime
    ended: datetime | None
    seconds: float
    """How long it took, or has taken so far."""
    targets: tuple[str, ...]
    """Targets and predictions that were asked for; all where empty."""

    def worked_on(self, target: Target) -> bool:
        """Whether a target was among those that were asked for."""
        return not self.targets or target.name in self.targets or target.prediction in self.targets


def last_flow_runs(api: str) -> tuple[FlowRun, ...]:
    """Runs that have begun, the newest first; of the last hundred of them.

    `api`: the Prefect server's address, as in PREFECT_API_URL. Raises NoPrefectError where none is given, where it does
    not answer soon, and where it says something else.
    """
    if not api:
        raise NoPrefectError(
            "No Prefect server is known here.", hint="`refrain up` starts one and names it to the API."
        )
    asked = {
        "sort": "START_TIME_DESC",
        "limit": _MOST,
        "flows": {"name": {"any_": [FLOW]}},
        "flow_runs": {"start_time": {"is_null_": False}},
    }
    try:
        # The server is a neighbour: no proxy of the environment stands between.
        with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
            answer = client.post(f"{api.rstrip('/')}/flow_runs/filter", json=asked)
        return tuple(_read(one) for one in _list(answer.raise_for_status().json()))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        raise NoPrefectError(
            "The Prefect server that PREFECT_API_URL names does not answer.",
            hint="Start it, or unset PREFECT_API_URL.",
        ) from None


def last_run_of(target: Target, runs: Sequence[FlowRun]) -> FlowRun | None:
    """The newest of the runs that a target was part of."""
    return next((run for run in runs if run.worked_on(target)), None)


def _list(answer: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(answer, list):
        raise TypeError
    return answer


def _read(one: Mapping[str, Any]) -> FlowRun:
    return FlowRun(
        id=one["id"],
        state=one["state_name"] or "",
        message=(one["state"] or {}).get("message") or "",
        started=one["start_time"],
        ended=one["end_time"],
        seconds=one["estimated_run_time"],
        targets=one["parameters"].get("targets") or (),
    )
