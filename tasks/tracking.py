"""The MLflow store: where runs, models and aliases are kept, opened so that it can neither break nor get lost."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from refrain.errors import UsageError
from refrain.files import replacing
from refrain.project import Project

if TYPE_CHECKING:
    from mlflow import MlflowClient

_ENVIRONMENT = "MLFLOW_TRACKING_URI"
_HOME = "refrain.artifacts"
"""Tag of the store's first experiment: the folder that its artifact paths begin with."""
_PATHS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
_SECONDS_TO_WAIT = 60.0


@dataclass(frozen=True)
class Store:
    """A tracking store. Making this value opens nothing; `client` does."""

    uri: str
    folder: Path
    """The project's mlruns folder: locks, and artifacts unless the store has a place of its own for them."""
    database: Path | None
    """The file of a SQLite store."""
    artifacts: str | None
    """Where artifacts go; none where a tracking server decides."""

    def client(self) -> "MlflowClient":
        """A client of the store, which is created first if it is new. The same one each time.

        Takes seconds at the first call of a process: importing MLflow is most of it.
        """
        return _client(self)

    def exists(self) -> bool:
        """Whether there is anything in the store yet; always true of a server."""
        return self.database is None or self.database.is_file()

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep other processes and threads out of the part of the store called `name`.

        The lock ends with the process that holds it, also when that is killed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f".{name}.lock").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def connection(self, patience: float = _SECONDS_TO_WAIT) -> sqlite3.Connection:
        """A connection to the SQLite file of the store, for reading at once what MLflow takes seconds to say.

        `patience`: seconds that it waits for whoever has locked the file.
        """
        assert self.database is not None
        # Not read-only: SQLite must be able to roll back what a killed writer left half-written.
        return sqlite3.connect(self.database, timeout=patience)


def open_store(project: Project) -> Store:
    """The store of a project: `mlruns/mlflow.db` and `mlruns/artifacts/`, or what MLFLOW_TRACKING_URI says.

    A project that was moved or copied finds its artifacts: paths that begin with the old folder are rewritten.
    Raises UsageError for a plain folder as tracking URI, which MLflow 3 no longer takes.
    """
    folder = project.root.resolve() / project.settings.storage.mlruns
    uri = os.environ.get(_ENVIRONMENT) or f"sqlite:///{folder / 'mlflow.db'}"
    scheme = urlparse(uri).scheme
    if scheme in ("", "file"):
        raise UsageError(
            f"{_ENVIRONMENT} is {uri}, a plain folder, which MLflow 3 does not take as a store.",
            hint=f"Unset it, or set it to a database (sqlite:///{folder / 'mlflow.db'}) or a server (http://...).",
        )
    if scheme in ("http", "https"):
        return Store(uri, folder, None, None)
    if scheme != "sqlite":
        return Store(uri, folder, None, str(folder / "artifacts"))
    database = Path(uri.removeprefix("sqlite:///")).resolve()
    store = Store(f"sqlite:///{database}", folder, database, str(database.parent / "artifacts"))
    if store.exists():
        _find_again(store)
    return store


def server_arguments(project: Project) -> list[str]:
    """Arguments of `mlflow server` that make it show the project's store, which is created first if it is new."""
    store = open_store(project)
    store.client()
    return [
        "--backend-store-uri",
        store.uri,
        *(["--default-artifact-root", store.artifacts] if store.artifacts else []),
    ]


@cache
def _client(store: Store) -> "MlflowClient":
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "true")
    from mlflow import MlflowClient  # noqa: PLC0415 - seconds, and reading the registry can do without

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    if store.database is not None and not store.exists():
        with store.locked("creating"):
            if not store.exists():
                _create(store, store.database)
    return MlflowClient(store.uri, store.uri)


def _create(store: Store, database: Path) -> None:
    """Create the tables beside, and put the file in place in one step.

    Several processes that meet a new database spoil it for good, and so does one that is killed half-way.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415 - as above

    assert store.artifacts is not None
    with replacing(database) as beside:
        with _unhurried():
            SqlAlchemyStore(f"sqlite:///{beside}", store.artifacts)._dispose_engine()
        with closing(sqlite3.connect(beside)) as connection, connection:
            _remember_home(connection, store.artifacts)


@contextmanager
def _unhurried() -> Iterator[None]:
    """Let SQLite leave it to the system when the hundred steps of the schema reach the disk: the whole file is flushed
    before it is put in place.
    """
    from sqlalchemy import event  # noqa: PLC0415 - as above
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    def relax(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    event.listen(Engine, "connect", relax)
    try:
        yield
    finally:
        event.remove(Engine, "connect", relax)


def _remember_home(connection: sqlite3.Connection, artifacts: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO experiment_tags (key, value, experiment_id) "
        "SELECT ?, ?, MIN(experiment_id) FROM experiments",
        (_HOME, artifacts),
    )


def _find_again(store: Store) -> None:
    """Rewrite the artifact paths of a store that was moved, all of them or none."""
    assert store.artifacts is not None
    if _home(store) in (store.artifacts, None):
        return
    with store.locked("moving"), closing(store.connection()) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute("SELECT value FROM experiment_tags WHERE key = ?", (_HOME,)).fetchone()
        if row is None or row[0] == store.artifacts:
            return
        for table, column in _PATHS:
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - our own names
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (store.artifacts, len(row[0]) + 1, row[0], len(row[0]) + 1, f"{row[0]}/"),
            )
        _remember_home(connection, store.artifacts)


def _home(store: Store) -> str | None:
    with closing(store.connection()) as connection:
        try:
            row = connection.execute("SELECT value FROM experiment_tags WHERE key = ?", (_HOME,)).fetchone()
        except sqlite3.DatabaseError as error:
            raise UsageError(
                f"{store.database} is not an MLflow database: {error}.", hint="Move it away, and run `refrain run`."
            ) from None
    return None if row is None else str(row[0])
