"""The sheets `version_metrics` and `version_settings`: how each version did, and what it was made with."""

from collections.abc import Iterator, Mapping
from typing import Any

from tasks.metrics import HIGHER_IS_BETTER
from tasks.run_artifacts import training_runs
from tasks.sheets.material import Material
from tasks.sheets.models.registered import (
    TARGET_COLUMN,
    VERSION_COLUMN,
    made,
    measured,
    measured_columns,
    one_registered,
    target_parts,
)
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns
from tasks.version_notes import NOT_MEASURED, Measured, best_baseline, with_intervals
from tasks.versions import run_metrics, run_params

ALL = "all"
_TUNE, _DIFFERENCE = "tune", "difference"
_IDENTITY = ("name", "family")
_WINDOWS = ("train_", "tune_", "test_", "purged", "headline", "best_baseline")

ByPlace = Mapping[tuple[str, str], Measured]
"""(prefix, metric) -> what was measured; the prefix is tune, difference, a slice, or empty."""


def make_metrics(material: Material, part: Part) -> Made:
    """A row for each version, part of the rows and metric."""
    found = one_registered(material, part)
    metrics = run_metrics(material.shelf.store, {version.run_id for version in found.versions})
    measured_of = {version.version: _placed(metrics.get(version.run_id, {})) for version in found.versions}
    rows = []
    for version in reversed(found.versions):
        bar = best_baseline(found, version)
        beside = {} if bar is None else measured_of[bar.version]
        rows += [
            {"target": version.target, "version": version.version, **row}
            for row in _rows(measured_of[version.version], beside)
        ]
    return made(rows)


def _placed(metrics: Mapping[str, float]) -> ByPlace:
    """A run's metrics by what they were measured on: of the tune window there is each of them, and no slice."""
    names = sorted({key.removeprefix(f"{_TUNE}_") for key in metrics if key.startswith(f"{_TUNE}_")}, key=len)
    found: dict[tuple[str, str], Measured] = {}
    for key, value in with_intervals(metrics):
        name = next((name for name in reversed(names) if key == name or key.endswith(f"_{name}")), None)
        if name is not None:
            found[key.removesuffix(name).removesuffix("_"), name] = value
    return found


def _rows(values: ByPlace, beside: ByPlace) -> Iterator[dict[str, Any]]:
    for (place, metric), value in sorted(values.items()):
        if place != _DIFFERENCE:
            difference = values.get((_DIFFERENCE, metric), NOT_MEASURED) if place == "" else NOT_MEASURED
            yield {
                "window": _TUNE if place == _TUNE else "test",
                "slice": ALL if place in ("", _TUNE) else place,
                "metric": metric,
                "higher_is_better": HIGHER_IS_BETTER.get(metric),
                **measured("value", value),
                **measured("baseline", beside.get((place, metric), NOT_MEASURED)),
                **measured("difference", difference),
            }


def make_settings(material: Material, part: Part) -> Made:
    """A row for each version and setting."""
    found, store = one_registered(material, part), material.shelf.store
    trainings = training_runs(store, found.versions)
    params = run_params(store, {version.run_id for version in found.versions} | set(trainings.values()))
    return made(
        [
            {"target": version.target, "version": version.version, **row}
            for version in reversed(found.versions)
            for row in (
                *_chosen(params.get(version.run_id, {})),
                *_asked(params.get(trainings.get(version.run_id, ""), {})),
            )
        ]
    )


def _chosen(params: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for name, value in sorted(params.items()):
        if name not in _IDENTITY:
            yield {"of": "model", "setting": name, "value": value}


def _asked(params: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for name, value in sorted(params.items()):
        of = "windows" if name.startswith(_WINDOWS) else "params.yaml"
        yield {"of": of, "setting": name, "value": value}


SHEETS = (
    Sheet(
        "version_metrics",
        "How the versions of a target did, also on some of the rows alone",
        (
            *columns(
                TARGET_COLUMN,
                VERSION_COLUMN,
                ("window", Kind.TEXT, "test, which judges, or tune, which chooses"),
                ("slice", Kind.TEXT, "Which rows: all; known or unseen artists, users ...; or another part"),
                ("metric", Kind.TEXT, "A metric"),
                ("higher_is_better", Kind.FLAG, "Whether more of it is better; empty of what is neither"),
            ),
            *measured_columns("value", "What the version reaches on these rows"),
            *measured_columns("baseline", "What the best baseline of the same training reaches on the same rows"),
            *measured_columns("difference", "The one minus the other, resampled in pairs; of all rows only"),
        ),
        make_metrics,
        parted_by=("target",),
        parts=target_parts,
        kept=False,
    ),
    Sheet(
        "version_settings",
        "What the versions of a target were made with",
        columns(
            TARGET_COLUMN,
            VERSION_COLUMN,
            (
                "of",
                Kind.TEXT,
                "model: chosen on the folds; params.yaml: asked for there; windows: what came of the split",
            ),
            ("setting", Kind.TEXT, "A setting"),
            ("value", Kind.TEXT, "Its value, as MLflow has it"),
        ),
        make_settings,
        parted_by=("target",),
        parts=target_parts,
        kept=False,
    ),
)
