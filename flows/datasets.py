"""Bringing data in: importing a file over a dataset, or going back to the simulated world."""

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from contracts.registry import find_contract
from features.registry import all_targets
from flows.data_plane import DataPlane, write_pipeline
from refrain.errors import InputError, UsageError
from refrain.files import replacing
from refrain.project import Project
from refrain.settings import DatasetSettings, validated
from sources.folders import content_md5
from sources.source import ImportReport, find_source
from tasks.ingest import install, load
from tasks.stages import StageTable


@dataclass(frozen=True)
class Imported:
    """What `import_files` did to a dataset."""

    dataset: str
    report: ImportReport
    rejects: Path
    """CSV of the refused rows: line, reason, cells."""
    freed: tuple[str, ...] = ()
    """Datasets of another source that are no longer looked up in this one."""


def choose_datasets(
    project: Project, source_name: str, path: Path, columns: Mapping[str, str] | None, wanted: str | None
) -> tuple[str, ...]:
    """The datasets that an import of `path` by `source_name` fills: the one that is `wanted`, or all that it holds.

    Raises UsageError where that is not clear, InputError where the path cannot be read.
    """
    source = find_source(source_name)
    if not source.reads_file:
        raise UsageError(f"{source.name} makes its data and reads no file.", hint="Use `refrain simulate`.")
    if wanted is None and len(source.datasets) == 1:
        return source.datasets
    if wanted is None and source.holds is not None:
        options = dict(project.settings.sources.get(source.name, {}))
        where = f"params.yaml, sources.{source.name}"
        held = source.holds(path, validated(source.options_type, options, where=where), columns)
        if held:
            return held
    if wanted not in source.datasets:
        asked = f"cannot fill {wanted!r}" if wanted else "can fill several datasets"
        raise UsageError(f"{source.name} {asked}.", hint=f"Add --dataset with one of {', '.join(source.datasets)}.")
    return (wanted,)


def import_files(project: Project, chosen: Mapping[str, DatasetSettings]) -> tuple[Imported, ...]:
    """Replace datasets by what the sources of `chosen` read from their files: all of them whole, or none.

    Each is read and held against its contract beside the project's data, those that it refers to standing before it in
    `chosen`; only then are the datasets, their reports, params.yaml and dvc.lock changed. Raises InputError or
    ContractError, with everything as it was.
    """
    with ExitStack() as stack:
        ready: dict[str, tuple[Path, ImportReport]] = {}
        for dataset, settings in chosen.items():
            folder = stack.enter_context(_beside(project, dataset))
            loaded = {name: place / "dataset.csv" for name, (place, _) in ready.items()}
            ready[dataset] = folder, _read_and_validate(project, dataset, settings, folder, loaded)
        for dataset, (folder, _) in ready.items():
            install(dataset, folder, project)
            project.validation(dataset).parent.mkdir(parents=True, exist_ok=True)
            (folder / "validation.json").replace(project.validation(dataset))
    _rewrite_params(project, _changes(project, chosen))
    for dataset in chosen:
        _record(Project(project.root), dataset)
    return tuple(
        Imported(
            dataset,
            report,
            project.ingest_folder(dataset) / "rejects.csv",
            tuple(_referring(project, {dataset: chosen[dataset].source}, chosen)),
        )
        for dataset, (_, report) in ready.items()
    )


@contextmanager
def _beside(project: Project, dataset: str) -> Iterator[Path]:
    """An empty folder on the file system of the project's datasets, for as long as the block takes."""
    raw = project.raw(dataset)
    raw.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{dataset}-", dir=raw.parent) as name:
        yield Path(name)


def _read_and_validate(
    project: Project, dataset: str, chosen: DatasetSettings, folder: Path, loaded: Mapping[str, Path]
) -> ImportReport:
    """Let `folder` hold the dataset and its validation.json; `loaded`: datasets that were read just now."""
    from tasks.validate import validate  # noqa: PLC0415  (Great Expectations takes seconds to import)

    report = load(dataset, chosen, project.settings, project.root, folder)
    # Under its final name within its own folder, so that a refusal names a file that stays to be looked at.
    refused = project.refused_folder(dataset)
    shutil.rmtree(refused, ignore_errors=True)
    refused.mkdir(parents=True)
    (folder / "dataset.csv").replace(refused / "dataset.csv")
    others = {other: loaded.get(other, project.raw(other)) for other in chosen.references}
    validate(dataset, chosen, refused / "dataset.csv", refused / "validation.json", others)
    for name in ("dataset.csv", "validation.json"):
        (refused / name).replace(folder / name)
    shutil.rmtree(refused)
    return report


def _changes(project: Project, chosen: Mapping[str, DatasetSettings]) -> dict[tuple[str, ...], Any]:
    """What an import changes in params.yaml."""
    changes: dict[tuple[str, ...], Any] = {}
    for dataset, settings in chosen.items():
        changes["datasets", dataset] = settings.model_dump(mode="json", exclude_defaults=True)
        # A stage names its source's options: they must be there, if empty.
        if settings.source not in project.settings.sources:
            changes["sources", settings.source] = {}
    sources = {dataset: settings.source for dataset, settings in chosen.items()}
    for name, left in _referring(project, sources, chosen).items():
        changes["datasets", name, "references"] = left
    return changes


def _referring(project: Project, sources: Mapping[str, str], replaced: Collection[str]) -> dict[str, list[str]]:
    """Datasets, none of the `replaced` ones, that were looked up in a dataset that now comes from another source than
    theirs (`sources`), and what they are still looked up in.

    Ids of one source mean nothing in another's.
    """
    found = {}
    for name, settings in project.settings.datasets.items():
        left = [other for other in settings.references if sources.get(other, settings.source) == settings.source]
        if name not in replaced and len(left) < len(settings.references):
            found[name] = left
    return found


def settings_for_file(
    project: Project, source: str, path: Path, columns: Mapping[str, str] | None, received_on: Any, max_age: int | None
) -> DatasetSettings:
    """What params.yaml will say of a dataset imported from `path`: a file, or a folder where the source reads those.

    Raises InputError if there is no such file.
    """
    if path.is_dir():
        if not find_source(source).reads_folder:
            raise InputError(f"{path} is a folder, and {source} reads a file.", hint="Name the file inside it.")
    elif not path.is_file():
        raise InputError(f"There is no file {path}.", hint="Check the path.")
    resolved, root = path.resolve(), project.root.resolve()
    return DatasetSettings(
        source=source,
        path=resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else str(resolved),
        md5=content_md5(path),
        columns=dict(columns) if columns else None,
        received_on=received_on,
        max_age_days=max_age,
    )


def simulate(project: Project, scale: float | None, seed: int | None) -> Project:
    """Make every dataset come from the simulated world again, with another scale or seed where given.

    Only params.yaml is changed; the returned project has the new settings, and its stages are stale where they differ.
    """
    source = find_source("simulated")
    changes: dict[tuple[str, ...], Any] = {}
    for name, value in (("scale", scale), ("seed", seed)):
        if value is not None:
            changes["sources", source.name, name] = value
    options = source.options_type.model_validate(dict(project.settings.sources[source.name]))
    received_on = options.end + timedelta(days=1)  # type: ignore[attr-defined]
    for dataset in source.datasets:
        chosen = DatasetSettings(
            source=source.name,
            received_on=received_on,
            max_age_days=60,
            references=_referred_to(dataset),
        )
        known = project.settings.datasets.get(dataset)
        if known is None or known.source != source.name:
            changes["datasets", dataset] = chosen.model_dump(mode="json", exclude_defaults=True)
        elif known.references != chosen.references:
            changes["datasets", dataset, "references"] = list(chosen.references)
    for dataset in {other for target in all_targets().values() for other in target.instead.values()}:
        # What was imported to be read instead of a simulated dataset.
        if dataset in project.settings.datasets:
            changes["datasets", dataset] = None
    _rewrite_params(project, changes)
    return Project(project.root)


def _referred_to(dataset: str) -> tuple[str, ...]:
    """The datasets that hold what the rows of a dataset name."""
    return tuple(dict.fromkeys(reference.dataset for reference in find_contract(dataset).references))


def _record(project: Project, dataset: str) -> None:
    table = StageTable(project, tuple(all_targets().values()))
    write_pipeline(table)
    plane = DataPlane(project)
    for stage in (table.ingest(dataset), table.validate(dataset)):
        plane.commit(stage)


def _rewrite_params(project: Project, changes: Mapping[tuple[str, ...], Any]) -> None:
    """Set what is at each place; what is None goes."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200
    document = yaml.load(project.params_file.read_text(encoding="utf-8"))
    for (*folders, last), value in changes.items():
        place = document
        for folder in folders:
            place = place[folder]
        if value is None:
            del place[last]
        else:
            place[last] = value
    with replacing(project.params_file) as beside, beside.open("w", encoding="utf-8") as stream:
        yaml.dump(document, stream)
