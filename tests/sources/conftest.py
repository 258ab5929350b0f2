"""Running a source on a file that a test writes, and reading what came out."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from refrain.errors import InputError
from sources.source import Destination, ImportReport, find_source


@dataclass(frozen=True)
class Imported:
    """What an import wrote."""

    report: ImportReport
    text: str
    rows: list[dict[str, str]]
    rejects: list[list[str]]
    """Without their header."""


@dataclass(frozen=True)
class Workbench:
    """A folder in which sources are run on files of a test's making."""

    folder: Path

    @property
    def destination(self) -> Destination:
        return Destination(self.folder / "out" / "dataset.csv", self.folder / "out" / "rejects.csv")

    def file(self, content: str | bytes, name: str = "input.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(
        self,
        source: str,
        dataset: str,
        content: str | bytes | Path,
        columns: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Imported:
        path = content if isinstance(content, Path) else self.file(content)
        found = find_source(source)
        report = found.load(dataset, path, found.options_type(**options), columns, self.destination)
        assert report.read == report.kept + report.merged + sum(report.rejected.values())
        rejects = _cells(self.destination.rejects)[1:]
        assert len(rejects) == sum(report.rejected.values())
        header, *rows = _cells(self.destination.dataset)
        assert len(rows) == report.kept
        text = self.destination.dataset.read_text(encoding="utf-8")
        return Imported(report, text, [dict(zip(header, row, strict=True)) for row in rows], rejects)

    def error(self, *arguments: Any, **options: Any) -> str:
        """The sentences of the InputError that `load` raises; nothing may be left behind."""
        before = self.left()
        with pytest.raises(InputError) as caught:
            self.load(*arguments, **options)
        assert self.left() == before
        return str(caught.value)

    def left(self) -> list[str]:
        folder = self.folder / "out"
        return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def _cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


@pytest.fixture
def new_bench(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Workbench]:
    """A fresh bench at each call, for property tests."""
    return lambda: Workbench(tmp_path_factory.mktemp("bench"))
