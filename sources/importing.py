"""From batches of rows to a dataset: what every source that reads a file does the same way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from refrain.datasets import DATASETS, Dataset
from refrain.errors import UsageError
from refrain.files import replacing
from sources.cells import CellReader, read_cells
from sources.rejects import Reject, Rejects
from sources.revision import LINE, Revision
from sources.source import Destination, ImportReport
from sources.spool import Spool
from sources.tabular import FORM_HINTS, Batch


@dataclass(frozen=True)
class Plan:
    """How a file's rows become a dataset's."""

    path: Path
    dataset: Dataset
    header: Sequence[str]
    readers: Sequence[CellReader] = ()
    missing: Sequence[str] = ()
    """Cells that mean "none", besides the empty one."""
    same: Sequence[str] | None = None
    """Columns in which two rows that agree are one; all of them where None."""
    hints: Mapping[str, str] | None = None
    """Reason of rejection -> what to do about it."""
    revision: Revision | None = None
    """What is looked at once the rows stand in order; their frames carry LINE then."""


def chosen_dataset(source: str, known: Sequence[str], name: str) -> Dataset:
    """The dataset called `name`; UsageError where `source` does not give it."""
    if name not in known:
        raise UsageError(f"The source {source} gives {', '.join(known)}, not {name}.")
    return DATASETS[name]


def existing_path(source: str, path: Path | None) -> Path:
    """`path`, or a UsageError where a source that reads a file was given none."""
    if path is None:
        raise UsageError(f"The source {source} reads a file.", hint=f"Name it: refrain import {source} PATH.")
    return path


class Import:
    """An import under way: rows on their way to the dataset, rows refused, and how many were read."""

    def __init__(self, plan: Plan, destination: Destination, spool: Spool, rejects: Rejects) -> None:
        self._plan = plan
        self._destination = destination
        self._spool = spool
        self._rejects = rejects
        self._read = 0

    def take(self, read: int, kept: pl.DataFrame, rejects: Iterable[Reject]) -> None:
        """Take in `read` rows, of which `kept` are fit to keep and `rejects` are not; the others were merged."""
        self._read += read
        self._spool.add(kept)
        self._rejects.add(rejects)

    def finish(self) -> ImportReport:
        """Write the dataset and report; InputError where no row is fit to keep."""
        hints = {**FORM_HINTS, **(self._plan.hints or {})}
        self._rejects.require_some_kept(self._plan.path, self._read, hints)
        revision = self._plan.revision
        with replacing(self._destination.dataset) as beside:
            kept = self._spool.write(beside, self._plan.same, revision)
            if revision is not None:
                self._rejects.add(revision.finish())
                self._rejects.require_some_kept(self._plan.path, self._read, hints)
        return ImportReport(
            read=self._read,
            kept=kept,
            merged=self._read - self._rejects.total - kept,
            rejected=self._rejects.counts,
            notes=(*(revision.notes if revision else ()), *self._rejects.note(self._read, hints)),
        )


@contextmanager
def importing(plan: Plan, destination: Destination) -> Iterator[Import]:
    """An import to fill and finish. If the block fails nothing is left behind, and older files stay as they were."""
    folder = destination.dataset.parent
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=folder, prefix=f".{destination.dataset.name}.") as scratch,
        replacing(destination.rejects) as beside,
        beside.open("w", encoding="utf-8", newline="") as stream,
    ):
        carried = () if plan.revision is None else (LINE,)
        yield Import(plan, destination, Spool(plan.dataset, Path(scratch), carried), Rejects(stream, plan.header))


def import_batches(
    plan: Plan,
    batches: Iterable[Batch],
    destination: Destination,
    completed: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
) -> ImportReport:
    """Import `batches` one at a time; `completed` may add to the typed rows what the file does not say."""
    with importing(plan, destination) as under_way:
        for batch in batches:
            typed = read_cells(batch, plan.readers, plan.missing)
            frame = completed(typed.frame) if completed else typed.frame
            under_way.take(len(batch.rows) + len(batch.torn), frame, typed.rejects)
        return under_way.finish()


def with_notes(report: ImportReport, notes: Iterable[str]) -> ImportReport:
    """The report with `notes` put before its own."""
    return replace(report, notes=(*notes, *report.notes))
