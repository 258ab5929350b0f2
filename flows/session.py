"""One run's view of a project: its stages, its planes, and what has come out so far."""

from pathlib import Path

from features.registry import all_targets
from features.target import Target
from flows.data_plane import DataPlane, mend_lock, write_pipeline
from flows.journal import Journal, Outcome
from flows.results import Status, TargetResult
from refrain.environment import prepare_environment
from refrain.errors import RefrainError, SettingsError
from refrain.files import read_json
from refrain.project import Project
from tasks.records import EvaluationRecord
from tasks.stages import Stage, StageTable
from tasks.tracking import open_store


class Session:
    """Shared by the tasks of one run; safe to use from several threads.

    A plain class on purpose: Prefect looks for futures inside the dataclasses that tasks are given.
    """

    def __init__(self, project: Project, journal: Journal) -> None:
        self.project = project
        self.journal = journal
        self.targets = all_targets()
        _check_targets(project, self.targets)
        self.table = StageTable(project, tuple(self.targets.values()))
        mend_lock(project)
        write_pipeline(self.table)
        self.plane = DataPlane(project)
        self.store = open_store(project)
        self.results: dict[str, TargetResult] = {}
        self.crash = ""
        """What Prefect said where it could not run a step."""

    def target(self, name: str) -> Target:
        """The target called `name`."""
        return self.targets[name]

    def evaluation(self, name: str) -> EvaluationRecord:
        """What training the target called `name` found out."""
        return EvaluationRecord.model_validate(read_json(self.project.evaluation(name)))

    def datasets_for(self, chosen: list[Target]) -> tuple[str, ...]:
        """The datasets that a run of `chosen` brings up to date: those it needs, or all where it is for all targets."""
        if len(chosen) == len(self.targets):
            return tuple(self.project.settings.datasets)
        return tuple(dict.fromkeys(name for target in chosen for name in self.table.datasets(target)))

    def broken_datasets(self, chosen: list[Target]) -> list[str]:
        """Datasets of a run of `chosen` that failed, whether a target needs them or not."""
        return [name for name in self.datasets_for(chosen) if self.journal.first_error({name}) is not None]

    def refresh(self, stage: Stage) -> Outcome:
        """Compute a stage if it is stale, or fetch what the same inputs gave before, and record it in dvc.lock."""
        if not self.plane.is_stale(stage):
            return Outcome.UNCHANGED
        if self.plane.restore(stage):
            return Outcome.RESTORED
        stage.run(self.project)
        self.plane.commit(stage)
        return Outcome.COMPUTED

    def refresh_visibly(self, stage: Stage) -> Outcome:
        """`refresh`, written into the journal."""
        return self.journal.keep(stage.step, stage.subject, lambda: self.refresh(stage))

    def write_data_docs(self) -> None:
        """Bring Great Expectations' Data Docs up to date, where this run has validated anything."""
        if any(entry.step == "validate" and entry.outcome != Outcome.UNCHANGED for entry in self.journal.entries):
            from contracts.data_docs import build_docs  # noqa: PLC0415  (a look at what is stale needs none of it)

            build_docs(self.project.validation_folder, self.project.docs_folder)

    def result(self, target: Target) -> TargetResult:
        """What came out for `target`: its registration, or the error that stopped it."""
        if target.name in self.results:
            return self.results[target.name]
        datasets = self.table.datasets(target)
        error = self.journal.first_error({target.name, *self.table.with_references(datasets)})
        if isinstance(error, RefrainError):
            said = str(error)
        else:
            said = (
                f"An unexpected fault: {type(error).__name__}: {error}."
                if error
                else f"It was not reached. {self.crash}".strip()
            )
        return TargetResult(target=target.name, status=Status.FAILED, error=said)


_sessions: dict[Path, Session] = {}


def begin_session(project: Project, journal: Journal) -> Session:
    """A session that `open_session` finds: how the command line watches a flow that it starts."""
    session = Session(project, journal)
    _sessions[project.root.resolve()] = session
    return session


def open_session(folder: str) -> Session:
    """The session begun for `folder` in this process, or a new one (a flow started by a schedule)."""
    root = Path(folder).resolve()
    begun = _sessions.pop(root, None)
    if begun is not None:
        return begun
    prepare_environment(root)
    return Session(Project(root), Journal())


def _check_targets(project: Project, targets: dict[str, Target]) -> None:
    settings = project.settings
    named = [f"{prediction}.{short}" for prediction, inner in settings.targets.items() for short in inner]
    unknown = [name for name in named if name not in targets]
    if unknown:
        raise SettingsError(
            f"params.yaml has settings for {', '.join(unknown)}, which no file in features/ defines.",
            hint=f"Known targets: {', '.join(targets)}.",
        )
    for target in targets.values():
        settings.target(target.name)
        missing = [name for name in target.datasets if name not in settings.datasets]
        if missing:
            raise SettingsError(
                f"{target.name} needs the dataset {', '.join(missing)}, which params.yaml does not name.",
                hint="Say under datasets: which source it comes from.",
            )
