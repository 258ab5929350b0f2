"""The sheet `targets`: what answers for each target now, how good it is beside the baseline, and how old it all is."""

import os
from datetime import date
from typing import Any

import polars as pl

from features.registry import find_target
from features.target import AS_OF
from tasks.aliases import moves_of
from tasks.champions.loaded import LoadedTarget
from tasks.metrics import HIGHER_IS_BETTER
from tasks.records import Estimate
from tasks.registration import TRAINING, Registration, last_registration
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.models.registered import (
    TARGET_COLUMN,
    made,
    measured,
    measured_columns,
    nothing_registered,
    registered,
)
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns
from tasks.version_notes import NOT_MEASURED, Measured, best_baseline, headline_difference, headline_metric
from tasks.versions import BASELINE, CHAMPION, RegisteredTarget, Version
from tasks.web_addresses import version_page


def make(material: Material, part: Part) -> Made:
    """A row for each target that is to be served here."""
    del part
    found = {name: registered(material, name) for name in material.shelf.targets}
    loaded = material.shelf.shown.loaded
    if not loaded and not any(one.versions for one in found.values()):
        raise nothing_registered()
    rows = made([_row(material, one, loaded.get(name)) for name, one in found.items()]).rows
    return Made(rows, models=tuple(one.champion.served for one in loaded.values()))


def _row(material: Material, found: RegisteredTarget, loaded: LoadedTarget | None) -> dict[str, Any]:
    target, served = find_target(found.target), None if loaded is None else loaded.champion.served
    version = None if served is None else _numbered(found, served.version)
    return {
        "target": target.name,
        "prediction": target.prediction,
        "question": target.question,
        "metric_name": target.headline,
        "higher_is_better": HIGHER_IS_BETTER[target.headline],
        "name": None if served is None else served.name,
        "family": None if served is None else served.family,
        "version": None if served is None else served.version,
        "is_baseline": None if served is None else served.is_baseline,
        "learned_until": None if served is None else served.learned_until,
        "data_until": _data_until(material, target.name),
        "problem": material.shelf.problem(target.name),
        **({} if version is None else _of_version(material, found, version)),
    }


def _of_version(material: Material, found: RegisteredTarget, version: Version) -> dict[str, Any]:
    store = material.shelf.store
    registration = last_registration(store, found)
    moves = [move.when for move in moves_of(found) if (move.alias, move.to_version) == (CHAMPION, version.version)]
    return {
        **_beside_the_baseline(found, version, registration),
        "verdict": None if registration is None else registration.verdict,
        "registered_at": version.created_at,
        "promoted_at": moves[-1] if moves else None,
        "registry_url": version_page(store, version, os.environ) or None,
    }


def _beside_the_baseline(
    found: RegisteredTarget, version: Version, registration: Registration | None
) -> dict[str, Any]:
    """Metric, baseline and difference, all three on one test window: the newest one where it was measured there."""
    if registration is not None and _measured_in(registration, version):
        bar = found.aliased(BASELINE)
        metric, difference = _numbers(registration.metric), _numbers(registration.difference)
    else:
        bar = best_baseline(found, version)
        metric, difference = headline_metric(version), headline_difference(version)
    return {
        **measured("metric", metric),
        **measured("difference", difference),
        "baseline": None if bar is None else bar.name,
        **measured("baseline_metric", NOT_MEASURED if bar is None else headline_metric(bar)),
    }


def _measured_in(registration: Registration, version: Version) -> bool:
    """Whether the training that was registered last says how this version, the champion, does on its test window."""
    if registration.champion.version != version.version:
        return False
    incumbent = registration.decision.incumbent
    kept = incumbent is not None and incumbent.version == version.version and incumbent.metric is not None
    return kept or version.tags.get(TRAINING) == registration.training


def _numbers(estimate: Estimate) -> Measured:
    return Measured(value=estimate.value, low=estimate.low, high=estimate.high)


def _numbered(found: RegisteredTarget, number: int) -> Version | None:
    return next((version for version in found.versions if version.version == number), None)


def _data_until(material: Material, target: str) -> date | None:
    try:
        newest = material.snapshot(target).select(pl.col(AS_OF).max()).collect().item()
    except NotYetError:
        return None
    assert newest is None or isinstance(newest, date)
    return newest


SHEETS = (
    Sheet(
        "targets",
        "What is served for each target now, beside the baseline",
        (
            *columns(
                TARGET_COLUMN,
                ("prediction", Kind.TEXT, "The prediction that it belongs to, as `refrain run` calls it"),
                ("question", Kind.TEXT, "What an answer says"),
                ("name", Kind.TEXT, "The model that answers now"),
                ("family", Kind.TEXT, "Its family; baseline where a baseline answers"),
                ("version", Kind.WHOLE, "Its number in the registry"),
                ("is_baseline", Kind.FLAG, "Whether a baseline answers, because no model has surely beaten it"),
                ("metric_name", Kind.TEXT, "The metric that decides"),
                ("higher_is_better", Kind.FLAG, "Whether more of the metric is better"),
            ),
            *measured_columns("metric", "What it reaches on the test window"),
            *columns(("baseline", Kind.TEXT, "The best baseline on the same test window")),
            *measured_columns("baseline_metric", "What that baseline reaches"),
            *measured_columns("difference", "The model's metric minus the baseline's, on the same rows"),
            *columns(
                ("verdict", Kind.TEXT, "What the gate decided when a training was registered last"),
                ("learned_until", Kind.DATE, "The last day that the model learned from"),
                ("data_until", Kind.DATE, "The newest as_of of the target's snapshot: how far its data reaches"),
                ("registered_at", Kind.MOMENT, "When the version was registered"),
                ("promoted_at", Kind.MOMENT, "When it became what is served"),
                ("problem", Kind.TEXT, "Why the champion is not what answers; empty where it is"),
                ("registry_url", Kind.TEXT, "The version's page in MLflow, where its address is known"),
            ),
        ),
        make,
        kept=False,
    ),
)
