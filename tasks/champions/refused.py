"""Versions that may not be served, and why: remembered, so that they are not loaded anew at each look."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tasks.champions.loaded import Identity, identity
from tasks.model_folder import local_folder
from tasks.versions import Version

_SECONDS = 60.0
"""After which a refused version is tried again: what it lacked may have come without a trace."""


@dataclass(frozen=True)
class _Refusal:
    why: str
    at: float
    folder: Path | None
    trace: tuple[tuple[str, int, int], ...]
    """Its files as they were: names, moments of the last change and sizes."""


class Refused:
    """The refused versions of one target."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refusals: dict[Identity, _Refusal] = {}

    def note(self, version: Version, why: str) -> None:
        """Remember that a version was refused, as its files are now."""
        folder = local_folder(version.location)
        self._refusals[identity(version)] = _Refusal(why, self._clock(), folder, _trace(folder))

    def why(self, version: Version) -> str | None:
        """Why a version was refused; none where it was not, or may be tried again."""
        refusal = self._refusals.get(identity(version))
        return None if refusal is None or self._may_be_tried(refusal) else refusal.why

    def any_to_try(self) -> bool:
        """Whether one of them may be tried again: a file of its was changed, or a minute is over."""
        return any(self._may_be_tried(refusal) for refusal in self._refusals.values())

    def keep(self, versions: Iterable[Version]) -> None:
        """Forget all but these."""
        kept = {identity(version) for version in versions}
        self._refusals = {key: refusal for key, refusal in self._refusals.items() if key in kept}

    def _may_be_tried(self, refusal: _Refusal) -> bool:
        return self._clock() - refusal.at >= _SECONDS or _trace(refusal.folder) != refusal.trace


def _trace(folder: Path | None) -> tuple[tuple[str, int, int], ...]:
    if folder is None or not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.iterdir()):
        with suppress(OSError):  # gone meanwhile
            stat = path.stat()
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)
