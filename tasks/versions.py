"""What the registry holds of a target: its versions, its aliases, and what was noted about them."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlparse

from refrain.errors import ModelError
from refrain.settings import Frozen
from tasks.tracking import Store

CHAMPION = "champion"
CHALLENGER = "challenger"
BASELINE = "baseline"
_PATIENCE = 2.0
"""Seconds that a look at the aliases waits for a locked store: the next look comes soon."""


class Version(Frozen):
    """One registered version of a target's model."""

    target: str
    version: int
    created_at: datetime
    run_id: str
    location: str
    """Folder or address of the model's artifacts."""
    aliases: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """Name of the candidate or baseline."""
        return self.tags.get("name", "")

    @property
    def family(self) -> str:
        """`logistic`, `forest`, `xgboost` ... or `baseline`."""
        return self.tags.get("family", "")

    @property
    def is_baseline(self) -> bool:
        """Whether it is a baseline."""
        return self.family == BASELINE


class RegisteredTarget(Frozen):
    """A target's registered model."""

    target: str
    tags: Mapping[str, str]
    aliases: Mapping[str, int]
    versions: tuple[Version, ...]
    """From the oldest to the newest."""

    def version(self, number: int) -> Version:
        """The version with this number. Raises ModelError if there is none."""
        for version in self.versions:
            if version.version == number:
                return version
        known = ", ".join(str(version.version) for version in self.versions) or "none"
        raise ModelError(f"{self.target} has no version {number}.", hint=f"Known versions: {known}.")

    def aliased(self, alias: str) -> Version | None:
        """The version that an alias points to."""
        return self.version(self.aliases[alias]) if alias in self.aliases else None


def list_versions(store: Store, target: str) -> tuple[Version, ...]:
    """All versions of a target, from the oldest to the newest; none where nothing was registered."""
    return read_target(store, target).versions


def champion(store: Store, target: str) -> Version:
    """The version that is served. Raises ModelError if there is none yet."""
    found = read_target(store, target).aliased(CHAMPION)
    if found is None:
        prediction = target.partition(".")[0]
        raise ModelError(f"{target} has no champion yet.", hint=f"Run `refrain run {prediction}` first.")
    return found


def read_target(store: Store, target: str) -> RegisteredTarget:
    """A target's registered model; empty where nothing was registered.

    A SQLite store is read directly, in milliseconds and without importing MLflow, whose tables these are.
    """
    if store.database is None:
        return _from_client(store, target)
    return _from_database(store, target) if store.exists() else _nothing(target)


def alias_marks(store: Store, targets: Iterable[str]) -> Mapping[str, Hashable]:
    """Target -> a value that is another one once an alias was moved, or names another model than it did.

    Of a SQLite store it also changes when the model's digest or what it said of its example was noted anew, and takes
    a millisecond. A target of which nothing is registered is absent.
    """
    if store.database is None:
        marks = {target: _mark_from_client(store, target) for target in targets}
        return {target: mark for target, mark in marks.items() if mark is not None}
    if not store.exists():
        return {}
    wanted, found = set(targets), dict[str, list[Any]]()
    with closing(store.connection(_PATIENCE)) as connection:
        for name, *rest in connection.execute(_MARKS):
            if name in wanted:
                found.setdefault(name, []).append(tuple(rest))
    return {name: tuple(rows) for name, rows in found.items()}


_MARKS = """
SELECT alias.name, alias.alias, alias.version, made.creation_time, made.storage_location, tag.key, tag.value
FROM registered_model_aliases AS alias
LEFT JOIN model_versions AS made
    ON made.name = alias.name AND made.version = alias.version AND made.current_stage != 'Deleted_Internal'
LEFT JOIN model_version_tags AS tag
    ON tag.name = alias.name AND tag.version = alias.version AND tag.key IN ('model_md5', 'example_output')
ORDER BY alias.name, alias.alias, tag.key
"""


def _mark_from_client(store: Store, target: str) -> Hashable | None:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - seconds, and a SQLite store does without

    try:
        model = store.client().get_registered_model(target)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return (model.creation_timestamp, *sorted(model.aliases.items()))


def run_tags(store: Store, run_id: str) -> Mapping[str, str]:
    """The tags of an MLflow run, read as `read_target` reads; empty if there is no such run."""
    if store.database is not None:
        with closing(store.connection()) as connection:
            return dict(connection.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (run_id,)).fetchall())
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

    try:
        return dict(store.client().get_run(run_id).data.tags)
    except MlflowException:
        return {}


def run_metrics(store: Store, run_ids: Iterable[str]) -> Mapping[str, Mapping[str, float]]:
    """Run -> metric -> value, read as `read_target` reads; a run that there is not is absent, and so is what is no
    number.
    """
    found = _of_runs(store, run_ids, "latest_metrics", "NOT is_nan", lambda data: data.metrics)
    return {run: {key: value for key, value in metrics.items() if isfinite(value)} for run, metrics in found.items()}


def run_params(store: Store, run_ids: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Run -> param -> value, read as `read_target` reads; a run that has none is absent."""
    return _of_runs(store, run_ids, "params", "TRUE", lambda data: data.params)


def _of_runs(
    store: Store, run_ids: Iterable[str], table: str, where: str, taken: Callable[[Any], Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """Run -> key -> value: from a table of the database, or what is `taken` of a run's data where a server has it."""
    wanted, found = list(run_ids), dict[str, dict[str, Any]]()
    if store.database is not None:
        marks = ", ".join("?" * len(wanted))
        query = f"SELECT run_uuid, key, value FROM {table} WHERE {where} AND run_uuid IN ({marks})"  # noqa: S608
        with closing(store.connection()) as connection:
            for run_id, key, value in connection.execute(query, wanted):
                found.setdefault(run_id, {})[key] = value
        return found
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

    for run_id in wanted:
        with suppress(MlflowException):
            found[run_id] = dict(taken(store.client().get_run(run_id).data))
    return found


def _nothing(target: str) -> RegisteredTarget:
    return RegisteredTarget(target=target, tags={}, aliases={}, versions=())


def _from_database(store: Store, target: str) -> RegisteredTarget:
    with closing(store.connection()) as connection:

        def rows(query: str) -> list[Any]:
            return connection.execute(query, (target,)).fetchall()

        aliases = dict(rows("SELECT alias, version FROM registered_model_aliases WHERE name = ?"))
        version_tags: dict[int, dict[str, str]] = {}
        for version, key, value in rows("SELECT version, key, value FROM model_version_tags WHERE name = ?"):
            version_tags.setdefault(version, {})[key] = value
        found = rows(
            "SELECT version, creation_time, run_id, storage_location FROM model_versions "
            "WHERE name = ? AND current_stage != 'Deleted_Internal' ORDER BY version"
        )
        tags = dict(rows("SELECT key, value FROM registered_model_tags WHERE name = ?"))
    versions = tuple(
        _version(target, number, created, run_id, location, aliases, version_tags.get(number, {}))
        for number, created, run_id, location in found
    )
    return RegisteredTarget(target=target, tags=tags, aliases=aliases, versions=versions)


def _from_client(store: Store, target: str) -> RegisteredTarget:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - seconds, and a SQLite store does without

    client = store.client()
    try:
        model = client.get_registered_model(target)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return _nothing(target)
        raise
    aliases = {alias: int(version) for alias, version in model.aliases.items()}
    found: list[Any] = []
    token: str | None = None
    while token or not found:
        page = client.search_model_versions(f"name = '{target}'", page_token=token)
        found += page
        token = page.token
        if not token:
            break
    versions = tuple(
        _version(
            target,
            int(entry.version),
            entry.creation_timestamp,
            entry.run_id,
            _location(client, target, entry),
            aliases,
            entry.tags,
        )
        for entry in sorted(found, key=lambda entry: int(entry.version))
    )
    return RegisteredTarget(target=target, tags=model.tags, aliases=aliases, versions=versions)


def _location(client: Any, target: str, entry: Any) -> str:
    """Where a version's artifacts are, which the server is asked only where the entry does not say so itself."""
    if urlparse(entry.source).scheme != "models":
        return str(entry.source)
    return str(client.get_model_version_download_uri(target, entry.version))


def _version(
    target: str,
    number: int,
    created: int,
    run_id: str | None,
    location: str,
    aliases: Mapping[str, int],
    tags: Mapping[str, str],
) -> Version:
    return Version(
        target=target,
        version=number,
        created_at=datetime.fromtimestamp(created / 1000, UTC),
        run_id=run_id or "",
        location=location,
        aliases=tuple(sorted(alias for alias, pointed in aliases.items() if pointed == number)),
        tags=tags,
    )
