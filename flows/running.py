"""`refrain run` and `refrain status`: what is stale, and a flow for it where anything is."""

import asyncio
import importlib
import os
from inspect import isawaitable
from typing import Any

from rich.console import Console

from features.registry import all_targets, select_targets
from features.target import Target
from flows.control_plane import TemporaryServer
from flows.decision_plane import find_result, served_now
from flows.display import watched
from flows.journal import Journal
from flows.results import TargetResult
from flows.session import Session, begin_session
from refrain.project import Project
from refrain.settings import Frozen

# What the steps import at their first use, brought in while the Prefect server starts, which takes longer. By one
# thread, before the steps begin: packages that import one another in a circle can be found half-made by a second one.
_HEAVY = (
    "mlflow",
    "sklearn.ensemble",
    "xgboost",
    "matplotlib.figure",
    "polars",
    "tasks.ingest",
    "tasks.validate",
    "tasks.snapshot",
    "tasks.train",
    "tasks.register",
)


def run_targets(project: Project, names: list[str], console: Console) -> tuple[list[TargetResult], list[str]]:
    """Bring the targets that `names` ask for up to date (all where it is empty), and say what is served.

    Returns the results, and the faults of datasets that no target needs. Where nothing is stale and all is registered,
    no flow is started.
    """
    chosen = select_targets(names)
    journal = Journal()
    session = begin_session(project, journal)
    known = {target.name: _unchanged(session, target) for target in chosen}
    datasets = session.table.of_datasets(session.datasets_for(chosen))
    if None not in known.values() and not any(session.plane.is_stale(stage) for stage in datasets):
        return [result for result in known.values() if result], []
    # The display says what happens; what Prefect logs goes to its server, and to the console only where asked for.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    with TemporaryServer(project.root / ".prefect") as server, watched(journal, console, "starting"):
        asyncio.run(_flow(server, [target.name for target in chosen], project))
    return [session.result(target) for target in chosen], _unused_faults(session, chosen)


def _unused_faults(session: Session, chosen: list[Target]) -> list[str]:
    """What is wrong with datasets that no target of the run needs, so that it is not passed over."""
    needed = {name for target in chosen for name in session.table.with_references(session.table.datasets(target))}
    broken = (name for name in session.broken_datasets(chosen) if name not in needed)
    return [f"{name}: {session.journal.first_error({name})}" for name in broken]


async def _flow(server: TemporaryServer, targets: list[str], project: Project) -> None:
    _import_heavy()
    from prefect.exceptions import FailedRun  # noqa: PLC0415

    from flows.run import run  # noqa: PLC0415  (Prefect reads where its server is when it is imported)

    await asyncio.to_thread(server.wait)
    state = await run(targets=targets, folder=str(project.root), return_state=True)
    await _send_what_is_left()
    # A step's fault is in the journal, and the flow then says so (FailedRun). This is one of the flow itself: another
    # run at work, say, or a page of findings that Prefect did not take.
    fault = await state.aresult(raise_on_failure=False)
    if isinstance(fault, Exception) and not isinstance(fault, FailedRun):
        raise fault


async def _send_what_is_left() -> None:
    # Logs and events are sent from a queue; the server must not end before it is empty.
    from prefect.events.worker import EventsWorker  # noqa: PLC0415
    from prefect.logging.handlers import APILogHandler  # noqa: PLC0415

    await APILogHandler.aflush()
    drained = EventsWorker.drain_all()
    if isawaitable(drained):
        await drained


def _import_heavy() -> None:
    from contracts.engine import great_expectations  # noqa: PLC0415

    great_expectations()
    for name in _HEAVY:
        importlib.import_module(name)


class TargetState(Frozen):
    """A row of `refrain status`."""

    target: str
    stale: tuple[str, ...]
    registered: bool
    """Whether the registry has the models of the data as it is now."""
    served: str

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return self.model_dump(mode="json")


def current_state(project: Project) -> list[TargetState]:
    """What `refrain run` would find, without changing anything but dvc.yaml."""
    session = begin_session(project, Journal())
    return [_state(session, target) for target in all_targets().values()]


def _state(session: Session, target: Target) -> TargetState:
    stale = _stale(session, target)
    result = None if stale else find_result(session, target)
    return TargetState(
        target=target.name, stale=stale, registered=result is not None, served=served_now(session, target)
    )


def _stale(session: Session, target: Target) -> tuple[str, ...]:
    return tuple(stage.address for stage in session.table.of_target(target) if session.plane.is_stale(stage))


def _unchanged(session: Session, target: Target) -> TargetResult | None:
    return None if _stale(session, target) else find_result(session, target)
