"""First step: a dataset's canonical CSV from its source, as params.yaml names it."""

import shutil
import sys
import tempfile
from pathlib import Path

from refrain.errors import InputError
from refrain.files import write_json
from refrain.project import Project
from refrain.settings import DatasetSettings, Settings, validated
from sources.folders import content_md5
from sources.source import Destination, ImportReport, find_source
from tasks.command import stage_command


def run_stage(dataset: str, project: Project) -> None:
    """Write data/raw/<dataset>.csv and data/ingest/<dataset>/ (report, rejects, oracle), both or neither.

    Raises InputError if the source's file is missing, is not what it says, or has changed since it was imported.
    """
    settings = project.settings
    project.raw(dataset).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{dataset}-", dir=project.raw(dataset).parent) as folder:
        load(dataset, settings.datasets[dataset], settings, project.root, Path(folder))
        install(dataset, Path(folder), project)


def load(dataset: str, chosen: DatasetSettings, settings: Settings, root: Path, folder: Path) -> ImportReport:
    """Let the source of `chosen` write `folder`/dataset.csv and `folder`/ingest/, touching nothing else."""
    source = find_source(chosen.source)
    options = validated(
        source.options_type, dict(settings.sources.get(source.name, {})), where=f"params.yaml, sources.{source.name}"
    )
    path = _unchanged_file(dataset, chosen, root, source.reads_folder) if source.reads_file else None
    (folder / "ingest").mkdir()
    destination = Destination(
        dataset=folder / "dataset.csv",
        rejects=folder / "ingest" / "rejects.csv",
        oracle=None if source.reads_file else folder / "ingest" / "oracle.csv",
        received_on=chosen.received_on,
    )
    report = source.load(dataset, path, options, chosen.columns, destination)
    write_json(
        folder / "ingest" / "report.json",
        {
            "dataset": dataset,
            "source": source.name,
            "file_md5": chosen.md5,
            "read": report.read,
            "kept": report.kept,
            "merged": report.merged,
            "rejected": dict(report.rejected),
            "notes": list(report.notes),
        },
    )
    return report


def install(dataset: str, folder: Path, project: Project) -> None:
    """Move what `load` wrote into the project. The CSV goes last: until it is there, the stage counts as not done."""
    kept = project.ingest_folder(dataset)
    if kept.exists():
        shutil.rmtree(kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    (folder / "ingest").replace(kept)
    (folder / "dataset.csv").replace(project.raw(dataset))


def _again(source: str, path: str) -> str:
    """What brings a dataset from a source again."""
    return "refrain export events" if source == "collected" else f"refrain import {source} {path}"


def _unchanged_file(dataset: str, chosen: DatasetSettings, root: Path, or_folder: bool) -> Path:
    if chosen.path is None:
        raise InputError(
            f"params.yaml says that {dataset} comes from {chosen.source}, but not from which file.",
            hint=f"Run `refrain import {chosen.source} FILE`.",
        )
    path = root / chosen.path
    if not (path.is_file() or (or_folder and path.is_dir())):
        raise InputError(
            f"{dataset} was imported from {chosen.path}, which is no longer there.",
            hint=f"Put it back, or run `{_again(chosen.source, 'FILE')}`.",
        )
    if chosen.md5 is not None and content_md5(path) != chosen.md5:
        raise InputError(
            f"{chosen.path} has changed since {dataset} was imported from it.",
            hint=f"Run `{_again(chosen.source, chosen.path)}`.",
        )
    return path


if __name__ == "__main__":
    sys.exit(stage_command(run_stage))
