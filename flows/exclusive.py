"""One command at a time may change a project's data."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from refrain.errors import RefrainError
from refrain.project import Project


@contextmanager
def exclusive(project: Project) -> Iterator[None]:
    """Keep other runs and imports out of the project; the system lets go of the lock if this process is killed.

    Raises RefrainError if another one is at work.
    """
    path = project.root / ".dvc" / "tmp" / "refrain.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefrainError(
                f"Another `refrain` command is changing the data in {project.root}.",
                hint="Wait for it to end, then run again.",
            ) from None
        yield
