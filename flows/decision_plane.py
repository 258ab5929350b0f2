"""Between the data plane and the registry: what a training was made of, and what came of registering it."""

from typing import Any

from features.target import Target
from flows.journal import Outcome
from flows.results import Measure, Status, TargetResult
from flows.session import Session
from refrain.files import file_md5, value_digest
from tasks.lineage import Lineage
from tasks.registration import Registration, find_registration
from tasks.versions import CHAMPION, read_target

_DATA = "data/"


def register_target(session: Session, name: str, flow_run_id: str) -> Outcome:
    """Register the training of the target called `name`, unless it is there, and keep the result in the session."""
    from tasks.register import register  # noqa: PLC0415  (brings the models' libraries, which a look does not need)

    target = session.target(name)
    record, lineage = session.evaluation(name), lineage_of(session, target)
    found = register(target, record, lineage, session.project, session.store, flow_run_id)
    status = Status.TRAINED if found.created else Status.UNCHANGED
    session.results[name] = _result(session, found, lineage, status)
    return Outcome.COMPUTED if found.created else Outcome.UNCHANGED


def find_result(session: Session, target: Target) -> TargetResult | None:
    """What the registry says of the target's present training, if that is registered; none otherwise.

    Asked only where no stage of the target is stale.
    """
    lineage = lineage_of(session, target)
    found = find_registration(session.store, target.name, lineage)
    return _result(session, found, lineage, Status.UNCHANGED) if found else None


def served_now(session: Session, target: Target) -> str:
    """The served version in words, whatever data it learned from."""
    version = read_target(session.store, target.name).aliased(CHAMPION)
    return f"{version.name} v{version.version}" if version else "nothing yet"


def lineage_of(session: Session, target: Target) -> Lineage:
    """Digests of all that the target's training depends on, as dvc.lock has them."""
    snapshot = session.plane.recorded(session.table.snapshot(target))
    train = session.plane.recorded(session.table.train(target))
    return Lineage(
        snapshot=file_md5(session.project.snapshot(target.name)),
        params=value_digest(session.project.settings.target(target.name).model_dump(mode="json")),
        code=value_digest({**_code(snapshot), **_code(train)}),
        datasets={
            name: _md5(snapshot, session.project.relative(session.project.raw(name)))
            for name in session.table.datasets(target)
        },
    )


def _code(recorded: dict[str, Any]) -> dict[str, str]:
    return {dep["path"]: dep["md5"] for dep in recorded["deps"] if not dep["path"].startswith(_DATA)}


def _md5(recorded: dict[str, Any], path: str) -> str:
    return next(str(dep["md5"]) for dep in recorded["deps"] if dep["path"] == path)


def _result(session: Session, found: Registration, lineage: Lineage, status: Status) -> TargetResult:
    record = session.evaluation(found.target)
    bar = record.candidate(record.best_baseline).metrics[record.headline]
    return TargetResult(
        target=found.target,
        status=status,
        champion=found.champion,
        metric=Measure(name=record.headline, **found.metric.model_dump()),
        baseline=Measure(name=record.best_baseline, **bar.model_dump()),
        difference=found.difference,
        verdict=found.verdict,
        rows={"train": record.train.rows, "tune": record.tune.rows, "test": record.test.rows},
        as_of={
            "train_end": record.train.last_as_of,
            "test_start": record.test.first_as_of,
            "test_end": record.test.last_as_of,
        },
        snapshot_digest=lineage.snapshot,
        dataset_digests=dict(lineage.datasets),
        mlflow_run_id=found.mlflow_run_id,
        flow_run_id=found.flow_run_id,
    )
