"""The sheet `candidate_metrics`: how good the candidates and baselines of each target's last training were."""

from collections.abc import Iterator
from typing import Any

from tasks.records import Estimate
from tasks.sheets.material import Material, every_target
from tasks.sheets.models.last_training import Training, listed
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_WHAT = "Measured on the test window, with 95 % intervals; differences are to the best baseline, on the same rows."


def make(material: Material, part: Part) -> Made:
    """A row for each target, candidate and metric."""
    del part
    return listed(material, _rows, _WHAT)


def _rows(training: Training) -> Iterator[dict[str, Any]]:
    record = training.record
    for candidate in record.candidates:
        for metric, found in candidate.metrics.items():
            yield {
                **training.about(candidate),
                "is_baseline": candidate.is_baseline,
                "is_best_baseline": candidate.name == record.best_baseline,
                "metric": metric,
                "decides": metric == record.headline,
                "value": found.value,
                "low": found.low,
                "high": found.high,
                **_difference(candidate.difference.get(metric)),
                "first_as_of": record.test.first_as_of,
                "last_as_of": record.test.last_as_of,
                "rows": record.test.rows,
            }


def _difference(found: Estimate | None) -> dict[str, float | None]:
    names = ("difference", "difference_low", "difference_high")
    return dict(zip(names, (None,) * 3 if found is None else (found.value, found.low, found.high), strict=True))


SHEETS = (
    Sheet(
        "candidate_metrics",
        "How good the candidates and baselines of the last training of each target were on its test window",
        columns(
            ("target", Kind.TEXT, "The target"),
            ("candidate", Kind.TEXT, "The name of a candidate or baseline"),
            ("family", Kind.TEXT, "Its family; baseline of a baseline"),
            ("is_champion", Kind.FLAG, "Whether it is what is served now"),
            ("is_champions_training", Kind.FLAG, "Whether the served champion came from the training that is shown"),
            ("is_baseline", Kind.FLAG, "Whether it is a baseline"),
            ("is_best_baseline", Kind.FLAG, "Whether it is the baseline that is hardest to beat"),
            ("metric", Kind.TEXT, "A metric"),
            ("decides", Kind.FLAG, "Whether it is the metric that decides"),
            ("value", Kind.NUMBER, "Its value"),
            ("low", Kind.NUMBER, "From here ... (95 % interval)"),
            ("high", Kind.NUMBER, "... to here"),
            ("difference", Kind.NUMBER, "Value less that of the best baseline"),
            ("difference_low", Kind.NUMBER, "From here ... (95 % interval)"),
            ("difference_high", Kind.NUMBER, "... to here"),
            ("first_as_of", Kind.DATE, "First day of the test window"),
            ("last_as_of", Kind.DATE, "Its last day"),
            ("rows", Kind.WHOLE, "Rows in it", "rows"),
        ),
        make,
        targets=every_target(),
    ),
)
