"""Small champions of all eight targets, really fitted, on rows of a small simulated world."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ruamel.yaml import YAML

from features.registry import all_targets
from features.target import AS_OF, Target
from models.compiled.compiling import compiled, explaining
from refrain.project import Project
from tasks import ingest
from tasks.champions.loaded import LoadedModel, LoadedTarget, columns_of, served_model
from tasks.champions.shelf import Shelf, Shown
from tasks.evaluate import _learned as learned_from
from tasks.fitting import Fitted, fit_baseline, fit_candidate
from tasks.labelled import Labelled, read_labelled
from tasks.snapshot import snapshot
from tasks.split import Split, time_split
from tasks.stages import StageTable
from tasks.tracking import Store
from tasks.versions import Version

ROOT = Path(__file__).resolve().parents[1]
_SPLIT = {"train": 0.6, "tune": 0.2, "folds": 1, "tune_steps": 1, "min_rows": 20}
_LOGISTIC, _XGBOOST = {"logistic": {"C": [1.0]}}, {"xgboost": {"max_depth": [3], "n_estimators": [40]}}
_FOREST = {"forest": {"n_estimators": [8], "min_samples_leaf": [50]}}
_STREAMS = {"ridge": {"alpha": [100.0]}, **_FOREST}
_CANDIDATES = {
    "audience.churn": _XGBOOST,
    "audience.churn_reason": {"logistic": {}},
    "audience.hourly": {"ridge": {}},
    "breakout.core": {**_XGBOOST, **_LOGISTIC},
    "catalogue.decay": {"segments": {}},
    "hits.hit": {**_XGBOOST, **_LOGISTIC, **_FOREST},
    "streams.one_week": _STREAMS,
    "streams.three_week": {"ridge": {"alpha": [100.0]}},
}
"""The first of each is its champion."""


def small_project(folder: Path, names: Iterable[str] | None = None) -> Project:
    """A project with the raw data and the snapshots of some targets (all of them), and with few settings to try."""
    yaml = YAML()
    params = yaml.load((ROOT / "params.yaml").read_text())
    params["sources"]["simulated"]["scale"] = 0.1
    for name, candidates in _CANDIDATES.items():
        prediction, _, short = name.partition(".")
        training = params["targets"][prediction][short]["training"]
        training |= {"seed": 1, "split": _SPLIT, "candidates": candidates}
    with (folder / "params.yaml").open("w") as stream:
        yaml.dump(params, stream)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    project = Project(folder)
    table = StageTable(project, tuple(all_targets()[name] for name in names or all_targets()))
    datasets = table.with_references(tuple({name for one in table.targets for name in table.datasets(one)}))
    for dataset in datasets:
        ingest.run_stage(dataset, project)
    for target in table.targets:
        files = {name: project.raw(name) for name in table.datasets(target)}
        snapshot(target, project.settings.target(target.name), files, project.snapshot(target.name))
    return project


class StillShelf(Shelf):
    """A shelf on which nothing moves, with no registry behind it."""

    def refresh(self) -> tuple[str, ...]:
        return ()


def small_shelf(project: Project, targets: Iterable[str] | None = None) -> Shelf:
    """A shelf of champions, families and baselines of those snapshots."""
    shelf = StillShelf(Store("sqlite:///nowhere", project.root, project.root / "nowhere.db", None), targets)
    loaded = {name: _loaded_target(project, name) for name in shelf.targets}
    shelf._shown = Shown(loaded=loaded, since=dict.fromkeys(loaded, datetime(2026, 1, 1, tzinfo=UTC)))
    return shelf


def _loaded_target(project: Project, name: str) -> LoadedTarget:
    training = project.settings.target(name).training
    target = all_targets()[name]
    data = read_labelled(target, project.snapshot(name))
    split = time_split(data.frame, training.split, name, target.kind)
    fitted = [fit_candidate(family, data, split, training) for family in training.candidates]
    fitted.append(fit_baseline(target.baselines[0], data, split))
    models = [_loaded(target, number, each, data, split) for number, each in enumerate(fitted, start=1)]
    families: Mapping[str, LoadedModel] = {model.served.family: model for model in models[:-1]}
    return LoadedTarget(models[0], families, models[-1])


def _loaded(target: Target, number: int, fitted: Fitted, data: Labelled, split: Split) -> LoadedModel:
    tags = {
        "name": fitted.name,
        "family": fitted.family,
        "learned_until": str(data.frame[AS_OF].iloc[split.known].max()),
    }
    if target.alert_group:
        tags["threshold"] = "0.4"
    version = Version(
        target=target.name,
        version=number,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        run_id="",
        location="",
        aliases=(),
        tags=tags,
    )
    columns = columns_of(target)
    quick, reasons = compiled(fitted.model, columns), explaining(fitted.model, columns)
    learned = learned_from(data, split.known)
    return LoadedModel(target, version, served_model(version), fitted.model, learned, quick, reasons)
