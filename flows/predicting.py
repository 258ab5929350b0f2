"""`refrain predict`: the rows of a file through the served model."""

from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from features.target import Target
from refrain.project import Project
from tasks.score import ScoreReport, score
from tasks.tracking import open_store


def predict_file(project: Project, target: Target, source: Path, destination: Path, console: Console) -> str:
    """Score `source` into `destination`, and say in words what was done."""
    with _progress(console) as progress:
        report = score(target, source, destination, open_store(project), _Bar(progress, f"scoring {source.name}"))
    return "\n".join(_sentences(report, destination))


class _Bar:
    """Shows how far the work is, and how fast it goes since the first batch: loading the model is no part of that."""

    def __init__(self, progress: Progress, text: str) -> None:
        self._progress = progress
        self._task = progress.add_task(text, total=None, rows=0, speed=0.0)
        self._began, self._before = 0.0, 0

    def __call__(self, rows: int, share: float) -> None:
        now = monotonic()
        if not self._before:
            self._began, self._before = now, rows
        seconds = now - self._began
        speed = (rows - self._before) / seconds if seconds else 0.0
        total = 1.0 if share else None
        self._progress.update(self._task, completed=share or None, total=total, rows=rows, speed=speed)


def _progress(console: Console) -> Progress:
    """A bar while the work lasts, where somebody watches."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f} a second"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _sentences(report: ScoreReport, destination: Path) -> list[str]:
    called = "the baseline " if report.is_baseline else ""
    rows = "1 row" if report.rows == 1 else f"{report.rows:,} rows"
    said = [f"{rows} scored by {called}{report.name} v{report.version} of {report.target}: {destination}"]
    if report.alerts is not None:
        said.append(f"{report.alerts:,} of them reach the decision threshold.")
    if report.imputed:
        said.append(f"Not in the file, and imputed by the model: {', '.join(report.imputed)}.")
    if report.ignored:
        said.append(f"In the file, but not read: {', '.join(report.ignored)}.")
    return said
