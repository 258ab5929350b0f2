"""The step that holds a dataset against its contract: `python -m tasks.validate DATASET`, from the project's root."""

import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from contracts.checking import check
from contracts.contract import Contract
from contracts.reading import explaining, scan_cells
from contracts.registry import find_contract
from contracts.report import ValidationReport
from refrain.errors import ContractError, SettingsError, UsageError
from refrain.files import file_md5, write_json
from refrain.project import Project
from refrain.settings import DatasetSettings
from tasks.command import stage_command


def validate(
    dataset_name: str,
    settings: DatasetSettings,
    raw_path: Path,
    report_path: Path,
    reference_paths: Mapping[str, Path],
) -> ValidationReport:
    """Hold the CSV at `raw_path` against the contract of `dataset_name`, every row of it, and write the report.

    `reference_paths` gives the CSV of every dataset that `settings.references` names. The report is the same bytes
    for the same files and settings.

    Raises ContractError, which lists the broken clauses with their failing rows, where the contract does not hold.
    Then `report_path` is not there, whatever it held before, and the report of the failure is at `failed_path`.
    """
    report_path.unlink(missing_ok=True)
    failed_path(report_path).unlink(missing_ok=True)
    contract = find_contract(dataset_name)
    _check_references(contract, settings, reference_paths)
    report = _report(contract, settings, raw_path, reference_paths)
    if not report.passed:
        write_json(failed_path(report_path), report.model_dump(mode="json"))
        raise _broken(report, raw_path, failed_path(report_path))
    write_json(report_path, report.model_dump(mode="json"))
    return report


def failed_path(report_path: Path) -> Path:
    """Where the report of a broken contract lies: scrobbles.failed.json beside scrobbles.json. No stage's output."""
    return report_path.with_suffix(".failed.json")


def _check_references(contract: Contract, settings: DatasetSettings, reference_paths: Mapping[str, Path]) -> None:
    known = {reference.dataset for reference in contract.references}
    for dataset in settings.references:
        if dataset not in known:
            raise SettingsError(
                f"params.yaml: datasets: {contract.dataset.name}: references: {dataset!r} is nothing that "
                f"{contract.dataset.name} can refer to.",
                hint=f"It can refer to: {', '.join(sorted(known)) or 'no other dataset'}.",
            )
        if dataset not in reference_paths:
            raise UsageError(f"The file of {dataset}, which {contract.dataset.name} refers to, was not given.")


def _report(
    contract: Contract, settings: DatasetSettings, raw_path: Path, reference_paths: Mapping[str, Path]
) -> ValidationReport:
    name = contract.dataset.name
    others = {other: reference_paths[other] for other in sorted(settings.references)}
    cells = scan_cells(name, raw_path)
    references = {other: _values_referred_to(contract, other, path) for other, path in others.items()}
    with explaining(name, raw_path):
        rows, outcomes = check(contract, cells, settings, references)
    present = set(cells.collect_schema().names())
    return ValidationReport(
        dataset=name,
        md5=file_md5(raw_path),
        rows=rows,
        received_on=settings.received_on,
        absent=tuple(column.name for column in contract.dataset.columns if column.name not in present),
        references={other: file_md5(path) for other, path in others.items()},
        expectations=outcomes,
    )


def _values_referred_to(contract: Contract, other: str, path: Path) -> pl.LazyFrame:
    """The distinct cells of the columns of `other` that the contract refers to; a fault in them is named as its own."""
    columns = sorted({reference.key for reference in contract.references if reference.dataset == other})
    with explaining(other, path):
        cells = scan_cells(other, path)
        missing = [column for column in columns if column not in cells.collect_schema().names()]
        if missing:
            raise ContractError(
                f"{path} has no column {', '.join(missing)}, which {contract.dataset.name} refers to.",
                dataset=other,
                hint="Import the dataset again.",
            )
        return cells.select(columns).unique().collect(engine="streaming").lazy()


def _broken(report: ValidationReport, raw_path: Path, details: Path) -> ContractError:
    broken = report.broken
    places = "\n".join(f"  - {outcome.sentence()}" for outcome in broken)
    count = "one clause" if len(broken) == 1 else f"{len(broken)} clauses"
    return ContractError(
        f"{raw_path} breaks {count} of the contract of {report.dataset}:\n{places}\n",
        dataset=report.dataset,
        hint=f"Mend the file or import the dataset again; {details} lists more of the failing rows.",
    )


def run_stage(dataset: str, project: Project) -> None:
    """Validate `dataset` where the project keeps it, as params.yaml says."""
    datasets = project.settings.datasets
    if dataset not in datasets:
        raise UsageError(f"params.yaml has no dataset {dataset!r}.", hint=f"It has: {', '.join(datasets)}.")
    settings = datasets[dataset]
    references = {other: project.raw(other) for other in settings.references}
    validate(dataset, settings, project.raw(dataset), project.validation(dataset), references)


if __name__ == "__main__":
    sys.exit(stage_command(run_stage))
