"""How the command line shows a run: what is under way, and the closing table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from flows.journal import Entry, Journal, Outcome
from flows.results import TargetResult

_MARKS = {
    Outcome.UNCHANGED: "[dim]unchanged[/]",
    Outcome.RESTORED: "[cyan]from cache[/]",
    Outcome.COMPUTED: "[green]done[/]",
    Outcome.FAILED: "[red]failed[/]",
}


@contextmanager
def watched(journal: Journal, console: Console, waiting_for: str) -> Iterator[None]:
    """Show the journal live on a terminal, or a line for each ended step where there is none to redraw."""
    if not console.is_terminal:
        journal.watch(lambda entry: _print_ended(entry, console))
        yield
        return
    with Live(_Board(journal, waiting_for), console=console, refresh_per_second=8):
        yield


class _Board:
    def __init__(self, journal: Journal, waiting_for: str) -> None:
        self._journal = journal
        self._waiting_for = waiting_for
        self._spinner = Spinner("dots")

    def __rich__(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for heading in ("stage", "target"):
            table.add_column(heading)
        table.add_column("elapsed", justify="right")
        table.add_column("")
        entries = self._journal.entries
        for entry in entries:
            mark = _MARKS[entry.outcome] if entry.outcome else self._spinner
            table.add_row(entry.step, entry.subject, f"{entry.seconds:.1f} s", mark)
        if not entries:
            table.add_row(f"[dim]{self._waiting_for}[/]", "", "", self._spinner)
        return table


def _print_ended(entry: Entry, console: Console) -> None:
    if entry.outcome is not None:
        console.print(f"{entry.step:<9} {entry.subject:<18} {entry.seconds:6.1f} s  {_MARKS[entry.outcome]}")


def results_table(results: list[TargetResult]) -> Table:
    """Target, what is served, its metric, the best baseline's, the difference, and the verdict in words."""
    table = Table(title="What is served now", title_justify="left", title_style="bold")
    table.add_column("target", no_wrap=True)
    for heading in ("champion", "metric", "baseline", "difference", "verdict"):
        table.add_column(heading, overflow="fold")
    for result in results:
        if result.error is not None:
            table.add_row(result.target, "", "", "", "", "[red]failed[/]")
            continue
        assert result.champion and result.metric and result.baseline and result.difference
        table.add_row(
            result.target,
            f"{result.champion.name} v{result.champion.version}",
            f"{result.metric.name.replace('_', ' ')}\n{result.metric.shown()}",
            f"{result.baseline.name}\n{result.baseline.shown()}",
            result.difference.shown("+"),
            result.verdict,
        )
    return table


def error_console() -> Console:
    """Where progress and faults go: standard error, so that standard output holds results alone."""
    return Console(file=sys.stderr, highlight=False)
