"""The sheets `calibration` and `gate_conditions`: how far a version keeps its promises, and what the gate said."""

from typing import Any

import orjson
from pydantic import ValidationError

from features.registry import find_target
from features.target import Kind as KindOfTarget
from tasks.gate import Decision
from tasks.records import CalibrationBin
from tasks.run_artifacts import DECISION, record_name, run_artifact, training_runs
from tasks.share_interval import share_interval
from tasks.sheets.material import Material
from tasks.sheets.models.registered import TARGET_COLUMN, VERSION_COLUMN, made, one_version, version_parts
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns
from tasks.version_notes import NOT_MEASURED, with_intervals
from tasks.versions import Version, run_metrics

CURVE, COVERAGE = "curve", "coverage"
_PROMISED = {"coverage_80": 0.80, "coverage_95": 0.95}
_OF_SHARES = (
    "Intervals of the observed shares are Wilson's, as if rows had nothing in common. Where they have, the true ones "
    "are wider."
)
_OF_CLASSES = "Of several classes there is no one curve: how far their probabilities are off is the calibration error."


def make_calibration(material: Material, part: Part) -> Made:
    """Of a chance a row for each bin, of an amount one for each interval, of classes none."""
    version = one_version(material, part)
    match find_target(version.target).kind:
        case KindOfTarget.CHANCE:
            return _curve(material, version)
        case KindOfTarget.AMOUNT:
            return _coverage(material, version)
        case _:
            return made([], _OF_CLASSES)


def _curve(material: Material, version: Version) -> Made:
    bins = _bins(_logged(material, version, record_name(version.target)), version.name)
    if not bins:
        return made([], "The record of this training is not in the registry's files any more.")
    return made([_of(version, place, CURVE, **_share(one)) for place, one in enumerate(bins, start=1)], _OF_SHARES)


def _bins(record: bytes | None, name: str) -> list[CalibrationBin]:
    """Read for itself: the rest of a record that another version of Refrain wrote may have another form."""
    candidates = [] if record is None else orjson.loads(record)["candidates"]
    found = [
        CalibrationBin.model_validate(one) for each in candidates if each["name"] == name for one in each["calibration"]
    ]
    return sorted(found, key=lambda one: one.predicted)


def _share(one: CalibrationBin) -> dict[str, Any]:
    low, high = share_interval(one.observed * one.rows, one.rows)
    return {
        "predicted": one.predicted,
        "observed": one.observed,
        "observed_low": low,
        "observed_high": high,
        "rows": one.rows,
    }


def _coverage(material: Material, version: Version) -> Made:
    metrics = run_metrics(material.shelf.store, [version.run_id]).get(version.run_id, {})
    measured = dict(with_intervals(metrics))
    reached = [(share, measured.get(name, NOT_MEASURED)) for name, share in _PROMISED.items()]
    return made(
        [
            _of(
                version,
                place,
                COVERAGE,
                predicted=share,
                observed=one.value,
                observed_low=one.low,
                observed_high=one.high,
            )
            for place, (share, one) in enumerate(reached, start=1)
            if one.value is not None
        ]
    )


def _of(version: Version, place: int, kind: str, **cells: Any) -> dict[str, Any]:
    own = {"target": version.target, "version": version.version, "name": version.name}
    return {**own, "kind": kind, "bin": place, **cells}


def make_conditions(material: Material, part: Part) -> Made:
    """A row for each condition that a version was put to; none of a baseline."""
    version = one_version(material, part)
    decided = _logged(material, version, DECISION)
    try:
        judged = None if decided is None else Decision.model_validate_json(decided).candidate(version.name)
    except (ValidationError, KeyError):  # written by another version of Refrain
        judged = None
    if judged is None:
        return made([], "What the gate said of each condition is not in the registry's files any more.")
    return made(
        [
            {
                "target": version.target,
                "version": version.version,
                "condition": one.name,
                "passed": one.passed,
                "reason": one.reason,
            }
            for one in judged.conditions
        ]
    )


def _logged(material: Material, version: Version, name: str) -> bytes | None:
    """A file of the training that a version came from."""
    store = material.shelf.store
    training = training_runs(store, [version]).get(version.run_id)
    return None if training is None else run_artifact(store, training, name)


SHEETS = (
    Sheet(
        "calibration",
        "How far what a version promises on the test window came true",
        columns(
            TARGET_COLUMN,
            VERSION_COLUMN,
            ("name", Kind.TEXT, "Name of the candidate or baseline"),
            ("kind", Kind.TEXT, "curve: bins of probabilities; coverage: intervals of amounts"),
            ("bin", Kind.WHOLE, "From the lowest probabilities on; of coverage, from the narrowest interval on"),
            ("predicted", Kind.NUMBER, "Mean probability of the bin; of coverage, the share that is promised"),
            ("observed", Kind.NUMBER, "Share of rows that came true; of coverage, the share inside"),
            ("observed_low", Kind.NUMBER, "Lower end of its 95 % interval"),
            ("observed_high", Kind.NUMBER, "Upper end of its 95 % interval"),
            ("rows", Kind.WHOLE, "Rows in the bin", "rows"),
        ),
        make_calibration,
        parted_by=("target", "version"),
        parts=version_parts,
        kept=False,
    ),
    Sheet(
        "gate_conditions",
        "What the gate said of a version, condition by condition",
        columns(
            TARGET_COLUMN,
            VERSION_COLUMN,
            ("condition", Kind.TEXT, "What is asked of a candidate"),
            ("passed", Kind.FLAG, "Whether it was met"),
            ("reason", Kind.TEXT, "Why, or why not"),
        ),
        make_conditions,
        parted_by=("target", "version"),
        parts=version_parts,
        kept=False,
    ),
)
