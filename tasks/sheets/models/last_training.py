"""The last training of each target, beside what is served now: it need not be where the champion came from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from tasks.champions.loaded import ServedModel
from tasks.records import CandidateRecord, EvaluationRecord
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material, every_target
from tasks.sheets.sheet import Made


@dataclass(frozen=True)
class Training:
    """What the last training of a target found, and what is served of that target."""

    record: EvaluationRecord
    served: ServedModel | None
    """None where nothing is."""
    is_champions: bool
    """Whether the served champion came from it."""

    def about(self, candidate: CandidateRecord) -> dict[str, Any]:
        """The columns that say whose a row is."""
        return {
            "target": self.record.target,
            "candidate": candidate.name,
            "family": candidate.family,
            "is_champion": self.is_champions and self.served is not None and candidate.name == self.served.name,
            "is_champions_training": self.is_champions,
        }


def last_trainings(material: Material) -> list[Training]:
    """Those of all targets that were trained here."""
    found = []
    for target in every_target():
        try:
            record = material.record(target)
        except NotYetError:
            continue
        found.append(_beside_what_is_served(material, record))
    return found


def listed(material: Material, rows: Callable[[Training], Iterable[dict[str, Any]]], what: str) -> Made:
    """The rows of every target's last training. `what`: a sentence on what they say. Raises NotYetError."""
    trainings = last_trainings(material)
    found = [row for training in trainings for row in rows(training)]
    if not found:
        raise NotYetError("No target has been trained here.", hint="Run `refrain run`.")
    return Made(pl.DataFrame(found, infer_schema_length=None), (what, *from_another_training(trainings)))


def from_another_training(trainings: Iterable[Training]) -> tuple[str, ...]:
    """A sentence for each target whose champion came from another training than what is shown."""
    return tuple(
        f"{one.record.target}: what is served did not come from the last training here, which is what is shown."
        for one in trainings
        if one.served is not None and not one.is_champions
    )


def _beside_what_is_served(material: Material, record: EvaluationRecord) -> Training:
    try:
        served = material.served(record.target).champion.served
    except NotYetError:
        return Training(record, None, False)
    return Training(record, served, material.is_of_champion(record.target))
