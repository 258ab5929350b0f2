"""The stage table: every stage, what it reads and what it writes. dvc.yaml is written from it."""

import importlib
import io
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from features.target import Target
from refrain.project import Project
from tasks.code_files import imported_files
from tasks.kinds.registry import kind_module

_HEADER = """\
# The data plane: what each file under data/ is computed from. Written from the stage table (tasks/stages.py) by any
# `refrain run`, so adding a target means adding its feature file and its params, and nothing here.
# `dvc repro` runs the same functions as `refrain run`.
"""


@dataclass(frozen=True)
class Stage:
    """One stage: files and params in, files out. Its bytes depend on nothing else."""

    address: str
    """As DVC writes it: "ingest@tracks", "validate-tracks", "train-hits-hit"."""
    step: str
    subject: str
    """The dataset or target it is about."""
    deps: tuple[str, ...]
    params: tuple[str, ...]
    outs: tuple[str, ...]
    metrics: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()

    def run(self, project: Project) -> None:
        """Compute the stage in this process. Each step's module has a `run_stage`, imported only when it is needed."""
        importlib.import_module(f"tasks.{self.step}").run_stage(self.subject, project)

    @property
    def written(self) -> tuple[str, ...]:
        """Everything the stage writes."""
        return (*self.outs, *self.metrics, *self.plots)


@dataclass(frozen=True)
class StageTable:
    """The stages of a project's datasets and targets."""

    project: Project
    targets: tuple[Target, ...]
    """All targets there are, also those that a run was not asked for."""

    def ingest(self, dataset: str) -> Stage:
        """A dataset's canonical CSV from its source."""
        return self._ingest(dataset, self.project.settings.datasets[dataset].source)

    def _ingest(self, dataset: str, source: str) -> Stage:
        project = self.project
        return Stage(
            address=f"ingest@{dataset}",
            step="ingest",
            subject=dataset,
            # All of sources/: which of its files matter depends on the source that params name.
            deps=("refrain/datasets.py", "sources", "tasks/ingest.py"),
            params=(f"datasets.{dataset}", f"sources.{source}"),
            outs=(project.relative(project.ingest_folder(dataset)), project.relative(project.raw(dataset))),
        )

    def validate(self, dataset: str) -> Stage:
        """The report that a dataset keeps its contract."""
        project = self.project
        read = [dataset, *project.settings.datasets[dataset].references]
        return Stage(
            address=f"validate-{dataset}",
            step="validate",
            subject=dataset,
            deps=(
                *self._code("tasks.validate", f"contracts.{dataset}"),
                *(project.relative(project.raw(name)) for name in read),
            ),
            params=(f"datasets.{dataset}",),
            outs=(project.relative(project.validation(dataset)),),
        )

    def snapshot(self, target: Target) -> Stage:
        """A target's point-in-time feature table."""
        project, datasets = self.project, self.datasets(target)
        return Stage(
            address=f"snapshot-{target.prediction}-{target.short_name}",
            step="snapshot",
            subject=target.name,
            deps=(
                *self._code("tasks.snapshot", target.module),
                *(project.relative(project.raw(name)) for name in datasets),
                *(project.relative(project.validation(name)) for name in datasets),
            ),
            params=(f"targets.{target.name}.snapshot",),
            outs=(project.relative(project.snapshot(target.name)),),
        )

    def train(self, target: Target) -> Stage:
        """The fitted candidates of a target, and what their evaluation found."""
        project, name = self.project, target.name
        return Stage(
            address=f"train-{target.prediction}-{target.short_name}",
            step="train",
            subject=name,
            deps=(
                *self._code("tasks.train", target.module, target.families, kind_module(target)),
                project.relative(project.snapshot(name)),
            ),
            params=(f"targets.{name}.training",),
            outs=tuple(
                project.relative(path)
                for path in (
                    project.evaluation(name),
                    project.models_folder(name),
                    project.predictions(name),
                    *((project.backtest_folder(name),) if target.horizon else ()),
                )
            ),
            metrics=(project.relative(project.metrics(name)),),
            plots=(project.relative(project.plots_folder(name)),),
        )

    def datasets(self, target: Target) -> tuple[str, ...]:
        """The datasets that a target is built from."""
        return target.reads(self.project.settings.datasets)

    def with_references(self, datasets: tuple[str, ...]) -> tuple[str, ...]:
        """`datasets` and those whose ids their rows are checked against, which come first."""
        references = (name for dataset in datasets for name in self.project.settings.datasets[dataset].references)
        return tuple(dict.fromkeys((*references, *datasets)))

    def of_datasets(self, datasets: tuple[str, ...]) -> list[Stage]:
        """Ingest and validate of `datasets`, each after those it reads from."""
        return [
            *(self.ingest(name) for name in self.with_references(datasets)),
            *(self.validate(name) for name in datasets),
        ]

    def of_target(self, target: Target) -> list[Stage]:
        """Everything that `target` needs, each stage after those it reads from."""
        return [*self.of_datasets(self.datasets(target)), self.snapshot(target), self.train(target)]

    def render(self) -> str:
        """dvc.yaml: the same text for the same table."""
        stages = {"ingest": _block(self._ingest("${key}", "${item.source}"), over="${datasets}")}
        for dataset in self.project.settings.datasets:
            stages[f"validate-{dataset}"] = _block(self.validate(dataset))
        for target in self.targets:
            for stage in (self.snapshot(target), self.train(target)):
                stages[stage.address] = _block(stage)
        return _HEADER + _yaml({"stages": stages})

    def _code(self, *modules: str) -> tuple[str, ...]:
        return imported_files(self.project.root, *modules)


def _block(stage: Stage, over: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "cmd": f"python -m tasks.{stage.step} {stage.subject}",
        "deps": list(stage.deps),
        "params": list(stage.params),
        "outs": list(stage.outs),
    }
    if stage.metrics:
        # Not cached: the numbers are kept in git, where `dvc metrics diff` compares commits.
        body["metrics"] = [{path: {"cache": False}} for path in stage.metrics]
    if stage.plots:
        body["plots"] = list(stage.plots)
    return body if over is None else {"foreach": over, "do": body}


def _yaml(value: Any) -> str:
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 200
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, text)
    return text.getvalue()
