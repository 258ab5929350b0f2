"""The files of an export: written aside, compared with those that are there, and put in place together."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

import polars as pl

from refrain.files import file_md5
from tasks.collected.export_state import Part


class Parts:
    """The parts of an export under way. Until `install`, nothing that is there is touched."""

    def __init__(self, folder: Path, scratch: Path, before: Mapping[str, Part]) -> None:
        """`before`: the parts of the last export; those of them that are gone or changed since do not count."""
        self._folder = folder
        self._scratch = scratch
        self._found = {name: file_md5(folder / name) for name in _names(folder)}
        self.kept = {name: part for name, part in before.items() if self._found.get(name) == part.md5}
        """Every part that there will be, by its place."""
        self._pending: list[str] = []

    def keeps(self, name: str) -> bool:
        """Whether the part is there as it should be, or has been written."""
        return name in self.kept

    def path(self, name: str) -> Path:
        """Where the part lies now."""
        return (self._scratch if name in self._pending else self._folder) / name

    def write(self, name: str, pieces: Iterable[pl.DataFrame]) -> None:
        """Write a part from pieces that follow one another; none where they hold no row."""
        path, rows = self._scratch / name, 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            for piece in pieces:
                if piece.height:
                    _append(stream, piece, header=rows == 0)
                    rows += piece.height
            stream.flush()
            os.fsync(stream.fileno())
        self.kept.pop(name, None)
        if rows:
            self.kept[name] = Part(md5=file_md5(path), rows=rows)
            self._pending.append(name)

    @property
    def changed(self) -> tuple[str, ...]:
        """The parts that `install` will put in place of others, add or remove."""
        other = {name for name, part in self.kept.items() if self._found.get(name) != part.md5}
        return tuple(sorted(other | (set(self._found) - set(self.kept))))

    def install(self) -> None:
        """Put what is other in place, in the order in which it was written, and remove what no longer is."""
        changed = self.changed
        for name in self._pending:
            if name in changed:
                (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self._scratch / name).replace(self._folder / name)
        for name in set(changed) - set(self.kept):
            (self._folder / name).unlink()


def _names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.glob("[!.]*/*.csv"))]


def _append(stream: IO[bytes], rows: pl.DataFrame, *, header: bool) -> None:
    rows.write_csv(
        stream,
        include_header=header,
        date_format="%Y-%m-%d",
        datetime_format="%Y-%m-%dT%H:%M:%SZ",
        line_terminator="\n",
    )
