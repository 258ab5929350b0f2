"""`refrain export events`: from the collector's store to the users, shows and events datasets."""

from dataclasses import dataclass
from pathlib import Path

from contracts.registry import find_contract
from flows.datasets import import_files, settings_for_file
from refrain.datasets import EVENTS, SHOWS, USERS
from refrain.errors import InputError
from refrain.files import file_md5, read_json
from refrain.project import Project
from refrain.settings import DatasetSettings
from sources.collected import NAME
from tasks.collected.export import ExportReport, export
from tasks.collected.opening import open_event_store
from tasks.collected.store import EventStore


@dataclass(frozen=True)
class Exported:
    """What an export did."""

    report: ExportReport
    imported: tuple[str, ...]
    """Datasets that were replaced, all that are exported; none where nothing is new."""


def export_folder(project: Project) -> Path:
    """Where the exported parts lie."""
    return project.root / "data" / "collected"


def export_events(project: Project) -> Exported:
    """Bring the parts up to date with the store, and the datasets with the parts: all datasets or none.

    Where a dataset breaks its contract, the parts stay to be looked at, and the datasets as they were. Raises
    EventStoreError, InputError where there is nothing to export, and ContractError.
    """
    store = open_event_store(project)
    try:
        report = export(store, export_folder(project))
    finally:
        store.close()
    _require_rows(report, store)
    chosen = _settings(project, report)
    if all(_is_current(project, dataset, settings) for dataset, settings in chosen.items()):
        return Exported(report, ())
    import_files(project, chosen)
    return Exported(report, tuple(chosen))


def _require_rows(report: ExportReport, store: EventStore) -> None:
    if report.rows[EVENTS.name]:
        return
    if report.held:
        raise InputError(
            f"All {report.held:,} sessions in {store} are held: none of their users is registered.",
            hint="Register the users at the collector (POST /register-user), then export again.",
        )
    raise InputError(
        f"There are no sessions in {store}.",
        hint="Start the collector with `refrain collect` and log some, or set DATABASE_URL to where they are.",
    )


def _settings(project: Project, report: ExportReport) -> dict[str, DatasetSettings]:
    """What params.yaml is to say of the datasets, those that others refer to first. One without rows is left alone."""
    names = [dataset.name for dataset in (USERS, SHOWS, EVENTS) if report.rows[dataset.name]]
    found = {}
    for name in names:
        folder = export_folder(project) / name
        settings = settings_for_file(project, NAME, folder, None, report.received_on, None)
        referred = dict.fromkeys(reference.dataset for reference in find_contract(name).references)
        found[name] = settings.model_copy(update={"references": tuple(other for other in referred if other in names)})
    return found


def _is_current(project: Project, dataset: str, settings: DatasetSettings) -> bool:
    """Whether the dataset is what these settings make of the parts, and keeps its contract."""
    raw, report = project.raw(dataset), project.validation(dataset)
    if project.settings.datasets.get(dataset) != settings or not (raw.is_file() and report.is_file()):
        return False
    return bool(read_json(report).get("md5") == file_md5(raw))
