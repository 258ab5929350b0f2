"""The flow that brings targets up to date: data, snapshots, models, and what the registry says of them."""

import asyncio
from collections.abc import Iterable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import get_run_context
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from features.registry import select_targets
from features.target import Target
from flows.artifacts import publish_results
from flows.decision_plane import register_target
from flows.exclusive import exclusive
from flows.journal import Outcome
from flows.session import Session, open_session
from refrain.errors import RefrainError

# No tags on tasks: of each one that has any, Prefect asks its server for leave to begin, and a server that is busy just
# then crashes the task.
# NO_CACHE everywhere: every step is a function of files, which DVC tells apart by content. Prefect's own input cache
# would see their paths alone.


def _worth_another_try(_task: Any, _run: Any, state: State[Any]) -> bool:
    """A fault a person must mend stays a fault; a busy database or a tracking server out of reach may not."""
    return not isinstance(state.data, RefrainError)


@task(name="ingest", task_run_name="ingest {dataset}", cache_policy=NO_CACHE)
def ingest(dataset: str, session: Session) -> Outcome:
    """A dataset's canonical CSV from its source."""
    return session.refresh_visibly(session.table.ingest(dataset))


@task(name="validate", task_run_name="validate {dataset}", cache_policy=NO_CACHE)
def validate(dataset: str, session: Session) -> Outcome:
    """A dataset against its contract."""
    return session.refresh_visibly(session.table.validate(dataset))


@task(name="snapshot", task_run_name="snapshot {target}", cache_policy=NO_CACHE)
def snapshot(target: str, session: Session) -> Outcome:
    """A target's point-in-time feature table."""
    return session.refresh_visibly(session.table.snapshot(session.target(target)))


@task(name="train", task_run_name="train {target}", cache_policy=NO_CACHE)
def train(target: str, session: Session) -> Outcome:
    """Split, fit, calibrate and evaluate every candidate of a target."""
    return session.refresh_visibly(session.table.train(session.target(target)))


@task(
    name="register",
    task_run_name="register {target}",
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=_worth_another_try,
    cache_policy=NO_CACHE,
)
def register(target: str, session: Session) -> Outcome:
    """Put the candidates before the gate, and the outcome into the registry."""
    context = get_run_context()
    flow_run_id = str(context.task_run.flow_run_id)  # type: ignore[union-attr]
    return session.journal.keep("register", target, lambda: register_target(session, target, flow_run_id))


def _run_name() -> str:
    return ", ".join(flow_run.parameters["targets"] or ["everything"])


@flow(name="refrain", flow_run_name=_run_name)
async def run(targets: list[str] | None = None, folder: str = ".") -> State[Any]:
    """Bring `targets` (targets or predictions; all where none is named) of the project in `folder` up to date.

    A broken contract or a failed step stops the targets that need it, and only those. The flow fails if any target did.
    """
    session = open_session(folder)
    chosen = select_targets(targets or [])
    with exclusive(session.project):
        session.crash = await asyncio.to_thread(_finish, _submit(chosen, session.datasets_for(chosen), session))
        await asyncio.to_thread(session.write_data_docs)
    results = [session.result(target) for target in chosen]
    await publish_results(session, results)
    failed = [result.target for result in results if result.error] or session.broken_datasets(chosen)
    if failed:
        return Failed(message=f"failed: {', '.join(failed)}")
    return Completed(message=f"up to date: {', '.join(target.name for target in chosen)}")


def _submit(chosen: list[Target], datasets: tuple[str, ...], session: Session) -> list[PrefectFuture[Outcome]]:
    table = session.table
    ingested = {name: ingest.submit(name, session) for name in table.with_references(datasets)}
    validated = {
        name: validate.submit(
            name, session, return_state=False, wait_for=[ingested[read] for read in table.with_references((name,))]
        )
        for name in datasets
    }
    ends = list(validated.values())
    for target in chosen:
        waits = [validated[name] for name in table.datasets(target)]
        for step in (snapshot, train, register):
            waits = [step.submit(target.name, session, return_state=False, wait_for=waits)]
        ends += waits
    return ends


def _finish(futures: Iterable[PrefectFuture[Outcome]]) -> str:
    """Wait for all of them; what Prefect says of a task that it could not run itself, empty where it could run all."""
    said = ""
    for future in futures:
        future.wait()
        if future.state.is_crashed() and not said:
            said = future.state.message or "A task crashed."
    return said
