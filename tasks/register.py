"""The step that decides: a training's candidates before the gate, into the registry, and under their aliases.

Everything here can be killed at any point and called again. Runs and versions carry the digest of their training; a
version is made only when its files are there and checked; aliases move after all versions are there, the champion's
last; and only then is the training noted as registered. A call that finds a training half-registered completes it.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from features.target import Target
from refrain.errors import ModelError
from refrain.project import Project
from refrain.settings import TrainingSettings
from tasks.aliases import alias_moves, move_alias
from tasks.gate import Decision, Incumbent, Outcome, Reliability, best_on_tune, decide
from tasks.incumbent import measure_incumbent
from tasks.judged_rows import JudgedRows, read_judged_rows
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.lineage import Lineage
from tasks.model_folder import MODEL_FILE, fetched_model
from tasks.records import Estimate, EvaluationRecord
from tasks.registration import (
    TRAINING,
    RegisteredCandidate,
    Registration,
    find_registration,
    forget,
    remember,
    served,
)
from tasks.reproduce import fresh_predictions, reproductions
from tasks.run_log import RunLog
from tasks.tracking import Store
from tasks.versions import BASELINE, CHALLENGER, CHAMPION, RegisteredTarget, Version, read_target

_INCUMBENT = "\0incumbent"


@dataclass(frozen=True)
class Training:
    """One training of a target, with everything that registering reads."""

    target: Target
    record: EvaluationRecord
    lineage: Lineage
    project: Project
    flow_run_id: str

    @property
    def settings(self) -> TrainingSettings:
        """How it was fitted and measured."""
        return self.project.settings.target(self.target.name).training


def register(
    target: Target, record: EvaluationRecord, lineage: Lineage, project: Project, store: Store, flow_run_id: str
) -> Registration:
    """Put a training's candidates before the gate, and make registry and aliases say what came of it.

    The same training (the same lineage) never makes a second version. `record` and the files are those that the train
    stage wrote in `project`. Raises ModelError if nothing may be served; aliases then stay as they were.
    """
    with store.locked(f"registering-{target.name}"):
        known = find_registration(store, target.name, lineage)
        if known is not None and _whole(store, read_target(store, target.name), known):
            return known
        return _register(Training(target, record, lineage, project, flow_run_id), store)


def _whole(store: Store, model: RegisteredTarget, known: Registration) -> bool:
    """Whether the files of all versions of a registration are still there."""
    try:
        for candidate in known.versions:
            with fetched_model(store, model.version(candidate.version)):
                pass
    except ModelError:
        return False
    return True


def _register(training: Training, store: Store) -> Registration:
    target, record = training.target.name, training.record
    rows = read_judged_rows(training.target, tuple(candidate.name for candidate in record.candidates), training.project)
    decision = _decide(training, store, rows)
    log = RunLog(store, training.lineage, training.project, training.flow_run_id)
    parent = log.training_run(training.target, record, decision)
    model = read_target(store, target)
    versions = {
        candidate.name: log.version(parent, training.target, record, candidate, decision, rows, model)
        for candidate in record.candidates
    }
    model = read_target(store, target)
    made = {name: model.version(number) for name, number in versions.items()}
    for version in made.values():
        with fetched_model(store, version):
            pass
    forget(store, model)
    champion = _move_aliases(training, store, decision, made)
    log.finish(parent)
    registration = _registration(training, decision, made, champion, parent, log.created)
    remember(store, read_target(store, target), registration)
    return registration


def _decide(training: Training, store: Store, rows: JudgedRows) -> Decision:
    """The gate's decision; one fresh process answers for all candidates and for the current champion."""
    target, record = training.target.name, training.record
    folder = training.project.models_folder(target)
    champion = _champion_before(store, target, training.lineage)
    models = {candidate.name: folder / candidate.model for candidate in record.candidates}
    said: dict[str, Answers | str] = {}
    with ExitStack() as stack:
        if champion is not None:
            try:
                models[_INCUMBENT] = stack.enter_context(fetched_model(store, champion)) / MODEL_FILE
            except ModelError as error:
                said[_INCUMBENT] = str(error)
        process = stack.enter_context(ThreadPoolExecutor(1))
        fresh = process.submit(fresh_predictions, training.target, models, rows.features)
        store.client()  # imports MLflow, which takes as long as the fresh process does
        said |= fresh.result()
    incumbent = _incumbent(champion, said, rows, training)
    gate = training.project.settings.target(target).gate
    kind = kind_of(training.target)
    reliability = Reliability(kind.reliability, kind.reliability_limit(gate))
    return decide(record, gate, reliability, reproductions(training.target, said, rows.said), incumbent)


def _champion_before(store: Store, target: str, lineage: Lineage) -> Version | None:
    """The champion that this training has to hold its own against: the one before it, where it was called before."""
    model = read_target(store, target)
    champion = model.aliased(CHAMPION)
    if champion is None or champion.tags.get(TRAINING) != lineage.training:
        return champion
    moves = [move for move in alias_moves(store, target) if move.alias == CHAMPION]
    before = moves[-1].from_version if moves else None
    return None if before is None else model.version(before)


def _incumbent(
    champion: Version | None, said: Mapping[str, Answers | str], rows: JudgedRows, training: Training
) -> Incumbent | None:
    if champion is None:
        return None
    return measure_incumbent(champion, said[_INCUMBENT], rows, training.record, training.settings)


def _move_aliases(training: Training, store: Store, decision: Decision, made: Mapping[str, Version]) -> Version:
    """Families, baseline and challenger first, the champion last. Returns the champion."""
    target, record = training.target.name, training.record
    champion = _champion(store, target, decision, made)
    headline = record.headline

    def move(alias: str, version: Version, why: str, numbers: Mapping[str, object]) -> None:
        move_alias(store, target, alias, version.version, why=why, numbers=numbers, flow_run_id=training.flow_run_id)

    families = dict.fromkeys(candidate.family for candidate in record.candidates if not candidate.is_baseline)
    for family in families:
        best = best_on_tune([one for one in record.candidates if one.family == family], headline)
        move(family, made[best.name], "the newest of its family", {headline: best.tune[headline]})
    bar = record.candidate(record.best_baseline)
    move(BASELINE, made[bar.name], "the best baseline", {headline: bar.metrics[headline].value})
    others = [one for one in record.candidates if made[one.name].version != champion.version]
    if others:
        best = best_on_tune(others, headline)
        move(CHALLENGER, made[best.name], "the best one that is not served", {headline: best.tune[headline]})
    move(CHAMPION, champion, decision.verdict(champion.version), _numbers(training, decision))
    return champion


def _champion(store: Store, target: str, decision: Decision, made: Mapping[str, Version]) -> Version:
    if decision.outcome == Outcome.INCUMBENT_KEPT:
        assert decision.incumbent is not None
        return read_target(store, target).version(decision.incumbent.version)
    return made[decision.champion]


def _measured(training: Training, decision: Decision) -> tuple[Estimate, Estimate]:
    """The champion's headline metric on the current test window, and its difference to the best baseline."""
    headline = training.record.headline
    if decision.outcome == Outcome.INCUMBENT_KEPT:
        assert decision.incumbent is not None
        assert decision.incumbent.metric is not None
        assert decision.incumbent.difference is not None
        return decision.incumbent.metric, decision.incumbent.difference
    champion = training.record.candidate(decision.champion)
    return champion.metrics[headline], champion.difference[headline]


def _numbers(training: Training, decision: Decision) -> dict[str, object]:
    metric, difference = _measured(training, decision)
    return {training.record.headline: metric.model_dump(), "difference": difference.model_dump()}


def _registration(
    training: Training,
    decision: Decision,
    made: Mapping[str, Version],
    champion: Version,
    parent: str,
    created: bool,
) -> Registration:
    metric, difference = _measured(training, decision)
    return Registration(
        target=training.target.name,
        training=training.lineage.training,
        champion=served(champion),
        verdict=decision.verdict(champion.version),
        metric=metric,
        difference=difference,
        decision=decision,
        versions=tuple(
            RegisteredCandidate(name=name, family=version.family, version=version.version, run_id=version.run_id)
            for name, version in made.items()
        ),
        mlflow_run_id=parent,
        flow_run_id=training.flow_run_id,
        created=created,
    )
