"""Bringing data in: importing a file over a dataset, or going back to the simulated world."""

import shutil
import tempfile
from collections.abc import Mapping
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
from refrain.settings import DatasetSettings
from sources.folders import content_md5
from sources.source import ImportReport, find_source
from tasks.ingest import install, load
from tasks.stages import StageTable


@dataclass(frozen=True)
class Imported:
    """What `import_file` did."""

    dataset: str
    report: ImportReport
    rejects: Path
    """CSV of the refused rows: line, reason, cells."""
    freed: tuple[str, ...] = ()
    """Datasets of another source that are no longer looked up in this one."""


def choose_dataset(source_name: str, wanted: str | None) -> str:
    """The dataset that an import of `source_name` fills. Raises UsageError where that is not clear."""
    source = find_source(source_name)
    if not source.reads_file:
        raise UsageError(f"{source.name} makes its data and reads no file.", hint="Use `refrain simulate`.")
    if wanted is None and len(source.datasets) == 1:
        return source.datasets[0]
    if wanted not in source.datasets:
        asked = f"cannot fill {wanted!r}" if wanted else "can fill several datasets"
        raise UsageError(f"{source.name} {asked}.", hint=f"Add --dataset with one of {', '.join(source.datasets)}.")
    return wanted


def import_file(project: Project, dataset: str, chosen: DatasetSettings) -> Imported:
    """Replace `dataset` by what the source of `chosen` reads from its file: the whole of it, or nothing.

    The file is read and held against the contract beside the project's data; only then are the dataset, its report,
    params.yaml and dvc.lock changed. Raises InputError or ContractError, with everything as it was.
    """
    from tasks.validate import validate  # noqa: PLC0415  (Great Expectations takes seconds to import)

    settings = project.settings
    project.raw(dataset).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{dataset}-", dir=project.raw(dataset).parent) as name:
        folder = Path(name)
        report = load(dataset, chosen, settings, project.root, folder)
        # Under its final name within its own folder, so that a refusal names a file that stays to be looked at.
        refused = project.refused_folder(dataset)
        shutil.rmtree(refused, ignore_errors=True)
        refused.mkdir(parents=True)
        (folder / "dataset.csv").replace(refused / "dataset.csv")
        validate(dataset, chosen, refused / "dataset.csv", refused / "validation.json", {})
        (refused / "dataset.csv").replace(folder / "dataset.csv")
        install(dataset, folder, project)
        project.validation(dataset).parent.mkdir(parents=True, exist_ok=True)
        (refused / "validation.json").replace(project.validation(dataset))
        shutil.rmtree(refused)
    freed = _referring(project, dataset, chosen.source)
    _rewrite_params(
        project,
        {
            ("datasets", dataset): chosen.model_dump(mode="json", exclude_defaults=True),
            **{("datasets", name, "references"): left for name, left in freed.items()},
            # A stage names its source's options: they must be there, if empty.
            **({} if chosen.source in settings.sources else {("sources", chosen.source): {}}),
        },
    )
    _record(Project(project.root), dataset)
    return Imported(dataset, report, project.ingest_folder(dataset) / "rejects.csv", tuple(freed))


def _referring(project: Project, dataset: str, source: str) -> dict[str, list[str]]:
    """Datasets of another source whose rows were looked up in `dataset`, and what they are still looked up in.

    Ids of one source mean nothing in another's.
    """
    return {
        name: [other for other in settings.references if other != dataset]
        for name, settings in project.settings.datasets.items()
        if name != dataset and dataset in settings.references and settings.source != source
    }


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
