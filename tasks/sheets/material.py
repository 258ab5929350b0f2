"""What sheets are made of: datasets, snapshots, the records of trainings, and the models that are served."""

from collections.abc import Hashable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from features.registry import all_targets
from refrain.datasets import DATASETS
from refrain.errors import ModelError
from refrain.project import Project
from sources.canonical import scan_dataset
from tasks.champions.loaded import LoadedTarget, identity
from tasks.champions.shelf import Shelf
from tasks.collected.store import EventStore
from tasks.records import EvaluationRecord
from tasks.sheets.faults import NotYetError
from tasks.sheets.sheet import Sheet
from tasks.tracking import Store

_WITH_FAMILIES = ("hits.hit",)
"""Targets of which a sheet says what each family says; the others' families are not loaded."""


def shelf_for_sheets(store: Store) -> Shelf:
    """A shelf with all that sheets ask of it; nothing is loaded before it is refreshed."""
    return Shelf(store, with_families=_WITH_FAMILIES)


class Material:
    """Everything that a maker may read. Belongs to one thread: the loaded models are asked there."""

    def __init__(self, project: Project, shelf: Shelf, events: EventStore | None = None) -> None:
        """`shelf`: as `shelf_for_sheets` makes it; refresh it before a sheet is asked for.

        `events`: what the collector stores.
        """
        self.project, self.shelf, self.events = project, shelf, events

    def served(self, target: str) -> LoadedTarget:
        """The champion, the families and the baseline of a target. Raises NotYetError where nothing is served."""
        try:
            return self.shelf.of(target)
        except ModelError as error:
            raise NotYetError(error.message, hint=error.hint or _run(target)) from None

    def record(self, target: str) -> EvaluationRecord:
        """What the last training of a target found. Raises NotYetError where there was none.

        It need not be the training of the version that is served: `is_of_champion` tells.
        """
        path = self.project.evaluation(target)
        if not path.is_file():
            raise NotYetError(f"{target} has not been trained here.", hint=_run(target))
        return EvaluationRecord.model_validate_json(path.read_bytes())

    def is_of_champion(self, target: str) -> bool:
        """Whether the last training here is the one that the served champion came from."""
        record = self.record(target)
        return self.served(target).champion.version.tags.get("snapshot") == record.snapshot_md5

    def predictions(self, target: str) -> pl.DataFrame:
        """What each candidate of the last training said of the tune and test rows. Raises NotYetError."""
        return pl.read_parquet(self._there(self.project.predictions(target), target))

    def snapshot(self, target: str) -> pl.LazyFrame:
        """The point-in-time feature table of a target. Raises NotYetError."""
        return pl.scan_parquet(self._there(self.project.snapshot(target), target))

    def dataset(self, name: str) -> pl.LazyFrame:
        """A canonical dataset, with its types. Raises NotYetError."""
        path = self.project.raw(name)
        if not path.is_file():
            raise NotYetError(f"There is no dataset {name} yet.", hint="Run `refrain run`, or `refrain import`.")
        return scan_dataset(DATASETS[name], path)

    def state(self, sheet: Sheet) -> Hashable:
        """What tells whether a sheet that was made once still says what it would say now."""
        files = [self.project.raw(name) for name in sheet.datasets]
        for target in sheet.targets:
            places = (self.project.snapshot, self.project.evaluation, self.project.predictions)
            files.extend(place(target) for place in places)
        answering = tuple(self._answering(target) for target in sheet.targets)
        besides = None if sheet.state is None else sheet.state(self)
        return tuple(_stamp(path) for path in files), answering, besides

    def _answering(self, target: str) -> Hashable:
        loaded = self.shelf.shown.loaded.get(target)
        if loaded is None:
            return self.shelf.problem(target)
        return tuple((alias, identity(model.version)) for alias, model in sorted(loaded.by_alias.items()))

    def _there(self, path: Path, target: str) -> Path:
        if not path.is_file():
            raise NotYetError(f"{target} has not been computed here.", hint=_run(target))
        return path


def every_target() -> tuple[str, ...]:
    """The names of all targets."""
    return tuple(all_targets())


def now() -> datetime:
    """The moment of a sheet that speaks of the present."""
    return datetime.now(UTC)


def _run(target: str) -> str:
    return f"Run `refrain run {target}`."


def _stamp(path: Path) -> Hashable:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
