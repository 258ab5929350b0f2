"""A directive for what was measured of a target: ```{measured} hits.hit```, from data/metrics/, which git keeps."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from tables import table

from features.registry import find_target
from features.target import Target

_ROOT = Path(__file__).resolve().parents[2]
_CALLED = {"average_precision": "average precision", "wape": "WAPE", "mase": "MASE", "macro_f1": "macro F1"}
_LOWER_IS_BETTER = ("wape", "mase")
_KEPT = {"calibration_error": "calibration error", "coverage_80": "inside 80 %", "coverage_95": "inside 95 %"}


class Measured(Directive):
    """One row for each candidate and baseline, the best first, and a sentence that says of how many rows."""

    required_arguments = 1
    has_content = False
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """The table and its sentence."""
        target = find_target(self.arguments[0])
        file = _ROOT / "data" / "metrics" / f"{target.name}.json"
        self.state.document.settings.env.note_dependency(str(file))
        found = json.loads(file.read_text(encoding="utf-8"))
        return [table(_head(target, found), _rows(target, found)), _sentence(target, found["rows"])]


def _head(target: Target, found: Mapping[str, Any]) -> list[tuple[str, int]]:
    kept = [(called, 12) for called in _kept(found).values()]
    return [("model", 30), (_CALLED[target.headline], 24), ("to the best baseline", 24), *kept]


def _kept(found: Mapping[str, Any]) -> dict[str, str]:
    measured = set.union(*(set(one) for one in found["candidates"].values()))
    return {name: called for name, called in _KEPT.items() if name in measured}


def _rows(target: Target, found: Mapping[str, Any]) -> Iterable[list[nodes.Node]]:
    baselines = {baseline.name for baseline in target.baselines}
    sign = 1 if target.headline in _LOWER_IS_BETTER else -1
    ordered = sorted(found["candidates"].items(), key=lambda item: sign * item[1][target.headline]["value"])
    for name, one in ordered:
        yield [
            nodes.Text(f"{name} (baseline)" if name in baselines else name),
            nodes.Text(_interval(one[target.headline], "{:.3f}")),
            nodes.Text(_interval(one["difference"], "{:+.3f}") if any(one["difference"].values()) else "–"),
            *(nodes.Text(_share(key, one.get(key))) for key in _kept(found)),
        ]


def _interval(value: Mapping[str, float], form: str) -> str:
    middle, low, high = (form.format(value[key]) for key in ("value", "low", "high"))
    return f"{middle} [{low}, {high}]"


def _share(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if name == "calibration_error" else f"{100 * value:.1f} %"


def _sentence(target: Target, rows: Mapping[str, int]) -> nodes.paragraph:
    better = "Lower is better" if target.headline in _LOWER_IS_BETTER else "Higher is better"
    said = (
        f"Embedded data; {rows['test']:,} rows of the test window, which are later than the {rows['train']:,} and "
        f"{rows['tune']:,} that were learned from and tuned on. {better}; brackets hold 95 % intervals."
    )
    return nodes.paragraph("", "", nodes.emphasis(text=said))


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx asks of an extension."""
    app.add_directive("measured", Measured)
    return {"version": "1", "parallel_read_safe": True}
