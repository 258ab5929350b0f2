"""A backtest as a page of text (Markdown) for a person."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.backtest import Backtest, Scored, Stretch

_HEADING = ("rows", "WAPE", "best baseline's WAPE", "bias", "inside 80 %", "inside 95 %")

_DROP_OUTS = (
    "A drop-out is a month in which the source did not list the track on every day, or in which nothing was streamed.",
)


def backtest_text(backtest: "Backtest") -> str:
    """The page: every part, every step ahead, every origin, the candidate beside the best baseline."""
    whole = backtest.part("all")
    first, last = backtest.origins[0].name, backtest.origins[-1].name
    step, many = backtest.step, backtest.clustered
    origins = f"{len(backtest.origins)} origins from {first} to {last}" if first != last else f"one origin, {first}"
    return "\n".join(
        [
            f"# Backtest of {backtest.target}",
            "",
            f"{whole.clusters:,} {many}, {origins}, {whole.steps[0].name} to {whole.steps[-1].name} {step}s ahead; no",
            f"model had seen any of it. Shown is **{backtest.shown}**, which the tune window chose, beside the best",
            f"baseline of the test window, **{backtest.best_baseline}**. WAPE is the sum of all errors over the sum of",
            f"what came, with its 95 % interval over {many}.",
            *(_DROP_OUTS if any(part.name == "drop-outs" for part in backtest.parts) else ()),
            "",
            f"![WAPE by {step} ahead](backtest-{step}s.png)",
            f"![Coverage by {step} ahead](backtest-coverage.png)",
            "![Fan charts](backtest-fans.png)",
            "",
            "## All candidates",
            "",
            *_table(
                ("candidate", "WAPE", "bias", "inside 80 %", "inside 95 %"),
                ([name, *_scored(scored)] for name, scored in whole.whole.scores.items()),
            ),
            "",
            f"## By kind of {many.removesuffix('s')}",
            "",
            *_table((many, *_HEADING), (_line(part.name, part.whole, backtest) for part in backtest.parts)),
            "",
            f"## By {step} ahead",
            "",
            *_table((step, *_HEADING), (_line(ahead.name, ahead, backtest) for ahead in whole.steps)),
            "",
            "## By origin",
            "",
            *_table(("as of", *_HEADING), (_line(origin.name, origin, backtest) for origin in backtest.origins)),
            "",
        ]
    )


def _line(name: str, stretch: "Stretch", backtest: "Backtest") -> list[str]:
    wape, *others = _scored(stretch.scores[backtest.shown])
    baseline, *_ = _scored(stretch.scores[backtest.best_baseline])
    return [name, f"{stretch.rows:,}", wape, baseline, *others]


def _scored(scored: "Scored") -> list[str]:
    coverage = (f"{scored.coverage_80:.1%}", f"{scored.coverage_95:.1%}")
    # Errors are no share of nothing.
    if not math.isfinite(scored.wape.value):
        return ["nothing came", "", *coverage]
    return [scored.wape.shown(), f"{scored.bias:+.3f}", *coverage]


def _table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    rows = [heading, ["---", *("---:" for _ in heading[1:])], *lines]
    return [f"| {' | '.join(row)} |" for row in rows]
