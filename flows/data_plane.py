"""DVC, asked in-process: which stages are stale, and what to remember once they have run."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo
from dvc.stage.cache import RunCacheNotFoundError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from refrain.errors import RefrainError
from refrain.files import replacing
from refrain.project import Project
from tasks.stages import Stage, StageTable

_REMOTE = "store"


class DataPlane:
    """One project's DVC repository. Safe to use from several threads: DVC takes one call at a time."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._one_at_a_time = Lock()
        logging.getLogger("dvc").setLevel(logging.ERROR)
        try:
            self._repo = Repo(str(project.root))
        except DvcException as error:
            raise RefrainError(
                f"{project.root} is not a DVC repository: {error}.", hint="Run `dvc init` there, then run again."
            ) from None

        self._mend_locks()
        self._point_remote_at(project.settings.storage.remote)

    def _mend_locks(self) -> None:
        # DVC's list of who reads and writes what: a writer that is killed tears it, and DVC then refuses to read it.
        path = self._project.root / ".dvc" / "tmp" / "rwlock"
        with _busy_explained(), self._repo.lock:
            try:
                json.loads(path.read_text())
            except FileNotFoundError:
                return
            except ValueError:
                path.unlink()

    def _point_remote_at(self, address: str) -> None:
        wanted = address if "://" in address else str(self._project.root / address)
        if self._repo.config["remote"].get(_REMOTE, {}).get("url") == wanted:
            return
        with self._repo.config.edit("repo") as config:
            config["core"]["remote"] = _REMOTE
            config["remote"][_REMOTE] = {"url": wanted}

    def is_stale(self, stage: Stage) -> bool:
        """Whether a file the stage reads or writes, its params or its command differ from what dvc.lock says."""
        with self._one_at_a_time, _busy_explained(), self._repo.lock:
            return bool(self._find(stage).changed())

    def restore(self, stage: Stage) -> bool:
        """Bring the stage's files back from DVC's cache, where it has run on these very inputs before."""
        with self._one_at_a_time, _busy_explained():
            try:
                with self._repo.lock:
                    self._repo.stage_cache.restore(self._find(stage))
            except RunCacheNotFoundError:
                return False
            self._repo.commit(stage.address, force=True)
            return True

    def commit(self, stage: Stage) -> None:
        """Record in dvc.lock, and keep in the cache, what the stage has read and written."""
        with self._one_at_a_time, _busy_explained():
            self._repo.commit(stage.address, force=True)
            _keep_copy(self._project)

    def recorded(self, stage: Stage) -> dict[str, Any]:
        """What dvc.lock says of a stage: md5 of each dep and out, and the params' values. Empty if it never ran."""
        with self._one_at_a_time:
            lock_file = self._project.root / "dvc.lock"
            stages = _parsed(lock_file)["stages"] if lock_file.is_file() else {}
            return dict(stages.get(stage.address, {}))

    def _find(self, stage: Stage) -> Any:
        (found,) = self._repo.stage.collect(stage.address)
        return found


def write_pipeline(table: StageTable) -> bool:
    """Write dvc.yaml, and DVC's remote, where they differ from the stage table and params; whether anything did."""
    path = table.project.root / "dvc.yaml"
    text = table.render()
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return True


def mend_lock(project: Project) -> bool:
    """Put back the last good dvc.lock where a crash has torn it (DVC writes it in place); whether it did."""
    lock_file, kept = project.root / "dvc.lock", _copy_of_lock(project)
    if not lock_file.is_file() or _readable(lock_file) or not _readable(kept):
        return False
    with replacing(lock_file) as beside:
        shutil.copyfile(kept, beside)
    return True


def _copy_of_lock(project: Project) -> Path:
    return project.root / ".dvc" / "tmp" / "refrain.lock.copy"


def _keep_copy(project: Project) -> None:
    with replacing(_copy_of_lock(project)) as beside:
        shutil.copyfile(project.root / "dvc.lock", beside)


def _readable(path: Path) -> bool:
    try:
        return isinstance(_parsed(path)["stages"], dict)
    except (OSError, YAMLError, TypeError, KeyError, UnicodeDecodeError):
        return False


def _parsed(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@contextmanager
def _busy_explained() -> Iterator[None]:
    try:
        yield
    except LockError:
        raise RefrainError(
            "Another Refrain or DVC command is working in this project.", hint="Wait for it to end, then run again."
        ) from None
