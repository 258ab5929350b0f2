"""Files that were logged with a run: what a training found, and what the gate decided of it."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.model_folder import local_folder
from tasks.tracking import Store
from tasks.versions import Version, run_tags

_PARENT = "mlflow.parentRunId"
DECISION = "decision.json"


def training_runs(store: Store, versions: Iterable[Version]) -> Mapping[str, str]:
    """A version's run -> the run of the training that it came from; one of which that was not noted is absent."""
    wanted = [version.run_id for version in versions]
    if store.database is None:
        found = {run_id: run_tags(store, run_id).get(_PARENT, "") for run_id in wanted}
        return {run_id: parent for run_id, parent in found.items() if parent}
    marks = ", ".join("?" * len(wanted))
    query = f"SELECT run_uuid, value FROM tags WHERE key = ? AND run_uuid IN ({marks})"  # noqa: S608
    with closing(store.connection()) as connection:
        return dict(connection.execute(query, (_PARENT, *wanted)).fetchall())


def record_name(target: str) -> str:
    """The artifact of a training's run that holds its EvaluationRecord."""
    return f"{target}.json"


def run_artifact(store: Store, run_id: str, name: str) -> bytes | None:
    """The bytes of a file that was logged with a run; none where it is not there any more, or cannot be fetched."""
    if store.database is None:
        return _fetched(store, run_id, name)
    with closing(store.connection()) as connection:
        found = connection.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
    folder = None if found is None else local_folder(found[0])
    if folder is None:
        return _fetched(store, run_id, name) if found else None
    path = folder / name
    return path.read_bytes() if path.is_file() else None


def _fetched(store: Store, run_id: str, name: str) -> bytes | None:
    with TemporaryDirectory(prefix="refrain-") as folder:
        try:
            return Path(store.client().download_artifacts(run_id, name, folder)).read_bytes()
        except Exception:
            # Any of a dozen storage libraries may be behind the address, and the file is not needed to go on.
            return None
