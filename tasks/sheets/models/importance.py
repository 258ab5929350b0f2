"""The sheet `importance`: what the last training of each target says that its candidates rely on."""

from collections.abc import Iterator
from typing import Any

from tasks.records import EvaluationRecord
from tasks.sheets.material import Material, every_target
from tasks.sheets.models.last_training import Training, listed
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_WHAT = (
    "Measured on the test window: how much worse the metric gets when a feature's values are dealt out anew among the "
    "rows, with its 95 % interval. An interval that holds 0 says that the feature may do nothing."
)


def make(material: Material, part: Part) -> Made:
    """A row for each target, candidate and feature."""
    del part
    return listed(material, _rows, _WHAT)


def _rows(training: Training) -> Iterator[dict[str, Any]]:
    record: EvaluationRecord = training.record
    for candidate in record.candidates:
        for feature, loss in candidate.importance.items():
            yield {
                **training.about(candidate),
                "feature": feature,
                "metric": record.headline,
                "loss": loss.value,
                "low": loss.low,
                "high": loss.high,
            }


SHEETS = (
    Sheet(
        "importance",
        "What each candidate of the last training of each target relies on",
        columns(
            ("target", Kind.TEXT, "The target"),
            ("candidate", Kind.TEXT, "The candidate's name"),
            ("family", Kind.TEXT, "Its family"),
            ("is_champion", Kind.FLAG, "Whether it is what is served now"),
            ("is_champions_training", Kind.FLAG, "Whether the served champion came from the training that is shown"),
            ("feature", Kind.TEXT, "A feature"),
            ("metric", Kind.TEXT, "The metric that decides"),
            ("loss", Kind.NUMBER, "How much worse it gets without what the feature says"),
            ("low", Kind.NUMBER, "From here ... (95 % interval)"),
            ("high", Kind.NUMBER, "... to here"),
        ),
        make,
        targets=every_target(),
    ),
)
