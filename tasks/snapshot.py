"""Third step: a target's point-in-time feature table from the datasets that keep their contracts."""

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import narwhals as nw
import polars as pl

from features.registry import select_targets
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Target
from refrain.datasets import DATASETS
from refrain.errors import InputError, TooFewRowsError
from refrain.files import file_md5, read_json, replacing
from refrain.project import Project
from refrain.settings import Frozen, TargetSettings, validated
from sources.canonical import naming, scan_dataset
from tasks.command import stage_command
from tasks.parts import in_order, in_parts

_ROW_GROUP = 100_000


class SnapshotReport(Frozen):
    """What a snapshot holds."""

    target: str
    rows: int
    labelled: int
    """Rows whose label is known."""
    positives: int
    """Of these, those whose label is above zero."""
    first_as_of: date
    last_as_of: date
    md5: str
    """Digest of the written file."""


def snapshot(
    target: Target, target_settings: TargetSettings, dataset_paths: Mapping[str, Path], out: Path
) -> SnapshotReport:
    """Write the rows of `target` to the Parquet file `out`, sorted by as_of and entity.

    The same bytes come out of the same datasets and settings. Rows whose label cannot be known yet are there with a
    null label. `dataset_paths` gives the canonical CSV (or Parquet) of each of the target's datasets, and of those of
    its optional ones that there are.

    Raises SettingsError for settings the target does not understand, InputError for a dataset that cannot be read, and
    TooFewRowsError where no row is eligible; `out` then stays what it was.
    """
    where = f"params.yaml, targets.{target.name}.snapshot"
    settings = validated(target.settings_type, dict(target_settings.snapshot), where=where)
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = _collect(target, settings, dataset_paths, out.parent)
    if rows.is_empty():
        read = " and ".join(str(dataset_paths[name]) for name in target.datasets)
        raise TooFewRowsError(
            f"{read} gives not a single row of {target.name}.",
            hint=f"Import a longer record, or loosen targets.{target.name}.snapshot in params.yaml.",
        )
    with replacing(out) as beside:
        rows.write_parquet(beside, compression="zstd", row_group_size=_ROW_GROUP, statistics=False)
    return SnapshotReport(
        target=target.name,
        rows=rows.height,
        labelled=rows.height - rows[LABEL].null_count(),
        positives=int((rows[LABEL] > 0).sum()),
        first_as_of=rows[AS_OF][0],
        last_as_of=rows[AS_OF][-1],
        md5=file_md5(out),
    )


def run_stage(target_name: str, project: Project) -> SnapshotReport:
    """Write data/snapshots/<target>.parquet from data/raw/.

    Raises InputError if a dataset has not been validated as it stands, and what `snapshot` raises.
    """
    (target,) = select_targets([target_name])
    datasets = target.reads(project.settings.datasets)
    for dataset in datasets:
        _require_validated(dataset, project)
    return snapshot(
        target,
        project.settings.target(target.name),
        {dataset: project.raw(dataset) for dataset in datasets},
        project.snapshot(target.name),
    )


def _collect(target: Target, settings: Frozen, paths: Mapping[str, Path], folder: Path) -> pl.DataFrame:
    """The rows in the one order they are stored in: as_of, then entity; columns in the order the target names them."""
    names = target.reads(paths)
    frames = {name: scan_dataset(DATASETS[name], paths[name]) for name in names}
    with (
        naming(Path(" and ".join(str(paths[name]) for name in names))),
        in_parts(frames, target.apart, folder) as parts,
    ):
        shared = _shared(target, frames)
        found = (_rows(target, settings, {**part, **shared}) for part in parts)
        return in_order(found, [AS_OF, *target.entity], folder)


def _shared(target: Target, frames: Mapping[str, pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
    """What every part of the datasets needs to know of the whole."""
    if target.shared is None:
        return {}
    found = target.shared({name: nw.from_native(frame) for name, frame in frames.items()})
    return {name: frame.to_native().collect(engine="streaming").lazy() for name, frame in found.items()}


def _rows(target: Target, settings: Frozen, frames: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    lazy: pl.LazyFrame = target.rows(
        {name: nw.from_native(frame) for name, frame in frames.items()}, settings
    ).to_native()
    keys = dict.fromkeys((*target.entity, *target.cluster, *target.alert_group))
    named = dict.fromkeys((*keys, AS_OF, LABEL_KNOWN_AT, *target.features, *target.measures, LABEL))
    return lazy.collect(engine="streaming").select(*named)


def _require_validated(dataset: str, project: Project) -> None:
    raw, report = project.raw(dataset), project.validation(dataset)
    todo = f"Run `python -m tasks.validate {dataset}`, or `refrain run`, which does."
    if not raw.is_file():
        raise InputError(f"There is no {raw}.", hint=f"Run `python -m tasks.ingest {dataset}`, or `refrain run`.")
    if not report.is_file():
        raise InputError(f"{raw} has not been held against its contract: there is no {report}.", hint=todo)
    if read_json(report).get("md5") != file_md5(raw):
        raise InputError(f"{report} speaks of other bytes than those of {raw}.", hint=todo)


if __name__ == "__main__":
    sys.exit(stage_command(run_stage))
